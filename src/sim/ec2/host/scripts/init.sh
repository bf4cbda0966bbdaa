#!/bin/sh
# The shell reaps whatever is orphaned in its space. `sleep` is in the background because a trap
# waits for the command in front; should it be killed, there is another.
run=$1
trap 'exit 64' USR1
trap 'exit 65' USR2
echo $$ >"$run/init.pid"
[ -e "$run/probe" ] && exit 0
if [ -e "$run/first-boot" ]; then
  rm -f "$run/first-boot"
  "$run/user-data" </dev/null &
fi
while :; do
  sleep 1000000 &
  wait $!
done
