#!/usr/bin/env bash
# Installs the packages in /root on a Dokku host in each way there is, and prints what an operator types and reads.
# Run by installTranscript.spec.ts, as root, in a root directory of its own.
set -eo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C SANDBOX_ROOT='' PATH="/sandbox/bin:$PATH"
plugins=/var/lib/dokku/plugins
builds=/var/lib/dokku/data/builds/shop
version="$1" newer="$2" architecture="$3" debian="$4"

main() {
  make_host
  title 'A host with the stock plugin. After each step an app is deployed, to see which plugin records it.'
  who_records

  title 'The tarball'
  enter "sudo dokku plugin:install file:///root/dokku-builds-linux-$architecture.tar.gz --name builds-journal"
  who_records
  enter 'dokku plugin:list | grep builds'
  mv "/root/dokku-builds-$newer.tar.gz" "/root/dokku-builds-linux-$architecture.tar.gz"
  title "At the same address there is version $newer now"
  enter 'sudo dokku plugin:update builds-journal'
  who_records
  enter 'dokku plugin:list | grep builds'
  enter 'sudo dokku plugin:disable builds-journal'
  who_records
  enter 'sudo dokku plugin:enable builds-journal'
  who_records
  enter 'sudo dokku plugin:uninstall builds-journal'
  who_records

  title 'The Debian package, first without the package dokku'
  ! enter "sudo dpkg -i /root/dokku-builds_${version}_$debian.deb" || exit 1
  dpkg -i /root/dokku.deb >/dev/null
  title 'With it'
  enter "sudo dpkg -i /root/dokku-builds_${version}_$debian.deb"
  who_records
  enter 'dokku plugin:list | grep builds'
  enter 'dokku-builds --version'
  title 'An upgrade of Dokku, which restores its own link'
  ln -sfn ../available/builds $plugins/enabled/builds
  enter 'sudo dpkg -i /root/dokku.deb'
  who_records
  enter "sudo dpkg -i /root/dokku-builds_${newer}_$debian.deb"
  who_records
  enter 'sudo dokku plugin:disable dokku-builds'
  who_records
  enter 'sudo dokku plugin:enable dokku-builds'
  who_records
  enter 'sudo dpkg --remove dokku-builds'
  who_records
  enter 'sudo dpkg --purge dokku-builds'

  title 'The history stays, and nothing else'
  enter "ls $builds/events.journal"
  enter "find /etc /usr /lib /var/lib/dokku -name '*dokku-builds*'"
}

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

main
