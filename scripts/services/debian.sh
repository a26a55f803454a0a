# shellcheck shell=bash
# Programs of Debian unstable, which run beside the machine's own programs. They are in our own folder, with the loader
# and the libraries they were built for. The machine's packages and the configuration of apt do not change.

# fetch_packages NAME PACKAGE…: the newest PACKAGEs and their dependencies, as files in .services/packages/NAME.
# A private apt fetches them. So apt checks signatures and checksums, and uses the machine's proxies.
# Existing packages keep their version until you delete that folder.
fetch_packages() {
  local folder="$STATE/packages/$1"
  [[ ! -d $folder ]] || return 0
  say "fetching $1 from Debian unstable"
  rm -rf "$folder.new"
  if ! (download_packages "$folder.new" "${@:2}"); then
    rm -rf "$folder.new"
    exit 1
  fi
  rm -r "$folder.new/archives"/{lock,partial}
  mv "$folder.new/archives" "$folder"
  rm -r "$folder.new"
}

download_packages() {
  local apt=(apt-get -c "$1/apt.conf")
  mkdir -p "$1"/{lists,archives}/partial
  configure_apt "$1"
  quietly apt-unstable-update "${apt[@]}" update
  quietly apt-unstable-download "${apt[@]}" install -y --download-only --no-install-recommends "${@:2}"
}

# configure_apt FOLDER: an apt for a machine on which only Perl is installed, which only scripts need that do not run.
configure_apt() {
  local mirror
  mirror=$(debian_mirror) || exit 1
  cat >"$1/apt.conf" <<CONF
Dir::State "$1";
Dir::State::lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1";
Dir::Cache::archives "$1/archives";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
// The user of apt's sandbox may not be able to reach this folder.
APT::Sandbox::User "root";
#clear APT::Default-Release;
#clear APT::Update;
APT::Update::Error-Mode "any";
CONF
  cat >"$1/sources.list" <<LIST
deb [target=Packages arch=$(dpkg --print-architecture) signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror unstable main
LIST
  cat >"$1/status" <<STATUS
Package: perl
Status: install ok installed
Architecture: $(dpkg --print-architecture)
Multi-Arch: allowed
Version: 99
STATUS
}

# debian_mirror: the mirror that this machine uses. Apt knows only from its lists that a mirror is Debian's.
debian_mirror() {
  have apt-get || fail "this service comes from Debian's packages; there is no apt-get here"
  known_mirror || { may_be_root && update_lists && known_mirror; } ||
    fail "this service comes from a mirror of Debian, and apt knows none here; on Debian, as root: apt-get update"
}

known_mirror() {
  # shellcheck disable=SC2016 # apt's own variable
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | grep -m 1 .
}

# unpack_packages NAME FOLDER PROGRAM…: puts each PROGRAM (its path in the package) into FOLDER/bin under its own name.
unpack_packages() {
  local folder=$2 package program loader
  mkdir -p "$folder/bin"
  for package in "$STATE/packages/$1"/*.deb; do dpkg-deb --extract "$package" "$folder"; done
  loader=$(cd "$folder" && echo usr/lib/*/ld-linux-*.so.*)
  for program in "${@:3}"; do
    cat >"$folder/bin/${program##*/}" <<SH
#!/bin/sh
at=\$(cd "\$(dirname "\$0")/.." && pwd)
exec "\$at/$loader" --library-path "\$at/${loader%/*}" "\$at/$program" "\$@"
SH
    chmod 755 "$folder/bin/${program##*/}"
  done
}
