#!/bin/sh
# Every trigger and subcommand of the plugin is a link to this file. It becomes the executable, and tells it the name
# that it was called by. Dokku passes on the configuration of apps: what is for the runtime in there is taken out
# first.
set -f
IFS='
'
for _line in $(export -p); do
  case $_line in
    'export '[Bb][Uu][Nn]_* | 'export '[Ii][Cc][Uu]_* | 'export '[Nn][Oo][Dd][Ee]_* | \
      'export '[Mm][Ii][Mm][Aa][Ll][Ll][Oo][Cc]_*)
      _line=${_line#export } && _line=${_line%%=*}
      case $_line in *[!A-Za-z0-9_]*) ;; *) unset "$_line" ;; esac # not a line of some longer value
      ;;
  esac
done
# Most calls take some 10 ms. To compile functions while they run costs more than it saves: the triggers of a deploy,
# whose work is small, do without it. The other calls begin later with it, and without a thread that prepares memory.
# The trigger install, which can read many thousands of records, does without the most expensive compiler, and without
# threads that compile and collect garbage. commands/main.ts takes this out of the environment again.
case ${0##*/} in
  install)
    export BUN_JSC_useFTLJIT=0 BUN_JSC_useConcurrentJIT=0
    export BUN_JSC_useConcurrentGC=0 BUN_JSC_numberOfGCMarkers=1
    ;;
  builds-generate-id | builds-record-* | post-* | commands) export BUN_JSC_useJIT=0 ;;
  *)
    export BUN_JSC_thresholdForJITAfterWarmUp=100000 BUN_JSC_thresholdForJITSoon=100000
    export BUN_JSC_useWarmUpMarkedBlocks=0
    ;;
esac
_root=${0%/*}
[ -e "$_root/bin/dokku-builds" ] || _root=$_root/.. # subcommands/
# a link from somewhere else
[ -e "$_root/bin/dokku-builds" ] || { _root=$(readlink -f -- "$0") && _root=${_root%/*/*}; }
# The runtime does not start in a directory that was deleted, as the source of a deploy is.
case $0 in /*) cd / ;; esac
exec "$_root/bin/dokku-builds" --as "$0" "$@"
