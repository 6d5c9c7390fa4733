# Runs as the first process of a pid namespace, with the plugin's directory and an app: a deploy of build b1 is recorded and dies, and
# another process gets its pid. Prints that pid, what the plugin says, and whether that other process is still there afterwards.
plugin=$1 app=$2

ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20; }

setsid sleep 600 &
deploy=$!
"$plugin/builds-record-start" "$app" b1 "$deploy" git-hook || exit 1
lock=$DOKKU_LIB_ROOT/data/apps/$app/.deploy.lock
mkdir -p "${lock%/*}"
echo b1 > "$lock"
"$plugin/subcommands/list" builds:list "$app" --format json
began=$(ticks "$deploy")
kill -9 "$deploy"
wait "$deploy" 2> /dev/null

# The kernel takes the next pid above the last one; in between another process may have taken it, or it is the same tick still.
while :; do
  echo $((deploy - 1)) > /proc/sys/kernel/ns_last_pid || exit 1
  setsid sleep 600 &
  other=$!
  [ "$other" -eq "$deploy" ] && [ "$(ticks "$other")" -ne "$began" ] && break
  kill -9 "$other"
  wait "$other" 2> /dev/null
done

"$plugin/subcommands/list" builds:list "$app" --format json
"$plugin/subcommands/list" builds:list --format json
"$plugin/subcommands/cancel" builds:cancel "$app"
"$plugin/subcommands/list" builds:list "$app" --format json
kill -0 "$other" && sed 's/.*) //' "/proc/$other/stat" | cut -d ' ' -f 1
kill -9 "$other"
