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
if units=$(systemctl list-units --type=service --state=running --no-legend --plain 2>/dev/null); then
  echo "$units" | awk '$1 ~ /\.service$/ && $1 !~ /^(user@|run-|session-)/ {print $1}' | head -150 |
    while read -r unit; do
      echo "service $(systemctl is-enabled "$unit" 2>/dev/null || :) $unit"
    done
else
  echo "unseen services"
fi
if sockets=$(ss -H -ltn 2>/dev/null); then
  echo "$sockets" | awk 'NF >= 4 {print "socket", $4}' | sort -u | head -150
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
