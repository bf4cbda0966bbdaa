# Needs curl 7.75 or newer, as Debian 12 has it. Every step is bounded and said on the console; a
# machine that cannot go on, or whose worker has left, powers itself off, which ends it.
set -eu
step=deadline
say() { echo "mayfly: $*"; }
off() {
  code=$?
  trap - EXIT
  trap '' HUP INT TERM
  say "step $step ended with $code; powering off"
  sync
  shutdown -P now || systemctl poweroff --force || poweroff -f
}
trap off EXIT
trap 'exit 143' HUP INT TERM
next() {
  step=$1
  say "step $step"
}

# Before anything can fail or hang: the end that holds whoever else is dead. The shutdown counts
# whole minutes, so it comes second to a timer that counts seconds, and to the worker's own.
now=$(date +%s)
left=$((ends - now))
say "step deadline: $left s are left"
[ "$left" -gt 0 ]
shutdown -P "+$(((left + 59) / 60))" || say "there is no shutdown timer"
if [ -d /run/systemd/system ]; then
  systemd-run --on-active="$left" --timer-property=AccuracySec=1s systemctl poweroff --force --force ||
    say "there is no systemd timer"
else
  (sleep "$left" && poweroff -f) &
fi

again() {
  tries=1
  until "$@"; do
    [ "$tries" -lt 5 ] || return 1
    sleep "$tries"
    tries=$((tries + 1))
  done
}

# Tokens and keys reach curl by its standard input: arguments are for everybody to read.
next credentials
imds=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest
ask_token() {
  token=$(curl -sSf --noproxy '*' -m 5 -X PUT \
    -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token")
}
metadata() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" |
    curl -sSf --noproxy '*' -m 5 -K - "$imds/meta-data/$1"
}
ask_keys() {
  role=$(metadata iam/security-credentials/) &&
    keys=$(metadata "iam/security-credentials/$role")
}
key() { printf '%s\n' "$keys" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }
again ask_token
again ask_keys

next fetch
home=/opt/mayfly
# Where / is read-only, as in some simulated instances.
mkdir -p "$home" 2>/dev/null || home=$(mktemp -d)
cd "$home"
endpoint=${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}
[ -z "$endpoint" ] || url=$endpoint/$bucket/$object
# The digest is that of an empty body, which every curl signs alike.
fetch() {
  printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' \
    "$(key AccessKeyId)" "$(key SecretAccessKey)" "$(key Token)" |
    curl -sSf --connect-timeout 10 -m 600 --speed-limit 1000 --speed-time 30 -K - \
      --aws-sigv4 "aws:amz:$AWS_REGION:s3" -o bundle.tar.gz \
      -H 'x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
      "$url"
}
again fetch
unset keys token

next check
echo "$sha256  bundle.tar.gz" | sha256sum -c -

next unpack
tar -xzf bundle.tar.gz
rm bundle.tar.gz
mkdir -p scratch

next work
read -r up rest </proc/uptime
now=$(date +%s)
export MAYFLY_ENDS_AT_US=$(((ends - now + ${up%.*}) * 1000000)) MAYFLY_SCRATCH="$home/scratch"
"$home/bin/mayfly" worker --run "$run" --machine "$machine"
