#!/bin/sh
# The shell reaps whatever is orphaned in its space. `sleep` is in the background because a trap
# waits for the command in front; should it be killed, there is another.
run=$1
# What SSM's agent would be: jobs that lie there are begun, and how each ended is written beside it.
begin_jobs() {
  for job in "$run"/jobs/*.job; do
    [ -e "$job" ] || continue
    name=${job%.job}
    mv "$job" "$name.sh"
    (
      sh "$name.sh" >"$name.out" 2>"$name.err" </dev/null
      echo $? >"$name.part"
      mv "$name.part" "$name.code"
    ) &
  done
}
trap 'exit 64' USR1
trap 'exit 65' USR2
trap begin_jobs HUP
echo $$ >"$run/init.pid"
[ -e "$run/probe" ] && exit 0
begin_jobs
if [ -e "$run/first-boot" ]; then
  rm -f "$run/first-boot"
  "$run/user-data" </dev/null &
fi
while :; do
  sleep 1000000 &
  sleeper=$!
  wait $sleeper
  kill $sleeper 2>/dev/null
done
