# shellcheck shell=bash
# A small Debian that boots in a container with a checkout, a clip for a camera and a proof in it, and the words in which a proof is told.
# What scripts/boot and scripts/boot-deb share. How edged comes into it, and what is tried, is not known here.
# Whoever sources this has sourced scripts/containers.sh, says what checkout is, and has say() and fail().
: "${checkout:?}"

boot_seconds=1800

# --- on this machine ---------------------------------------------------------------------------------------------------------

# prepare_root SCRIPT RELEASE CACHE ROOT: a fresh root with this checkout, the clip and a portrait. Sets python and pip_options.
prepare_root() {
  local release=$2 cache=$3 root=$4 portrait
  need_containers "$1"
  python=$checkout/.venv/bin/python
  [[ -x $python ]] || fail "run scripts/setup first"
  find_pip_options "$python"
  mkdir -p "$cache/apt-$release/partial" "$cache/pip"
  make_base "$release" "$cache/$release" systemd systemd-sysv dbus
  say "composing the clip"
  portrait=$("$python" "$checkout/scripts/portraits.py" | awk '$1 == "obama" { print $3 }')
  [[ -f $cache/door.mp4 && -z $(find "$checkout"/scripts/door_*.py -newer "$cache/door.mp4") ]] ||
    "$python" "$checkout/scripts/door_clip.py" --output "$cache/door.mp4" >/dev/null
  say "a fresh root with this checkout"
  rm -rf "$root"
  cp -a --reflink=auto "$cache/$release" "$root"
  copy_checkout "$checkout" "$root/usr/src/edged"
  echo "127.0.0.1 localhost" >"$root/etc/hosts" # which every real installation has
  install -m 0644 "$cache/door.mp4" "$root/srv/door.mp4"
  install -m 0600 "$portrait" "$root/root/obama.jpg" # in root's own home: `edged enroll` must be able to read it all the same
}

# prove SCRIPT ROOT LOG: boots the root, in which SCRIPT --inside is run, and shows what that says. LOG.console is what the boot said.
prove() {
  local transcript=$2/root/transcript
  write_proof_unit "$1" "$2"
  say "booting"
  boot_in "$2" "$3.console"
  cp "$transcript" "$3" 2>/dev/null || fail "the container never came to the proof; see $3.console"
  cat "$3"
  [[ $(tail -n 1 "$3") == PASSED ]] || fail "not so; see $3 and $3.console"
}

write_proof_unit() {
  cat >"$2/etc/systemd/system/proof.service" <<EOF
[Unit]
After=edged.service mosquitto.service
FailureAction=poweroff
[Service]
Type=oneshot
SuccessExitStatus=SIGTERM
Environment=HOME=/root
ExecStart=/usr/src/edged/scripts/$1 --inside
StandardOutput=append:/root/transcript
StandardError=inherit
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
EOF
  container "$2" systemctl --quiet enable proof.service
}

# boot_in ROOT LOG: until it is powered off; a reboot ends a container with code 133, see systemd-nspawn(1).
boot_in() {
  local code=133
  : >"$2"
  while ((code == 133)); do
    code=0
    timeout --kill-after=10 "$boot_seconds" systemd-nspawn --quiet -D "$1" -b --register=no --keep-unit --private-network \
      --console=pipe >>"$2" 2>&1 </dev/null || code=$?
    say "the container ended with $code"
  done
}

# --- in the container --------------------------------------------------------------------------------------------------------

messages=/root/messages

step() { printf '\n== %s\n' "$*"; }
seen() { printf 'ok   %s\n' "$*"; }
broken() {
  printf 'FAIL %s\n' "$*"
  systemctl --no-pager --full --lines=0 status edged || true
  journalctl --no-pager -o cat -u edged -n 40
  exit 1
}
# await SECONDS WORDS COMMAND…: until the command succeeds.
await() {
  local deadline=$((SECONDS + $1)) words=$2
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || broken "$words"
    sleep 0.5
  done
  seen "$words"
}
# expect WORDS COMMAND…: it succeeds now.
expect() {
  local words=$1
  shift
  "$@" || broken "$words"
  seen "$words"
}
property() { systemctl show edged --value -p "$1"; }
is() { [[ $(property "$1") == "$2" ]]; }
status_says() { [[ $(property StatusText) == *"$1"* ]]; }
since_here() { here=$(wc -l <"$messages"); }
# What is found ends the search, so that whoever writes to it breaks off, which is no failure here.
messages_since_here() { tail -n "+$((here + 1))" "$messages" 2>/dev/null; }
# heard REGEX: a message since since_here.
heard() { grep -q -a -E -- "$1" <(messages_since_here); }
show_heard() { grep -a -E -m "${2:-1}" -- "$1" <(messages_since_here) | cut -c 1-420; }
subscribe() { mosquitto_sub -u proof -P proof "$@"; }
journal_says() { grep -F -m 1 -- "$1" <(journalctl -o cat -u edged 2>/dev/null); }
retained() { subscribe -t '#' --retained-only -W 5 -F '%t %p' 2>/dev/null || true; }

# as_owner COMMAND…: by sudo of somebody whose home is closed to others.
as_owner() { (cd /home/owner && SUDO_UID=$(id -u owner) SUDO_GID=$(id -g owner) "$@"); }

# listen: from now on to all that this device says to the broker.
listen() {
  here=0
  subscribe -t 'edged/#' -F '%I %t retained=%r %p' >"$messages" &
}

# reboot_once: the proof begins anew after it.
reboot_once() {
  touch /root/rebooted
  systemctl --no-block reboot
  sleep infinity
}

passed() {
  printf '\nPASSED\n'
  systemctl --no-block poweroff 2>/dev/null || true # it may be gone before it answers
}
