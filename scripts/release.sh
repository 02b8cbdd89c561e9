# shellcheck shell=bash
# One release of edged in the place of another: checked beside it, with the gallery backed up, and put back where it does not start.
# What scripts/install and the Debian package share. Knows programs, the service and the gallery; how a release came here is not known.
# Whoever sources this says where these are, and has say().
: "${configuration:?}" "${state:?}" "${service:?}"

# What an upgrade keeps of the gallery. It is no numbered backup, so that upgrades in a row throw none of those away.
before_upgrade=before-upgrade.db
# A release that ends within so many seconds after it was ready is taken for broken.
settling_seconds=5

# In a chroot or an image that is being built systemd is installed but does not run.
systemd_runs() { [[ -d /run/systemd/system ]]; }

# edged_of PROGRAM COMMAND…: as the installed command does it.
edged_of() {
  "$1/bin/python" -I -m edged.cli.as_service --user edged --configuration "$configuration" --state "$state" -- "${@:2}"
}

# last_line COMMAND…: run it, and keep what it says but for a failure's last line, which says most.
last_line() {
  local said
  said=$("$@" 2>&1) && return
  tail -n 1 <<<"$said"
  return 1
}

# what_is_wrong_with PROGRAM: succeeds and says why a release cannot run here, by its own code, the configuration and the networks.
what_is_wrong_with() {
  ! { last_line "$1/bin/edged" --version && last_line "$1/bin/python" -c 'import systemd.daemon' &&
    last_line edged_of "$1" check --only config --only models --only attributes; }
}

# check_release NEW [OLD]: fails where a release cannot run here; what is wrong by the old one's word too is not its fault.
check_release() {
  local why
  why=$(what_is_wrong_with "$1") || return 0
  if [[ -n ${2-} && -n $why ]] && (what_is_wrong_with "$2" >/dev/null) && "$2/bin/edged" --version >/dev/null 2>&1 &&
    "$1/bin/edged" --version >/dev/null 2>&1; then
    say "goes on, though the installed release says too: $why"
    return 0
  fi
  say "the new release does not work here: $why" >&2
  return 1
}

# instances: the names of all services of this device, of which the usual one has none.
instances() {
  local found
  echo
  for found in "$configuration"/*/edged.toml; do
    if [[ -f $found ]]; then basename "$(dirname "$found")"; fi
  done
}

# edged_in PROGRAM INSTANCE COMMAND…
edged_in() { edged_of "$1" ${2:+--instance "$2"} "${@:3}"; }

# back_up_galleries OLD NEW: by the old release, or where it is broken by the new one, which changes nothing of a gallery for that.
back_up_galleries() {
  local why instance place
  while read -r instance; do
    place=$state${instance:+/$instance}
    [[ -e $place/gallery.db ]] || grep -qs '^ *path *=' "$configuration/${instance:+$instance/}edged.toml" || continue
    last_line edged_in "$1" "$instance" backup "$place/$before_upgrade" >/dev/null ||
      why=$(last_line edged_in "$2" "$instance" backup "$place/$before_upgrade") || {
      say "the gallery cannot be backed up: $why" >&2
      return 1
    }
    say "gallery backed up as $place/$before_upgrade"
  done < <(instances)
}

# find_wanted: sets wanted to the usual service, where it runs or shall at boot, and the instances that run, and failed_already to those of
# them that have failed. To be asked before any is stopped.
find_wanted() {
  local unit
  wanted=() failed_already=()
  if systemctl --quiet is-enabled "$service" 2>/dev/null || systemctl --quiet is-active "$service"; then wanted+=("$service"); fi
  mapfile -t -O ${#wanted[@]} wanted < <(systemctl list-units --plain --no-legend --state=active,activating,reloading 'edged@*.service' |
    cut -d ' ' -f 1)
  for unit in "${wanted[@]}"; do
    if has_failed "$unit"; then failed_already+=("$unit"); fi
  done
}

# has_failed UNIT: for good, or it waits to be started anew.
has_failed() { grep -qE '^(ActiveState=failed|SubState=auto-restart.*)$' <<<"$(systemctl show "$1" -p ActiveState -p SubState)"; }

# starts: whether the services that are wanted are ready, and stay so for a moment. All are started; sets not_started to those that are not.
starts() {
  local second unit
  local -A pids=()
  not_started=()
  for unit in "${wanted[@]}"; do
    systemctl reset-failed "$unit" 2>/dev/null || true
    if systemctl restart "$unit"; then pids[$unit]=$(main_process "$unit"); else not_started+=("$unit"); fi
  done
  for ((second = 0; second < settling_seconds; second++)); do
    sleep 1
    for unit in "${wanted[@]}"; do
      if is_one_of "$unit" "${not_started[@]}"; then continue; fi
      [[ ${pids[$unit]} != 0 && $(main_process "$unit") == "${pids[$unit]}" ]] || not_started+=("$unit")
    done
  done
  ((${#not_started[@]} == 0))
}

# failed_before: whether all that starts could not start had failed before too, which is not the fault of this release.
failed_before() {
  local unit
  for unit in "${not_started[@]}"; do
    is_one_of "$unit" "${failed_already[@]}" || return 1
  done
  say "not started, as before: ${not_started[*]}; see: journalctl -u ${not_started[0]}" >&2
}

# is_one_of WORD WORD…: whether the first is among the others.
is_one_of() { [[ " ${*:2} " == *" $1 "* ]]; }

main_process() { systemctl show "$1" --value -p MainPID; }

# stop_wanted: so that nobody writes into a gallery that is put back.
stop_wanted() { ((${#wanted[@]} == 0)) || systemctl stop "${wanted[@]}" || true; }

# put_galleries_back OLD: where the new release has changed one so that the old one cannot read it.
put_galleries_back() {
  local instance place
  while read -r instance; do
    place=$state${instance:+/$instance}
    if last_line edged_in "$1" "$instance" check --only gallery >/dev/null; then
      say "the gallery in $place is as the old release left it"
    elif [[ -e $place/$before_upgrade ]]; then
      last_line edged_in "$1" "$instance" restore "$place/$before_upgrade" || return 1
      say "the gallery in $place is put back as it was before; whoever was enrolled or forgotten since is to be so again"
    fi
  done < <(instances)
}

# clear_broker PROGRAM: nothing retained is left of this device, and so no device in Home Assistant.
clear_broker() {
  local why instance
  [[ -x $1/bin/python ]] || return 0
  while read -r instance; do
    if why=$(last_line edged_in "$1" "$instance" discovery --clear); then
      say "the broker keeps nothing of ${instance:-this device} any more"
    else
      say "what the broker keeps of ${instance:-this device} stays there: $why" >&2
      say "  later, on any machine: mosquitto_sub -h BROKER -t 'edged/DEVICE/#' --retained-only --remove-retained -W 5" >&2
    fi
  done < <(instances)
}
