#!/bin/sh
# Where this machine's own shutdown would be: tells the simulated cloud, and touches nothing else.
run=@RUN@
off() { kill -USR1 "$(cat "$run/init.pid")"; exit; }
again() { kill -USR2 "$(cat "$run/init.pid")"; exit; }

# shutdown [-r|-h|-P|-H|-c] [now|+MINUTES]
later() {
  how=off when=now
  for word in "$@"; do
    case $word in
      -r | --reboot) how=again ;;
      -c) if [ -e "$run/later" ]; then kill "$(cat "$run/later")"; rm -f "$run/later"; fi; exit 0 ;;
      now | +[0-9]*) when=$word ;;
      -*) ;;
      *) break ;;
    esac
  done
  [ "$when" = now ] || [ "$when" = +0 ] || {
    setsid sh -c 'echo $$ >"$1/later"; sleep "$2" && exec "$3"' \
      - "$run" $((${when#+} * 60)) "$run/shims/$how" </dev/null >/dev/null 2>&1 &
    echo "shutdown: in ${when#+} minutes" >&2
    exit 0
  }
  $how
}

case ${0##*/} in
  shutdown) [ $# -gt 0 ] || set -- +1; later "$@" ;;
  poweroff | halt | off) off ;;
  reboot | again) again ;;
  init | telinit)
    case ${1:-} in 0) off ;; 6) again ;; esac
    exit 1 ;;
  systemctl)
    for word in "$@"; do
      case $word in
        poweroff | halt) off ;;
        reboot | kexec) again ;;
        is-system-running) echo running; exit 0 ;;
        daemon-reload) exit 0 ;;
        -*) ;;
        *) break ;;
      esac
    done
    echo "systemctl: there is no systemd in a simulated instance: $*" >&2
    exit 1 ;;
esac
