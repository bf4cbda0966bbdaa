# mayfly resize: looks at this machine and changes nothing.
LC_ALL=C
export LC_ALL
echo "mayfly-probe 1"
echo "vcpus $(nproc 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
awk '/^(MemTotal|MemAvailable|SwapTotal|SwapFree):/ {print "memory", $1, $2}' /proc/meminfo
awk '{print "load15", $3}' /proc/loadavg
# The least that was ever available, where sysstat has kept it.
for file in /var/log/sysstat/sa[0-9]* /var/log/sa/sa[0-9]*; do
  [ -r "$file" ] && sar -r -f "$file" 2>/dev/null
done | awk '/kbmemfree/ {for (i = 1; i <= NF; i++) column[$i] = i; next}
  /^Average/ || !column["kbavail"] {next}
  $(column["kbavail"]) ~ /^[0-9]+$/ {v = $(column["kbavail"]) + 0; if (least == "" || v < least) least = v}
  END {if (least != "") print "least-available", least}'
df -P -k -l 2>/dev/null | awk '$1 ~ "^/dev/" {print "mount", $2, $3, $1, $6}' | sort -u -k 4,4
state() {
  state=$(systemctl is-enabled "$1" 2>/dev/null || :)
  echo "${state:--}"
}
# A main process, state and name a line.
if units=$(systemctl list-units --type=service --state=running --no-legend --plain 2>/dev/null); then
  units=$(echo "$units" | awk '$1 ~ /\.service$/ && $1 !~ /^(user@|run-|session-)/ {print $1}' | head -150 |
    while read -r unit; do
      main=$(systemctl show -p MainPID "$unit" 2>/dev/null)
      echo "${main#MainPID=} $(state "$unit") $unit"
    done)
  echo "$units" | awk 'NF == 3 {print "service", $2, $3}'
else
  units=
  echo "unseen services"
fi
# Only what a unit's main process, or systemd for a socket unit, holds itself is known to come back with
# the unit: what its children hold may be a session, a container, or what somebody began by hand.
if sockets=$(ss -H -ltnp 2>/dev/null); then
  {
    echo "$units" | sed 's/^/main /'
    systemctl list-sockets --no-legend --plain 2>/dev/null | awk '$1 ~ /^[0-9[*].*:[0-9]+$/ {print $1, $2}' |
      while read -r address unit; do echo "port ${address##*:} $(state "$unit") $unit"; done
    echo "$sockets" | sed 's/^/socket /'
  } | awk 'function starts(unit) {return unit ~ /^(enabled|enabled-runtime|generated) /}
    $1 == "main" {of_pid[$2] = $3 " " $4}
    $1 == "port" && !starts(of_port[$2]) {of_port[$2] = $3 " " $4}
    $1 == "socket" && NF >= 5 {
      port = $5
      sub(/.*:/, "", port)
      best = ""
      for (rest = $0; match(rest, /pid=[0-9]+/); rest = substr(rest, RSTART + RLENGTH)) {
        pid = substr(rest, RSTART + 4, RLENGTH - 4)
        unit = pid == 1 ? of_port[port] : of_pid[pid]
        if (unit != "" && !starts(best)) best = unit
      }
      print "socket", $5, best
    }' | sort -u | head -150
else
  echo "unseen sockets"
fi
if tenants=$(ps -eo rss=,user=,comm= --sort=-rss 2>/dev/null); then
  echo "$tenants" | head -8 | awk '{print "tenant", $1, $2, $3}'
else
  echo "unseen tenants"
fi
for model in /sys/block/*/device/model; do
  grep -q "Instance Storage" "$model" 2>/dev/null || continue
  disk=$(basename "${model%/device/model}")
  if lsblk -nro MOUNTPOINT "/dev/$disk" 2>/dev/null | grep -q .; then echo "store $disk"; fi
done
echo "mayfly-probe end"
