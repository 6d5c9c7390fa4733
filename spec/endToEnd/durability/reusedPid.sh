# The first process of a pid namespace: `reusedPid.sh PLUGIN APP after|before`. A deploy of build b1 dies after its start
# was recorded, or before. Then another process gets its pid. Prints what the plugin says before and after, and which
# signal ends that other process. A SIGQUIT would mean that the plugin has sent one to a stranger.
plugin=$1 app=$2 dies=$3

# The process that waits for the end of the deploy waits for ever, and concludes nothing in between.
mkdir programs
printf '#!/bin/sh\nexec sleep 600\n' > programs/tail
chmod +x programs/tail
export PATH="$PWD/programs:$PATH"

ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20; }

# What is started behind `&` ignores SIGQUIT, but for this.
sleeper='env --default-signal=QUIT setsid sleep 600'

$sleeper &
deploy=$!
began=$(ticks "$deploy")
if [ "$dies" = before ]; then
  kill -9 "$deploy"
  wait "$deploy" 2> /dev/null
fi
"$plugin/builds-record-start" "$app" b1 "$deploy" git-hook || exit 1
lock=$DOKKU_LIB_ROOT/data/apps/$app/.deploy.lock
mkdir -p "${lock%/*}"
echo b1 > "$lock"
"$plugin/subcommands/list" builds:list "$app" --format json
if [ "$dies" = after ]; then
  kill -9 "$deploy"
  wait "$deploy" 2> /dev/null
fi

# The kernel gives the pid after the last one. Another process may have taken it, or the clock tick may be the same.
while :; do
  echo $((deploy - 1)) > /proc/sys/kernel/ns_last_pid || exit 1
  $sleeper &
  other=$!
  [ "$other" -eq "$deploy" ] && [ "$(ticks "$other")" -ne "$began" ] && break
  kill -9 "$other"
  wait "$other" 2> /dev/null
done

"$plugin/subcommands/list" builds:list "$app" --format json
"$plugin/subcommands/list" builds:list --format json
"$plugin/subcommands/cancel" builds:cancel "$app"
"$plugin/subcommands/list" builds:list "$app" --format json
sed 's/.*) //' "/proc/$other/stat" | cut -d ' ' -f 1
kill -s QUIT "$other"
wait "$other" 2> /dev/null
echo "exit status $?"
