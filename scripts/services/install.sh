# shellcheck shell=bash
# What is missing on a Debian machine gets installed; anywhere else it is named.

# Debian keeps mariadbd in a folder that is not on an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

have() { command -v "$1" >/dev/null; }

# need COMMAND PACKAGE: makes COMMAND available.
need() {
  have "$1" || install_package "$2"
  have "$1" || fail "$1 is still missing after installing $2"
}

install_package() {
  update_lists "$1"
  say "installing $1"
  # The lock is not for a daemon that a package starts. Such a default server is left alone: ours is another one.
  quietly apt-get-install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y "$1" 9>&-
}

# update_lists WHAT: once, so that apt knows what there is now; WHAT it is for.
update_lists() {
  [[ -z ${LISTS_ARE_NEW:-} ]] || return 0
  have apt-get || fail "missing: $1; there is no apt-get here, install it by hand"
  ((EUID == 0)) || have sudo || fail "missing: $1; as root: apt-get install $1 (neither root nor sudo here)"
  quietly apt-get-update as_root apt-get update 9>&-
  LISTS_ARE_NEW=yes
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

# quietly NAME COMMAND…: shows what COMMAND printed only if it fails.
quietly() {
  local log="$STATE/$1.log"
  shift
  "$@" >"$log" 2>&1 </dev/null || fail_with_log "$log" "failed: $*"
}
