#!/usr/bin/env bash
# Installs the packages in /root on a Dokku host in each way there is, and prints what an operator types and reads.
# Run by installTranscript.spec.ts.
# shellcheck source=own-root.sh
source /root/own-root.sh
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

main
