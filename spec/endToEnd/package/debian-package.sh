#!/usr/bin/env bash
# Upgrades and removes the Debian packages in /root on Dokku hosts in unusual states, and prints what came of it. Run by
# debianPackage.spec.ts.
# shellcheck source=own-root.sh
source /root/own-root.sh
architecture="$1"

main() {
  make_host
  dpkg -i /root/dokku.deb >/dev/null
  install 1.0
  says 'installed'

  # What the path unit starts, if Dokku has restored its own link.
  ln -sfn ../available/builds $plugins/enabled/builds
  sh -c "$(sed -n "s/^ExecStart=.bin.sh -c '\(.*\)'$/\1/p" /lib/systemd/system/dokku-builds.service | sed 's/\$\$/$/g')" >/dev/null
  says 'put back by the unit'
  find $plugins -name dokku-builds -type f # a copy of the program would be one too many

  echo '{' >$builds/unreadable.json
  quietly dpkg -i /root/dokku.deb
  install 1.1
  says 'Dokku and this package upgraded, and a record cannot be read'
  rm $builds/unreadable.json

  dokku plugin:disable dokku-builds
  install 1.0
  says 'another version installed, and disabled'
  dokku plugin:enable dokku-builds
  says 'enabled'

  quietly dokku-builds host:install --alongside
  install 1.1
  says 'alongside, and another version installed'
  quietly dokku-builds host:install

  dokku plugin:uninstall dokku-builds >/dev/null
  install 1.0
  says 'another version installed, and uninstalled by plugin:uninstall'
  quietly dokku-builds host:install
  says 'installed again'

  rm -rf $plugins/available/builds /var/lib/dokku/core-plugins
  quietly dpkg --remove dokku-builds
  says 'removed, and there is no stock plugin'

  dpkg -i /root/dokku.deb >/dev/null
  install 1.1
  rm -rf /var/lib/dokku
  quietly dpkg --purge dokku-builds
  says 'purged, and there is no Dokku'
}

# No output, unless it fails.
quietly() { "$@" >/tmp/output 2>&1 || { cat /tmp/output && return 1; }; }

install() { quietly dpkg -i "/root/dokku-builds_$1_$architecture.deb"; }

# says STATE: and what dpkg, Dokku and the next deploy say.
says() {
  printf '%s: %s' "$1" "$(dpkg-query --show --showformat '${db:Status-Abbrev}${Version}' dokku-builds 2>/dev/null || echo none)"
  printf ', %s' "$(dokku plugin:list 2>/dev/null | grep -v stock | grep builds | sort | tr '\n' ';')"
  [[ ! -L $plugins/enabled/builds ]] || who_records
  echo
}

main
