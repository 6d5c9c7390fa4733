#!/bin/sh
# Every executable of the plugin tree is a copy of this file. It finds the plugin's root from the path it was called by
# and becomes `node <root>/lib/dokku-builds.js <name> <arguments>`. Every call of it sits in a deploy, so the normal path
# starts no process but that one: parameter expansion, builtins, exec.

# A link to this file (npm's .bin, a link in /usr/local/bin) is followed; a directory that is a link is not looked into.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self") || break
  case $self in
    */*) directory=$(CDPATH='' cd -P -- "${self%/*}/" && pwd) || break ;;
    *) directory=$(pwd -P) ;;
  esac
  case $target in
    /*) self=$target ;;
    *) self=$directory/$target ;;
  esac
done

name=${self##*/}
case $self in
  */*) directory=${self%/*} ;;
  *) directory=. ;;
esac

# Dokku asks every plugin for every command it does not know: what is not ours is declined here, without a program.
if [ "$name" = commands ]; then
  case ${1-} in
    builds | builds:* | builds-journal | builds-journal:* | help) ;;
    *) exit "${DOKKU_NOT_IMPLEMENTED_EXIT:-10}" ;;
  esac
fi

# What the program is called with: `commands ...`, a trigger's name, or `builds:<command> ...`.
problem=''
if [ -f "$directory/lib/dokku-builds.js" ]; then
  root=$directory
  set -- "$name" "$@"
elif [ -f "$directory/../lib/dokku-builds.js" ]; then
  root=$directory/..
  if [ "$name" = dokku-builds ]; then
    case ${1-} in
      '' | builds | -h | --help) set -- builds:help ;;
      builds:* | builds-* | host:* | commands | dependencies | install | post-delete | post-app-*) ;;
      *)
        command=$1
        shift
        set -- "builds:$command" "$@"
        ;;
    esac
  else
    case ${1-} in
      "builds:$name" | "builds-journal:$name") ;;
      *) set -- "builds:$name" "$@" ;;
    esac
  fi
else
  problem='dokku-builds is not whole: its lib/dokku-builds.js is missing; install it again (see docs/operations.md)'
  set -- "$name" "$@"
fi

if [ -z "$problem" ]; then
  if command -v node >/dev/null 2>&1; then
    # With 4 MiB for what is young, a history of any length is replayed in 57 MB instead of 81, and as fast.
    young=--max-semi-space-size=4
    # The names that Node brings along keep the hashes that it was built with: it starts 3 to 4 ms sooner. Not for what is called rarely, and must
    # run whatever becomes of this option in Node.
    hashes=''
    case $1 in builds-* | builds:*) hashes=--no-rehash-snapshot ;; esac
    # Whatever keeps node from running (NODE_OPTIONS, a missing library), an id is printed.
    [ "$1" = builds-generate-id ] || exec node "$young" ${hashes:+"$hashes"} "$root/lib/dokku-builds.js" "$@"
    node "$young" ${hashes:+"$hashes"} "$root/lib/dokku-builds.js" "$@" && exit
  fi
  problem='dokku-builds needs Node.js 20 or later, and no node was found on the PATH (see docs/operations.md)'
fi

# From here on the program cannot run. A deploy must not notice.

# Prints a build id: 8 characters of the millisecond clock and 6 random ones, in base 36.
generate_id() {
  milliseconds=$(date +%s%3N 2>/dev/null)
  case $milliseconds in '' | *[!0-9]*) milliseconds=$(date +%s 2>/dev/null)000 ;; esac
  case $milliseconds in 000 | *[!0-9]*) milliseconds=$(clock_of_the_kernel) ;; esac
  printf '%s%s\n' "$(base36 "$milliseconds" 8)" "$(base36 "$(random_number)" 6)"
}

# For a host without date(1): when the kernel booted, and for how long it has been up.
clock_of_the_kernel() {
  up=0 booted=0
  { read -r up _ </proc/uptime && while read -r key value; do
    [ "$key" != btime ] || booted=$value
  done </proc/stat; } 2>/dev/null
  printf '%s' "$((booted * 1000 + ${up%.*} * 1000))"
}

# 48 random bits from the kernel, else from od(1), else what tells this process from others.
random_number() {
  if read -r uuid </proc/sys/kernel/random/uuid; then
    rest=${uuid#*-}
    printf '%s' "$((0x${uuid%%-*}${rest%%-*}))"
  elif bits=$(od -An -N6 -tu2 /dev/urandom); then
    # shellcheck disable=SC2086 # three numbers
    set -- $bits
    printf '%s' "$((($1 * 65536 + $2) * 65536 + $3))"
  else
    printf '%s' "$(($$ * 1000003 + ${milliseconds:-0}))"
  fi 2>/dev/null
}

# base36 <number> <length>: its last <length> digits.
base36() {
  number=$1 length=$2 digits=''
  while [ ${#digits} -lt "$length" ]; do
    set -- 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t u v w x y z
    shift $((number % 36))
    digits=$1$digits number=$((number / 36))
  done
  printf '%s' "$digits"
}

case $1 in
  builds-generate-id)
    generate_id
    exit 0
    ;;
  commands) [ "${2-}" != help ] || exit 0 ;;
esac
printf ' !     %s\n' "$problem" >&2
case $1 in
  dependencies | host:*)
    [ ! -r "${root-}/lib/how-to-get-node" ] ||
      while IFS= read -r line; do printf ' !     %s\n' "$line" >&2; done <"$root/lib/how-to-get-node"
    ;;
esac
case $1 in
  builds-* | install | post-*) exit 0 ;;
  *) exit 1 ;;
esac
