# shellcheck shell=bash
# Directories, ports and processes of the services. A process is ours if its pid file says so and if it still has the
# argument recorded there, a path inside our directory. The pid alone is not enough, because the system may have
# reused it.

# home SERVICE: its real directory, which is not under .services if a server's user cannot go there.
home() { realpath -m "$STATE/$1"; }

# make_home SERVICE USER: a directory that USER owns and can reach.
make_home() {
  local link="$STATE/$1" user=$2 place
  [[ ! -d $link ]] || return 0
  place=$link
  if ! as "$user" test -x "$STATE"; then
    place=/var/tmp/sluice-$(sha256sum <<<"$ROOT" | cut -c1-12)-$1
    [[ ! -e $place || $(stat -c %U "$place") == "$user" ]] || fail "$place belongs to another user"
    ln -sfn "$place" "$link"
  fi
  [[ -d $place ]] || mkdir -m 700 "$place"
  give "$user" "$place"
}

# as USER COMMAND…
as() {
  local prefix
  read -ra prefix < <(become "$1")
  "${prefix[@]}" "${@:2}"
}

# become USER: the words to put in front of a command. setpriv, unlike runuser, leaves no process between us and the server.
become() {
  if [[ $1 == "$(id -un)" ]]; then
    echo env
  else
    echo setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups --
  fi
}

# give USER PATH
give() { [[ $1 == "$(id -un)" ]] || chown -R "$1:" "$2"; }

# server_user NAME: who runs a server that refuses root.
server_user() { if ((EUID == 0)); then echo "$1"; else id -un; fi; }

# launch HOME USER MARKER COMMAND…: starts COMMAND detached; MARKER is the argument that identifies it.
launch() {
  local home=$1 marker=$3 prefix
  read -ra prefix < <(become "$2")
  [[ ! -e $home/server.log ]] || mv "$home/server.log" "$home/server.log.previous"
  setsid "${prefix[@]}" "${@:4}" </dev/null >"$home/server.log" 2>&1 9>&- &
  printf '%s %s\n' $! "$marker" >"$home/pid"
}

running() {
  local pid marker
  { read -r pid marker <"$1/pid"; } 2>/dev/null || return 1
  grep -zqxFe "$marker" "/proc/$pid/cmdline" 2>/dev/null
}

# pid HOME: only of a running process.
pid() { cut -d' ' -f1 "$1/pid"; }

# await HOME COMMAND…: until COMMAND succeeds; a server that died or stays silent fails with its log.
await() {
  local home=$1 end=$((SECONDS + 60)) pid
  shift
  pid=$(pid "$home")
  until "$@"; do
    if ((SECONDS >= end)) || ! kill -0 "$pid" 2>/dev/null; then
      halt "$home" KILL
      fail_with_log "$home/server.log" "$(basename "$home") did not start"
    fi
    sleep 0.1
  done
}

# halt HOME SIGNAL: sends SIGNAL, and SIGKILL after 30 s.
halt() {
  local home=$1 end=$((SECONDS + 30)) pid
  if running "$home"; then
    pid=$(pid "$home")
    kill "-$2" "$pid" 2>/dev/null || true
    while running "$home"; do
      ((SECONDS < end)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.05
    done
  fi
  rm -f "$home/pid"
}

listening() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

port() { cat "$1/port.$2"; }

# choose_port HOME NAME [WANTED]: WANTED, or the last port, or a free port that no other service of ours has.
choose_port() {
  local file="$1/port.$2" wanted=${3:-} port
  if [[ -n $wanted ]]; then
    ! listening "$wanted" || fail "port $wanted is taken by another program"
    port=$wanted
  elif [[ -s $file ]] && ! listening "$(<"$file")"; then
    return
  else
    # Below the range from which the kernel takes ports for outgoing connections.
    until port=$((20000 + RANDOM % 10000)) && ! listening "$port" && ! claimed "$port"; do :; done
  fi
  echo "$port" >"$file"
}

claimed() { grep -qsx "$1" "$STATE"/*/port.*; }
