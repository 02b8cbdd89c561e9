# shellcheck shell=bash
# Small Debian and Ubuntu roots, and programs run in them on this machine's network: what scripts/boot and scripts/test-matrix share.
# Knows debootstrap, systemd-nspawn and pip's configuration; what is run in a root is not known here.

need_containers() {
  local needed
  [[ $(id -u) == 0 ]] || fail "this needs root: sudo scripts/$1"
  for needed in debootstrap systemd-nspawn; do
    command -v "$needed" >/dev/null || fail "there is no $needed: apt-get install debootstrap systemd-container"
  done
}

# make_base RELEASE DIRECTORY PACKAGE…: a minimal root, unless there is one.
make_base() {
  local release=$1 base=$2 from=("") included ubuntu=/usr/share/debootstrap/scripts/gutsy # no mirror of ours: debootstrap knows each release's own
  shift 2
  [[ ! -d $base ]] || return 0
  say "$release by debootstrap"
  rm -rf "$base.partial"
  case $release in
    noble | plucky | questing) # the mirror is the one that debootstrap's script for Ubuntu names for releases of today
      from=("$(sed -n 's/.*default_mirror //p' "$ubuntu" | grep -m 1 archive)" "$ubuntu")
      ;;
    # A release that is younger than this debootstrap is made as unstable is.
    *) [[ -e /usr/share/debootstrap/scripts/$release ]] || from+=(/usr/share/debootstrap/scripts/sid) ;;
  esac
  # ca-certificates: its installation would want to write where find_pip_options puts this machine's own.
  included=$(IFS=, && echo "ca-certificates${*:+,$*}")
  debootstrap --variant=minbase --include="$included" "$release" "$base.partial" "${from[@]}" >"$base.log" 2>&1 ||
    fail "debootstrap failed; see $base.log"
  mv "$base.partial" "$base"
}

# copy_checkout CHECKOUT DIRECTORY: what git would commit of it.
copy_checkout() {
  mkdir -p "$2"
  (cd "$1" && git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -x -C "$2"
}

# Run a command in a root, on this machine's network: container ROOT OPTION… COMMAND…
container() {
  systemd-nspawn --quiet -D "$1" --register=no --keep-unit --pipe "${@:2}"
}

# find_pip_options PYTHON: pip in a root finds packages as this one does, by the same variables and the local files that these and its
# configuration name.
find_pip_options() {
  local variable path
  pip_options=()
  for variable in "${!PIP_@}" "${!SSL_CERT_@}" http_proxy https_proxy no_proxy; do
    [[ -z ${!variable-} ]] || pip_options+=("--setenv=$variable=${!variable}")
  done
  for path in $({ "$1" -m pip config list; env | grep -E '^(PIP|SSL_CERT)_'; } | grep -oE '/[^ "'"'"',]+' | tr -s / | sort -u); do
    path=${path%/simple} # an index on disk keeps its files beside it
    [[ ! -e $path || $path == / ]] || pip_options+=("--bind-ro=$path")
  done
}

# write_pip_configuration PYTHON ROOT: the configuration itself, for every user of the root.
write_pip_configuration() {
  { echo "[global]" && "$1" -m pip config list | sed -nE "s/^global\.([^=]+)='(.*)'$/\1 = \2/p"; } >"$2/etc/pip.conf"
}
