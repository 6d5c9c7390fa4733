# What the scripts that run in a root directory of their own share (ownRoot.ts): a Dokku host, and who records a deploy.
# shellcheck shell=bash
set -eo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C SANDBOX_ROOT='' PATH="/sandbox/bin:$PATH"
plugins=/var/lib/dokku/plugins
builds=/var/lib/dokku/data/builds/shop

title() { printf '\n# %s\n' "$*"; }

# enter COMMAND: shows it with its output; returns its status.
enter() {
  local status=0
  printf '$ %s\n' "$1"
  eval "$1" >/tmp/output 2>&1 || status=$?
  grep -Ev '^\(Reading database|^Processing triggers for man-db|^Selecting previously' /tmp/output || true
  return "$status"
}

# Deploys, and says who has made the record. There has to be one, and nothing on stderr.
who_records() {
  local id stderr
  { ls "$builds" 2>/dev/null || true; } | sort >/tmp/before
  stderr="$(dokku ps:rebuild shop 2>&1 >/dev/null)"
  id="$(ls "$builds" | sort | comm -13 /tmp/before - | sed -n 's/\.json$//p')"
  case "$id" in
    stock*) printf '%s' '  -> The stock plugin records a deploy' ;;
    *) [[ "$id" =~ ^[0-9a-z]{14}$ ]] && printf '%s' '  -> dokku-builds records a deploy' ;;
  esac
  printf '; enabled/builds leads to %s%s\n' "$(readlink $plugins/enabled/builds)" "${stderr:+; $stderr}"
}

sudo() { command "$@"; }
dokku() { setpriv --reuid=dokku --regid=dokku --clear-groups env HOME=/home/dokku /sandbox/bin/dokku "$@"; }

make_host() {
  ln -sf true /usr/bin/mandb # at each step of a package it reads all manual pages of this machine, for some seconds
  rm -rf /var/lib/dokku /home/dokku
  useradd --system dokku
  cp -a /root/host /sandbox
  mv /sandbox/var/lib/dokku /var/lib/dokku
  mv /sandbox/home/dokku /home/dokku
  rm /sandbox/bin/dokku-builds
  chown -R dokku: /var/lib/dokku /home/dokku /sandbox
  dokku apps:create shop >/dev/null
  setpriv --reuid=dokku --regid=dokku --clear-groups git --git-dir=/home/dokku/shop fast-import --quiet </root/revision
}
