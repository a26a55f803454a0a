# shellcheck shell=bash
# Installs missing programs on a Debian machine; on any other machine it prints their names.

# Debian keeps mariadbd in a folder that is not on an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

have() { command -v "$1" >/dev/null; }

# need COMMAND PACKAGE: makes COMMAND available.
need() {
  have "$1" || install_package "$2"
  have "$1" || fail "$1 is still missing after installing $2"
}

install_package() {
  have apt-get || fail "missing: $1; there is no apt-get here, install it by hand"
  may_be_root || fail "missing: $1; as root: apt-get install $1 (neither root nor sudo here)"
  say "installing $1"
  update_lists
  # A daemon that a package starts must not inherit the lock. We do not use such a default server; ours is another one.
  quietly apt-get-install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y "$1" 9>&-
}

update_lists() {
  [[ -n ${LISTS_ARE_NEW:-} ]] || quietly apt-get-update as_root apt-get update 9>&-
  LISTS_ARE_NEW=yes
}

may_be_root() { ((EUID == 0)) || have sudo; }

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

# quietly NAME COMMAND…: shows what COMMAND printed only if it fails.
quietly() {
  local log="$STATE/$1.log"
  shift
  "$@" >"$log" 2>&1 </dev/null || fail_with_log "$log" "failed: $*"
}
