# shellcheck shell=bash
# Which release of the package runs: the one that dpkg has unpacked, or the one before it, which is kept beside.
# What postinst, prerm and edged-go-back share. Knows the link to the release, the units and the service; what dpkg is at is not known here.
release=/usr/lib/edged/release previous=/usr/lib/edged/previous program=/usr/lib/edged/current
# shellcheck disable=SC2034 # for release.sh
configuration=/etc/edged state=/var/lib/edged service=edged.service
own_units=/etc/systemd/system

say() { echo "edged: $*"; }
# shellcheck source=scripts/release.sh
source /usr/lib/edged/release.sh

# is_used RELEASE
is_used() { [[ -e $1 && $program -ef $1 ]]; }

# use_release RELEASE: from now on, by one step that is done or not.
use_release() {
  ln -sfn "$(basename "$1")" "$program.new"
  mv -T "$program.new" "$program"
  use_units_of "$1"
  if systemd_runs; then systemctl daemon-reload || true; fi
}

# use_units_of RELEASE: dpkg has put the newer one's in place; those of the one before that differ stand in for them, unless the owner's do.
use_units_of() {
  local unit name
  for unit in "$previous"/share/edged/systemd/*; do
    name=$(basename "$unit")
    if [[ $1 == "$release" ]]; then
      if cmp -s "$unit" "$own_units/$name"; then rm "$own_units/$name"; fi
    elif [[ -e $unit && ! -e $own_units/$name ]] && ! cmp -s "$unit" "/usr/lib/systemd/system/$name"; then
      install -m 0644 "$unit" "$own_units/$name"
    fi
  done
}

# may_start: systemd runs, and who builds an image or a container has not forbidden services to be started in it; 104 allows it too.
may_start() { systemd_runs && { [[ ! -x /usr/sbin/policy-rc.d ]] || /usr/sbin/policy-rc.d edged restart || (($? == 104)); }; }

# go_to RELEASE: with the galleries as that one can read them; fails where it does not start.
go_to() {
  if systemd_runs; then stop_wanted; fi
  use_release "$1"
  put_galleries_back "$1" || say "a gallery cannot be put back; $before_upgrade beside it holds it as it was before." >&2
  if may_start; then starts || failed_before; fi
}
