# shellcheck shell=bash
# One release of edged in the place of another: checked beside it, with the gallery backed up, and put back where it does not start.
# What scripts/install and the Debian package share. Knows programs, the service and the gallery; how a release came here is not known.
# Whoever sources this says where these are, and has say().
: "${configuration:?}" "${state:?}" "${service:?}"

# What an upgrade keeps of the gallery. It is no numbered backup, so that upgrades in a row throw none of those away.
before_upgrade=$state/before-upgrade.db
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

# back_up_gallery OLD NEW: by the old release, or where it is broken by the new one, which changes nothing of the gallery for that.
back_up_gallery() {
  local why
  [[ -e $state/gallery.db ]] || grep -qs '^ *path *=' "$configuration/edged.toml" || return 0
  last_line edged_of "$1" backup "$before_upgrade" >/dev/null || why=$(last_line edged_of "$2" backup "$before_upgrade") || {
    say "the gallery cannot be backed up: $why" >&2
    return 1
  }
  say "gallery backed up as $before_upgrade"
}

# starts: whether the service is ready, and stays so for a moment.
starts() {
  local second pid
  systemctl reset-failed "$service" 2>/dev/null || true
  systemctl restart "$service" || return 1
  pid=$(systemctl show "$service" --value -p MainPID)
  for ((second = 0; second < settling_seconds; second++)); do
    sleep 1
    [[ $(systemctl show "$service" --value -p MainPID) == "$pid" && $pid != 0 ]] || return 1
  done
}

# put_gallery_back OLD: where the new release has changed it so that the old one cannot read it.
put_gallery_back() {
  last_line edged_of "$1" check --only gallery >/dev/null && { say "the gallery is as the old release left it"; return 0; }
  [[ -e $before_upgrade ]] || return 0
  last_line edged_of "$1" restore "$before_upgrade" || return 1
  say "the gallery is put back as it was before: $before_upgrade; whoever was enrolled or forgotten since is to be so again"
}
