#!/bin/bash -p
# Every trigger and subcommand of the plugin is a link to this file. It becomes the executable, which reads its name from $0.
# -p: no BASH_ENV. Dokku passes an app's configuration on, and these variables would change what the executable is.
unset "${!BUN_@}" "${!NODE_@}"
root=${0%/*}
exec -a "$0" "${root%/subcommands}/bin/dokku-builds" "$@"
