#!/usr/bin/env bash
# Compares the fault `loss` with packets that are really dropped, on this machine and its kernel. See docs/loss-conformance.md.
set -euo pipefail

readonly CANNOT_RUN=77
readonly CLIENT_IP=10.213.0.1 SERVER_IP=10.213.0.2
readonly REQUEST_BYTES=100 RESPONSE_BYTES=1000

usage() {
  cat <<'TEXT'
Usage: scripts/conformance/loss.sh [options]

Exchanges (100 B, then 1 000 B) over persistent TCP connections between two network namespaces whose link delays and drops packets, then the
same through `foulweather serve` with `latency` and `loss`; prints both side by side. Needs root on Linux. Nothing outside its own namespaces
is changed, and they are removed at the end.

  --rtt LIST          round-trip times in ms (default 2,20,50)
  --percent LIST      packets dropped in each direction, in % (default 0,1,2,5)
  --exchanges N       in each cell (default 3200)
  --connections N     side by side (default 32)
  --link KIND         netem, tun, or auto: netem where the kernel has it (default auto)
  --seed N            of the link's chance in the first cell, one more in each that follows; tun only (default 1)
  --out DIR           keep every time measured, as JSON lines, in DIR
  --real-only         no Foulweather: only what dropped packets do
  --help              show this

Exit code: 0 done, 1 something failed, 2 wrong arguments, 77 this machine does not allow it (the reason is printed).
TEXT
}

wrong() {
  echo "loss.sh: $1" >&2
  echo "Try scripts/conformance/loss.sh --help" >&2
  exit 2
}

cannot_run() {
  echo "loss.sh cannot run here: $1" >&2
  exit "$CANNOT_RUN"
}

rtts=2,20,50 percents=0,1,2,5 exchanges=3200 connections=32 link=auto seed=1 out='' real_only=false
while (($# > 0)); do
  case $1 in
    --help) usage && exit 0 ;;
    --real-only) real_only=true && shift && continue ;;
    --rtt | --percent | --exchanges | --connections | --link | --seed | --out) (($# > 1)) || wrong "$1 wants a value" ;;
    *) wrong "there is no option $1" ;;
  esac
  case $1 in
    --rtt) rtts=$2 ;;
    --percent) percents=$2 ;;
    --exchanges) exchanges=$2 ;;
    --connections) connections=$2 ;;
    --link) link=$2 ;;
    --seed) seed=$2 ;;
    --out) out=$2 ;;
  esac
  shift 2
done

number='[0-9]+(\.[0-9]+)?'
[[ $rtts =~ ^$number(,$number)*$ ]] || wrong "--rtt is $rtts: milliseconds such as 2,20,50 are wanted"
[[ $percents =~ ^$number(,$number)*$ ]] || wrong "--percent is $percents: percentages such as 1,2,5 are wanted"
[[ $exchanges =~ ^[1-9][0-9]*$ ]] || wrong "--exchanges is $exchanges: a whole number is wanted"
[[ $connections =~ ^[1-9][0-9]*$ ]] || wrong "--connections is $connections: a whole number is wanted"
[[ $seed =~ ^[0-9]+$ ]] || wrong "--seed is $seed: a whole number is wanted"
[[ $link =~ ^(auto|netem|tun)$ ]] || wrong "--link is $link: netem, tun or auto is wanted"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# The Node that the repository pins runs TypeScript as it is; an older one of the system does not.
node=$root/node_modules/.bin/node
[[ -x $node ]] || node=$(command -v node || true)
# System tools live in /usr/sbin, which is not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

[[ $(uname -s) == Linux ]] || cannot_run "network namespaces are a thing of Linux"
[[ -n $node ]] || cannot_run "there is no node (npm ci installs one)"
command -v ip >/dev/null || cannot_run "there is no ip (Debian: iproute2)"
((EUID == 0)) || cannot_run "it needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN) to make network namespaces"

# Names of this run alone: another may be at work.
readonly CLIENT=fwl-client-$$ SERVER=fwl-server-$$ LINK=fwl-link-$$
work=$(mktemp -d)
link_pid='' server_pid='' client_pid=''

end_of() {
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# What runs in the namespaces goes with them.
tear_down() {
  end_of "$client_pid"
  end_of "$server_pid"
  end_of "$link_pid"
  client_pid='' server_pid='' link_pid=''
  local namespace
  for namespace in "$CLIENT" "$SERVER" "$LINK"; do ip netns delete "$namespace" 2>/dev/null || true; done
}
trap 'tear_down; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

add_namespaces() {
  local namespace
  for namespace in "$CLIENT" "$SERVER" "$LINK"; do
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
  done
}

if ! add_namespaces 2>"$work/error"; then
  cannot_run "network namespaces cannot be made: $(head -n 1 "$work/error")"
fi

# The two ends of a veth pair, one in each namespace.
veth_up() {
  ip -n "$CLIENT" link add fwa type veth peer name fwb netns "$SERVER"
}

# netem RTT PERCENT: half of the delay on the way out of each end. One packet is one segment, or several would be dropped as one.
netem_up() {
  veth_up
  local side
  for side in "$CLIENT fwa" "$SERVER fwb"; do
    read -r namespace device <<<"$side"
    ip -n "$namespace" link set "$device" gso_max_segs 1
    tc -n "$namespace" qdisc add dev "$device" root netem delay "$(half "$1")ms" loss "$2%" limit 100000
  done
}

half() { awk "BEGIN { print $1 / 2 }"; }

# tun RTT PERCENT: a script carries the packets.
tun_up() {
  ip netns exec "$LINK" python3 "$here/tun-link.py" fwa fwb "$(half "$1")" "$2" "$seed" >"$work/packets" &
  link_pid=$!
  seed=$((seed + 1))
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    ip -n "$LINK" link show fwb >/dev/null 2>&1 && break
    sleep 0.05
  done
  ip -n "$LINK" link set fwa netns "$CLIENT"
  ip -n "$LINK" link set fwb netns "$SERVER"
}

addresses_up() {
  ip -n "$CLIENT" address add "$CLIENT_IP/30" dev fwa
  ip -n "$SERVER" address add "$SERVER_IP/30" dev fwb
  ip -n "$CLIENT" link set fwa up
  ip -n "$SERVER" link set fwb up
}

has_netem() {
  command -v tc >/dev/null && veth_up 2>"$work/error" &&
    tc -n "$CLIENT" qdisc add dev fwa root netem delay 1ms 2>"$work/error"
}

if [[ $link != tun ]]; then
  if has_netem; then
    link=netem
  elif [[ $link == netem ]]; then
    cannot_run "this kernel has no netem (CONFIG_NET_SCH_NETEM): $(head -n 1 "$work/error"); --link tun does without"
  else
    link=tun
  fi
fi
if [[ $link == tun ]]; then
  command -v python3 >/dev/null || cannot_run "without netem it needs python3"
  [[ -c /dev/net/tun ]] || cannot_run "without netem it needs /dev/net/tun (CONFIG_TUN; in a container: --device /dev/net/tun)"
  (: <>/dev/net/tun) 2>/dev/null || cannot_run "/dev/net/tun cannot be opened (in a container: --cap-add NET_ADMIN --device /dev/net/tun)"
fi
tear_down

# cell RTT PERCENT: fresh namespaces, because the kernel remembers what it has learnt of a path.
cell() {
  add_namespaces
  "${link}_up" "$1" "$2"
  addresses_up
  # Emptied here, and not only where it is written to: the port of the cell before must not be read.
  : >"$work/server"
  ip netns exec "$SERVER" "$node" "$root/bench/load/exchange-server.ts" $REQUEST_BYTES $RESPONSE_BYTES "$SERVER_IP" >"$work/server" &
  server_pid=$!
  local tries port
  for ((tries = 0; tries < 200; tries++)); do
    [[ -s $work/server ]] && break
    sleep 0.05
  done
  port=$(tr -dc 0-9 <"$work/server")
  ip netns exec "$CLIENT" "$node" "$root/bench/load/exchanges.ts" "$port" "$connections" "$exchanges" \
    $REQUEST_BYTES $RESPONSE_BYTES 0 "$SERVER_IP" >"$work/times" &
  client_pid=$!
  # In the foreground it would keep signals waiting until it is done.
  wait "$client_pid"
  printf '{"rtt":%s,"percent":%s,%s\n' "$1" "$2" "$(tail -c +2 "$work/times")" >>"$work/real.jsonl"
  tear_down
  [[ $link == tun ]] && echo "real, RTT $1 ms, $2 %: $(cat "$work/packets")" >&2
  return 0
}

echo "Kernel $(uname -r), link: $link, $exchanges exchanges over $connections connections in each cell" >&2
for rtt in ${rtts//,/ }; do
  for percent in ${percents//,/ }; do cell "$rtt" "$percent"; done
done

failed=0
if ! $real_only; then
  "$node" "$here/emulated.ts" "$rtts" "$percents" "$exchanges" "$connections" >"$work/emulated.jsonl" &
  client_pid=$!
  wait "$client_pid" || failed=1
fi
"$node" "$here/compare.ts" "$work/real.jsonl" "$work/emulated.jsonl"
if [[ -n $out ]]; then
  mkdir -p "$out"
  for file in real emulated; do [[ ! -f $work/$file.jsonl ]] || cp "$work/$file.jsonl" "$out"; done
fi
exit "$failed"
