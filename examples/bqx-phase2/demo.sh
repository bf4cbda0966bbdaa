#!/usr/bin/env bash
# The reference phase end to end on this computer: generated minutes of 28 pairs, a task process
# killed and the machine interrupted and replaced on the way; then verified, published, proved gone.
# Called by ./dev demo; leaves everything in build/demo.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mayfly=${MAYFLY_BIN:-$root/build/release/mayfly}
demo=${MAYFLY_DEMO_DIR:-$root/build/demo}
state=$demo/state

say() { printf '\n== %s\n' "$*" >&2; }

# The slots of the machine that works now, by the command line that started them.
slots() { pgrep -f -- "$mayfly worker .*--slot .*--scratch $state/" || true; }

# Kills one task process the moment ten tasks are done: what it was doing is done again.
kill_one_slot() {
  local done=0
  until [[ $done -ge 10 ]]; do
    done=$("$mayfly" status --state "$state" --json 2>/dev/null |
      python3 -c 'import json,sys; print(sum(s["tasks"]["done"] for s in json.load(sys.stdin)["stages"]))' \
        2>/dev/null || echo 0)
    kill -0 "$1" 2>/dev/null || return 0
  done
  local victim
  victim=$(slots | head -n 1)
  [[ -n $victim ]] || return 0
  kill -9 "$victim" && printf '   (demo) killed task process %s with signal 9\n' "$victim" >&2
}

mkdir -p "$demo"
rm -rf "$state"
if [[ ! -e $demo/bars/.complete ]]; then
  say "generate two months of minutes, 28 pairs"
  "$mayfly" sample fx --out "$demo/bars" --pairs 28 --from 2024-07 --to 2024-08 --every 1m
  touch "$demo/bars/.complete"
fi

say "run the phase; a task process is killed, the machine is interrupted after 6 s and replaced"
kill_one_slot $$ &
killer=$!
trap 'kill $killer 2>/dev/null || true' EXIT
"$mayfly" run "$here/phase.toml" --yes --state "$state" --interrupt-after 6s \
  --set "load.dir=$demo/bars" --set machines.notice=4s
wait $killer 2>/dev/null || true
trap - EXIT

say "what readers see"
"$mayfly" verify --state "$state" | tail -n 12
cat >&2 <<TEXT

Where to look next:
  $mayfly status --state $state          stages, tasks, machines
  $mayfly explain 40 --state $state      the whole story of one task
  $mayfly logs --state $state            what every task and machine printed
  $here/phase.toml                       the phase; run it on your own bars with
  $mayfly run $here/phase.toml --yes --set load.dir=DIR
TEXT
