#!/bin/bash -p
# Every trigger and subcommand of the plugin is a link to this file. It becomes the executable, which reads its name from $0.
# Dokku passes the configuration of apps on. -p ignores what is for bash in there; what is for the runtime is taken out.
for name in "${!B@}" "${!b@}" "${!I@}" "${!M@}" "${!m@}" "${!N@}"; do
  case ${name^^} in BUN_* | ICU_* | MIMALLOC_* | NODE_*) unset "$name" ;; esac
done
root=${0%/*}
[[ -e $root/bin/dokku-builds ]] || root+=/.. # subcommands/
[[ -e $root/bin/dokku-builds ]] || { root=$(readlink -f -- "$0") && root=${root%/*/*}; } # a link from somewhere else
exec -a "$0" "$root/bin/dokku-builds" "$@"
