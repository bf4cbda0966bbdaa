#!/bin/sh
# Two worlds. "root": the whole file system of the host below, and an overlay over it that takes
# all writes, so that the instance can do to its files what it likes; devices, /proc, /run and /tmp
# are its own; of root's powers it keeps those over its own files and processes. "user": without
# root there is no overlay over /, so everything is read-only but /tmp, /run and the like. Both
# have a mount, process, IPC and host name space of their own when this begins (unshare). The
# network is the host's.
set -eu
dir=$1 mode=$2
shift 2

own_devices() {  # own_devices ROOT
  mount -t tmpfs -o mode=0755,nosuid tmpfs "$dir/dev"
  for name in null zero full random urandom tty; do
    : >"$dir/dev/$name"
    mount --bind "/dev/$name" "$dir/dev/$name"
  done
  mkdir "$dir/dev/shm" "$dir/dev/pts"
  ln -s /proc/self/fd "$dir/dev/fd"
  ln -s fd/0 "$dir/dev/stdin"
  ln -s fd/1 "$dir/dev/stdout"
  ln -s fd/2 "$dir/dev/stderr"
  mount --rbind "$dir/dev" "$1/dev"
}

own_proc() {  # own_proc ROOT: the kernel's own switches are out of reach
  mount -t proc -o nosuid,nodev,noexec proc "$1/proc"
  echo "ec2sim-$(basename "$dir")" >"$1/proc/sys/kernel/hostname" || true
  for name in sysrq-trigger kcore acpi bus; do
    [ -e "$1/proc/$name" ] || continue
    if [ -d "$1/proc/$name" ]; then mount -t tmpfs -o ro tmpfs "$1/proc/$name"
    else mount --bind /dev/null "$1/proc/$name"; fi
  done
  mount --bind "$1/proc/sys" "$1/proc/sys"
  mount -o remount,bind,ro "$1/proc/sys"
}

share() {  # share ROOT FOLDER...
  root=$1
  shift
  for folder in "$@"; do
    mkdir -p "$root$folder"
    mount --rbind "$folder" "$root$folder"
  done
}

overlay() {  # overlay FOLDER: its upper/ takes the writes
  mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$dir/root"
}

mount --make-rprivate /
mkdir -p "$dir/dev" "$dir/root"

if [ "$mode" = root ]; then
  overlay "$dir" 2>/dev/null || {
    # An overlay cannot write to an overlay, as in most containers: then the disk is in memory.
    mkdir -p "$dir/memory"
    mount -t tmpfs tmpfs "$dir/memory"
    cp -a "$dir/upper" "$dir/memory"
    mkdir "$dir/memory/work"
    overlay "$dir/memory"
  }
  for folder in tmp var/tmp run root home; do
    mount -t tmpfs -o mode=1777 tmpfs "$dir/root/$folder"
  done
  own_devices "$dir/root"
  own_proc "$dir/root"
  mount --bind /sys "$dir/root/sys"
  mount -o remount,bind,ro "$dir/root/sys"
  mkdir "$dir/root/run/ec2sim"
  mount --bind "$dir/run" "$dir/root/run/ec2sim"
  share "$dir/root" "$@"
  cd "$dir/root"
  mkdir -p mnt
  pivot_root . mnt
  umount -l /mnt
else
  mkdir -p "$dir/keep"
  mount --rbind "$dir/run" "$dir/keep"
  for shim in shutdown reboot poweroff halt init telinit systemctl; do
    real=$(readlink -f "$(command -v $shim || echo /nowhere)") || continue
    [ -f "$real" ] && mount --bind "$dir/run/shims/$shim" "$real"
  done
  own_devices /
  own_proc /
  index=0  # what is shared may lie below what is hidden now
  for folder in "$@"; do
    index=$((index + 1))
    mkdir -p "$dir/shared$index"
    mount --rbind "$folder" "$dir/shared$index"
  done
  # First the rest, so that what is bound later stays writable.
  while read -r _ _ _ _ place _; do
    case $place in
      /dev* | /proc* | "$dir"/*) ;;
      *) mount -o remount,bind,ro "$place" 2>/dev/null || [ "$place" != / ] ;;
    esac
  done </proc/self/mountinfo
  holder=$(mktemp -u /dev/shm/hold.XXXXXX)
  mkdir "$holder"
  mount --rbind "$dir" "$holder"
  for folder in /tmp /var/tmp /run "$HOME"; do
    [ -d "$folder" ] && mount -t tmpfs -o mode=1777 tmpfs "$folder"
  done
  mkdir -p /run/ec2sim
  mount --rbind "$holder/keep" /run/ec2sim
  index=0
  for folder in "$@"; do
    index=$((index + 1))
    mkdir -p "$folder"
    mount --rbind "$holder/shared$index" "$folder"
  done
  umount -l "$holder"
fi

cd /
exec setpriv --bounding-set \
  -all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service \
  /bin/sh /run/ec2sim/init /run/ec2sim
