#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures accel side by side: plain TCP, the naive redirect (tests/accel/naive.bpf.c), skep and, where it is the
# same, AF_UNIX. Shows a table; a full run of all rows writes it as Markdown to build/bench-accel.md, too.
#
#	bench/accel.sh [-n ROUNDS] [-q] [-1] [-v] [ROW...]
#
#	-q	quick: one round
#	-1	streams and many clients on one CPU, too
#	-v	says what skep counted
#
# Each variant has a cgroup of its own, in which it stays on, so that they can take turns of a tenth of a second: what else
# the machine does meets all of them alike. Figures are medians. A ratio, how many times better skep is, is the median of the
# ratios within each turn, in which the machine was the same for both.
#
# Two that wake each other in turn are measured on one CPU, where the scheduler puts them on an idle machine; on a busy
# one it moves them about, and waking another CPU is all that is seen then. The rows with -free are left to it.
#
# A bar is a list of `VARIANT SHARE`: skep has to be SHARE times better than that variant. What is `as good as` has a share
# of 0.95, for the noise.
set -u
cd "$(dirname "$0")/.." || exit 1

# row|what|unit|digits|less or more is better|bar
rows() {
	cat <<-'END'
	ping-64|ping-pong 64 B, p50|us|2|less|naive 0.95 unix 0.95
	ping-64-p99|the same, p99|us|2|less|
	ping-64-free|the same, on any CPU, p50|us|2|less|
	ping-1k|ping-pong 1 KiB, p50|us|2|less|naive 0.95 unix 0.95
	ping-1k-p99|the same, p99|us|2|less|
	ping-1k-free|the same, on any CPU, p50|us|2|less|
	ping-1k-cpu|the same, CPU of both|us|2|less|naive 0.95
	ping-16k|ping-pong 16 KiB, p50|us|2|less|naive 0.95 unix 0.95
	ping-16k-p99|the same, p99|us|2|less|
	ping-16k-free|the same, on any CPU, p50|us|2|less|
	ping-64k|ping-pong 64 KiB, p50|us|2|less|naive 0.95 unix 0.95
	ping-64k-p99|the same, p99|us|2|less|
	ping-64k-free|the same, on any CPU, p50|us|2|less|
	veth-1k|ping-pong 1 KiB over veth, p50|us|2|less|naive 0.95
	veth-1k-p99|the same, p99|us|2|less|
	veth-1k-free|the same, on any CPU, p50|us|2|less|
	veth-16k|ping-pong 16 KiB over veth, p50|us|2|less|naive 0.95
	veth-16k-p99|the same, p99|us|2|less|
	veth-16k-free|the same, on any CPU, p50|us|2|less|
	nagle-64|write, write, read of 64 B with Nagle, p50|us|2|less|naive 0.95
	nagle-64-p99|the same, p99|us|2|less|
	stream-64-nagle|stream, writes of 64 B with Nagle|MB/s|0|more|plain 0.95
	stream-64-nagle-cpu|the same, CPU|ns/B|3|less|
	stream-64|stream, writes of 64 B|MB/s|0|more|plain 0.95
	stream-64-cpu|the same, CPU|ns/B|3|less|
	stream-1k|stream, writes of 1 KiB|MB/s|0|more|plain 0.95
	stream-1k-cpu|the same, CPU|ns/B|3|less|
	stream-16k|stream, writes of 16 KiB|MB/s|0|more|plain 1.2
	stream-16k-cpu|the same, CPU|ns/B|3|less|
	stream-64k|stream, writes of 64 KiB|MB/s|0|more|plain 1.2
	stream-64k-cpu|the same, CPU|ns/B|3|less|
	stream-256k|stream, writes of 256 KiB|MB/s|0|more|plain 1.2
	stream-256k-cpu|the same, CPU|ns/B|3|less|
	stream-1m|stream, writes of 1 MiB|MB/s|0|more|plain 1.2
	stream-1m-cpu|the same, CPU|ns/B|3|less|
	connect-1|connect, 64 B, reply, close: 1 client|1/s|0|more|plain 0.95
	connect-4|the same, 4 clients|1/s|0|more|plain 0.95
	remote-ping|server outside the cgroup: ping-pong 1 KiB, p50|us|2|less|plain 0.99
	remote-stream|the same: stream 64 KiB|MB/s|0|more|plain 0.99
	remote-veth-ping|the same over veth: ping-pong 1 KiB, p50|us|2|less|plain 0.99
	remote-veth-stream|the same: stream 64 KiB|MB/s|0|more|plain 0.99
	nginx-200|nginx, keep-alive c16: return 200|1/s|0|more|plain 1.5
	nginx-200-cpu|the same, CPU of the server|us|2|less|
	nginx-1k|nginx, keep-alive c16: 1 KiB file|1/s|0|more|plain 1.2
	nginx-1k-cpu|the same, CPU of the server|us|2|less|
	nginx-100k|nginx, keep-alive c16: 100 KiB file|1/s|0|more|plain 2.2
	nginx-100k-cpu|the same, CPU of the server|us|2|less|
	sendfile-1k|nginx with sendfile and tcp_nopush: 1 KiB file|1/s|0|more|plain 0.95
	sendfile-1k-cpu|the same, CPU of the server|us|2|less|
	sendfile-100k|nginx with sendfile and tcp_nopush: 100 KiB file|1/s|0|more|plain 0.95
	sendfile-100k-cpu|the same, CPU of the server|us|2|less|
	h2load-1k|nginx, asked by h2load: 1 KiB file|1/s|0|more|plain 1.2
	h2load-1k-cpu|the same, CPU of the server|us|2|less|
	h2load-100k|nginx, asked by h2load: 100 KiB file|1/s|0|more|
	h2load-100k-cpu|the same, CPU of the server|us|2|less|
	postgres|PostgreSQL, 4 clients: SELECT by key|1/s|0|more|plain 1.1
	mariadb|MariaDB, 4 clients: SELECT by key|1/s|0|more|plain 1.1
	redis-get|redis c20, no pipeline: GET|1/s|0|more|plain 1.5
	redis-get-cpu|the same, CPU of the server|us|2|less|
	redis-set|redis c20, no pipeline: SET|1/s|0|more|plain 1.5
	redis-set-cpu|the same, CPU of the server|us|2|less|
	redis-p1-get|redis-benchmark c20, no pipeline: GET|1/s|0|more|naive 0.95 unix 0.95
	redis-p1-set|the same: SET|1/s|0|more|naive 0.95 unix 0.95
	redis-p16-get|redis-benchmark c20, pipeline 16: GET|1/s|0|more|plain 0.97
	redis-p16-set|the same: SET|1/s|0|more|plain 0.97
	END
}

usage() {
	echo "usage: bench/accel.sh [-n ROUNDS] [-q] [-1] [-v] [ROW...]"
	echo "A ROW is the name of one, or what several begin with:"
	rows | awk -F '|' '{ printf "  %-20s %s\n", $1, $2 }'
}

rounds=
ms=100 # of a run
turns=10 # of each row in a round, with programs of their own
app_turns=3 # with servers and their clients
redis_ms=500 redis_warm_ms=50
pinned=
quick=
verbose=
while getopts n:q1vh option; do
	case $option in
	n) rounds=$OPTARG ;;
	q) rounds=${rounds:-1} turns=5 app_turns=1 quick=1 ;;
	1) pinned=-1 ;;
	v) verbose=1 ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
rounds=${rounds:-3}

# Whether any of these rows is wanted: all are when none was named.
wanted=$*
wants() {
	[ -n "$wanted" ] || return 0
	for candidate; do
		for name in $wanted; do
			case $candidate in "$name"*) return 0 ;; esac
		done
	done
	return 1
}
for name in $wanted; do
	rows | grep -q "^$name" || {
		echo "bench: there is no row '$name'" >&2
		usage >&2
		exit 2
	}
done
die() {
	echo "bench: $*" >&2
	exit 1
}
[ "$(id -u)" = 0 ] || die "only root may turn accel on"

build=build
skep=$build/skep
meter=$build/bench/accel-meter
make -s $skep "$meter" >/dev/null || exit 1
tree=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
[ -n "$tree" ] || die "cgroup v2 is not mounted"
! $skep accel status >/dev/null 2>&1 || die "accel is on already: turn it off first"

# What is undone at the end, however it comes.
work=$(mktemp -d) || exit 1
top=$tree/skep-bench-$$
out=$top/out # accelerated by nobody
ns_client=skep-bench-$$-a
ns_server=skep-bench-$$-b
holder=
servers=
is_on=
samples=$work/samples
: >"$samples"
cleanup() {
	trap '' INT TERM
	stop $servers
	stop $holder
	for group in out unix plain naive skep; do end_all "$top/$group"; done
	[ -z "$is_on" ] || turn_off
	ip netns del "$ns_client" 2>/dev/null
	ip netns del "$ns_server" 2>/dev/null
	for group in out unix plain naive skep; do rmdir "$top/$group" 2>/dev/null; done
	rmdir "$top" 2>/dev/null
	rm -rf "$work"
}
# Only what this has started is in there.
end_all() { # cgroup
	for _ in $(seq 50); do
		members=$(cat "$1/cgroup.procs" 2>/dev/null)
		[ -n "$members" ] || return 0
		# shellcheck disable=SC2086 # a list
		kill -9 $members 2>/dev/null
		sleep 0.02
	done
}
stop() { # pids
	for pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}
turn_off() {
	for _ in 1 2 3; do
		$skep accel off >"$work/off" 2>&1 && is_on= && return 0
	done
	echo "bench: accel off failed: $(tail -n 1 "$work/off")" >&2
	return 1
}
trap cleanup EXIT
trap 'exit 130' INT TERM
for group in out unix plain naive skep; do mkdir -p "$top/$group" || exit 1; done

# Two namespaces and a veth between them, where they are needed; nothing of the machine's own network is touched.
client_address=192.0.2.1
server_address=192.0.2.2
has_veth=
make_veth() {
	[ -z "$has_veth" ] || return 0
	ip netns add "$ns_client" && ip netns add "$ns_server" &&
		ip -n "$ns_client" link add skep0 type veth peer name skep0 netns "$ns_server" &&
		ip -n "$ns_client" addr add $client_address/24 dev skep0 &&
		ip -n "$ns_server" addr add $server_address/24 dev skep0 &&
		ip -n "$ns_client" link set skep0 up && ip -n "$ns_server" link set skep0 up || die "no veth"
	has_veth=1
}

turn_on() {
	: >"$work/ready"
	$meter hold "$top/naive" >"$work/ready" 2>"$work/err" &
	holder=$!
	for _ in $(seq 100); do
		[ ! -s "$work/ready" ] || break
		sleep 0.02
	done
	[ -s "$work/ready" ] || die "no naive redirect: $(tail -n 1 "$work/err")"
	$skep accel on --cgroup "$top/skep" >"$work/err" 2>&1 || die "accel on: $(tail -n 1 "$work/err")"
	is_on=1
}

put() { printf '%s\t%s\t%s\t%s\n' "$1" "$variant" "$2" "$turn" >>"$samples"; } # row, number

# So many turns, in each of which every variant has its own, another one first each time. What is run finds its row, its turn,
# its variant and that one's cgroup in these.
turn=0
row=
variant=
in=
each() { # turns, variants, what to do
	count=$1 variants=$2
	shift 2
	for _ in $(seq "$count"); do
		turn=$((turn + 1))
		for variant in $(echo "$variants" | awk -v n=$turn '{ for (i = 0; i < NF; i++) print $((i + n) % NF + 1) }'); do
			: >"$work/err"
			in=$top/$variant
			"$@" || echo "bench: $row: $variant failed: $(tail -n 1 "$work/err")" >&2
		done
	done
}

# Results of the meter, in the units of the table.
beside= # the server's cgroup, if not the client's
load() { # options and load
	[ "$variant" != unix ] || set -- -u "$@"
	$meter -t $ms $pinned -c "$in" -s "${beside:-$in}" "$@" >"$work/result" 2>"$work/err" || return 1
	awk -v row="$row" -v variant="$variant" -v turn=$turn -v kind="$*" '
		{ value[$1] = $2 }
		function put(row, value) { printf "%s\t%s\t%.6f\t%d\n", row, variant, value, turn }
		END {
			if ("p50" in value) {
				put(row, value["p50"] / 1e3)
				put(row "-p99", value["p99"] / 1e3)
				put(row "-cpu", value["cpu"] / 1e3)
			} else if (kind ~ /stream/) {
				put(row, value["rate"] / 1e6)
				put(row "-cpu", value["cpu"])
			} else {
				put(row, value["rate"])
			}
		}' "$work/result" >>"$samples"
}

load_both() { # likewise
	load -1 "$@" || return 1
	row=$row-free
	load "$@"
	result=$?
	row=${row%-free}
	return $result
}

# Of a command in the background, the process is the command's own: sh -c "$enter" "$in" COMMAND... &
# shellcheck disable=SC2016 # for that shell
enter='echo 0 >"$0/cgroup.procs"; exec "$@"'
in_cgroup() { # command
	sh -c "$enter" "$in" "$@"
}
free_port() {
	awk 'FNR > 1 { split($2, a, ":"); used[a[2]] }
		END { for (p = 18080; sprintf("%04X", p) in used; p++); print p }' /proc/net/tcp /proc/net/tcp6
}
wait_for() { # command
	for _ in $(seq 100); do
		"$@" && return 0
		sleep 0.02
	done
	return 1
}

# What a server and its workers have used up of a CPU so far, ns.
cpu_of() { # pid
	# shellcheck disable=SC2046 # a list
	cat $(printf '/proc/%s/schedstat\n' "$1" $(cat "/proc/$1/task/$1/children")) | awk '{ n += $1 } END { printf "%.0f", n }'
}

# Servers are started anew in each round, in each cgroup one; their ports are kept by variant.
start_nginx() {
	port=$(free_port)
	home=$work/$flavour-$variant
	case $flavour in sendfile) sendfile=on ;; *) sendfile=off ;; esac
	mkdir -p "$home/temp" && ln -sfn "$work/files" "$home/files" && rm -f "$home/nginx.pid"
	sed "s/PORT/$port/; s|SOCKET|$home/s|; s/SENDFILE/$sendfile/" bench/accel/nginx.conf >"$home/nginx.conf"
	sh -c "$enter" "$in" nginx -p "$home" -c nginx.conf -e error.log >/dev/null 2>"$work/err" &
	servers="$servers $!"
	wait_for test -s "$home/nginx.pid" || return 1
	echo "$port" >"$home/port"
}
# Each leaves in asked how many requests there were, and how many a second.
ask_by_wrk() { # path
	in_cgroup wrk -t1 -c16 -d1s "http://127.0.0.1:$(cat "$home/port")/$1" >"$work/result" 2>"$work/err" || return 1
	! grep -E 'Socket errors|Non-2xx' "$work/result" >"$work/err" || return 1
	asked=$(awk '/ requests in / { n = $1 } /^Requests\/sec:/ { print n, $2 }' "$work/result")
}
ask_by_h2load() { # path
	set -- "http://127.0.0.1:$(cat "$home/port")/$1"
	[ "$variant" != unix ] || set -- -B "unix:$home/s" "$@"
	in_cgroup h2load --h1 -t1 -c16 -D1 "$@" >"$work/result" 2>"$work/err" || return 1
	! grep '^requests:' "$work/result" | grep -v ' 0 failed, 0 errored, 0 timeout' >"$work/err" || return 1
	asked=$(awk '/^finished in/ { rate = $4 } /^requests:/ { print $6, rate }' "$work/result")
}
ask_nginx() { # client, path
	home=$work/$flavour-$variant
	cpu=$(cpu_of "$(cat "$home/nginx.pid")")
	"ask_by_$1" "$2" || return 1
	cpu=$(($(cpu_of "$(cat "$home/nginx.pid")") - cpu))
	put "$row" "${asked#* }"
	put "$row-cpu" "$(awk -v cpu=$cpu -v n="${asked% *}" 'BEGIN { print cpu / n / 1000 }')"
}
run_nginx() { # flavour, variants, client, paths
	flavour=$1 which=$2 client=$3
	shift 3
	each 1 "$which" start_nginx
	sleep 0.1
	for path; do
		! wants_load "$flavour-$path" || each $app_turns "$which" ask_nginx "$client" "$path"
	done
	stop $servers
	servers=
}

# It does not run as root. Debian has its programs in a folder of each version.
postgres_bin() {
	# shellcheck disable=SC2012 # those have no odd characters
	ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1
}
as_postgres="setpriv --reuid postgres --regid postgres --clear-groups"
postgres_answers() { "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$port"; }
start_postgres() {
	port=$(free_port)
	home=$work/postgres-$variant
	if [ ! -d "$home" ]; then
		mkdir "$home" && chown postgres "$home" && chmod 711 "$work" || return 1
		$as_postgres "$(postgres_bin)/initdb" -A trust -D "$home/data" >"$work/result" 2>"$work/err" || return 1
	fi
	sh -c "$enter" "$in" $as_postgres "$(postgres_bin)/postgres" -D "$home/data" -p "$port" -h 127.0.0.1 -k "$home" -F >/dev/null 2>"$work/err" &
	servers="$servers $!"
	wait_for postgres_answers || return 1
	echo "$port" >"$home/port"
	# This leaves it time to see that what PostgreSQL accepts does not block.
	for _ in 1 2 3; do
		in_cgroup pgbench -U postgres -h 127.0.0.1 -p "$port" -i -q -s 1 postgres >"$work/result" 2>"$work/err" || return 1
	done
}
ask_postgres() {
	home=$work/postgres-$variant
	host=127.0.0.1
	[ "$variant" != unix ] || host=$home
	in_cgroup pgbench -U postgres -h "$host" -p "$(cat "$home/port")" -n -S -c 4 -T 1 postgres >"$work/result" 2>"$work/err" || return 1
	put "$row" "$(awk '/^tps/ { print $3 }' "$work/result")"
}
mariadb_answers() { in_cgroup mariadb -u root -S "$home/s" -e 'CREATE DATABASE IF NOT EXISTS sbtest' 2>/dev/null; }
bench_mariadb() { # verb and options
	to="--mysql-host=127.0.0.1 --mysql-port=$(cat "$home/port")"
	[ "$variant" != unix ] || to=--mysql-socket=$home/s
	# shellcheck disable=SC2086 # a list
	in_cgroup sysbench oltp_point_select $to --mysql-user=root --skip-trx=on --table-size=1000 --threads=4 "$@" \
		>"$work/result" 2>"$work/err"
}
start_mariadb() {
	port=$(free_port)
	home=$work/mariadb-$variant
	if [ ! -d "$home" ]; then
		mkdir "$home" && chown mysql "$home" && chmod 711 "$work" || return 1
		mariadb-install-db --no-defaults --user=mysql --datadir="$home/data" >"$work/result" 2>"$work/err" || return 1
	fi
	sh -c "$enter" "$in" mariadbd --no-defaults --user=mysql --datadir="$home/data" --port="$port" --socket="$home/s" \
		--bind-address=127.0.0.1 --skip-grant-tables >/dev/null 2>"$work/err" &
	servers="$servers $!"
	echo "$port" >"$home/port"
	wait_for mariadb_answers || return 1
	# Which also leaves time to see that both ends wait in poll().
	bench_mariadb cleanup && bench_mariadb prepare && bench_mariadb run --events=400 && bench_mariadb run --events=400
}
ask_mariadb() {
	home=$work/mariadb-$variant
	bench_mariadb run --time=1 || return 1
	put "$row" "$(awk '$1 == "queries:" { print substr($3, 2) }' "$work/result")"
}
run_database() { # row
	each 1 "$all" "start_$1"
	row=$1
	each $app_turns "$all" "ask_$1"
	stop $servers
	servers=
}

# That of AF_UNIX listens on a port as well, at which nobody asks.
answers() { [ "$(in_cgroup redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; }
start_redis() {
	port=$(free_port)
	sh -c "$enter" "$in" redis-server --port "$port" --bind 127.0.0.1 --unixsocket "$work/redis-$variant.sock" --save '' \
		--appendonly no --dir "$work" --loglevel warning >/dev/null 2>"$work/err" &
	servers="$servers $!"
	wait_for answers || return 1
	echo "$port $!" >"$work/redis-$variant"
}
ask_redis() { # get or set
	read -r port server <"$work/redis-$variant"
	cpu=$(cpu_of "$server")
	$meter -t $redis_ms -w $redis_warm_ms -c "$in" -p "$port" -n 20 "redis-$1" 3 >"$work/result" 2>"$work/err" || return 1
	rate=$(awk '$1 == "rate" { print $2 }' "$work/result")
	put "$row" "$rate"
	put "$row-cpu" "$(awk -v cpu=$(($(cpu_of "$server") - cpu)) -v rate="$rate" -v ms=$((redis_ms + redis_warm_ms)) \
		'BEGIN { print cpu / (rate * ms / 1000) / 1000 }')"
}
ask_by_benchmark() { # get or set, depth of the pipeline, requests
	test=$1 depth=$2 requests=$3
	read -r port server <"$work/redis-$variant"
	set -- -p "$port"
	[ "$variant" != unix ] || set -- -s "$work/redis-unix.sock"
	in_cgroup redis-benchmark "$@" -c 20 -t "$test" -P "$depth" -n "$requests" --csv >"$work/result" 2>"$work/err" || return 1
	put "$row" "$(awk -F '"' -v test="$test" 'tolower($2) == test { print $4 }' "$work/result")"
}
run_redis() {
	each 1 "$all" start_redis
	for test in get set; do
		! wants_load redis-$test || each $app_turns "$tcp" ask_redis $test
	done
	for test in get set; do
		! wants_load redis-p1-$test || each $app_turns "$all" ask_by_benchmark $test 1 30000
	done
	for test in get set; do
		! wants_load redis-p16-$test || each $app_turns "$tcp" ask_by_benchmark $test 16 600000
	done
	stop $servers
	servers=
}

# A program that is missing leaves its rows with the name of its package.
has() { # rows begin with, command:package...
	lacking=
	for pair in "$2" "$3"; do
		command -v "${pair%:*}" >/dev/null || lacking="$lacking ${pair#*:}"
	done
	[ -n "$lacking" ] || return 0
	rows | awk -F '|' -v row="$1" -v lacking="needs$lacking" \
		'index($1, row) == 1 { printf "%s\tmissing\t%s\n", $1, lacking }' >>"$samples"
	return 1
}

wants_any() { # rows begin with
	# shellcheck disable=SC2046 # a list
	wants $(rows | awk -F '|' -v begin="$1-" 'index($1, begin) == 1 { print $1 }')
}
wants_load() { # row
	row=$1
	wants "$row" "$row-p99" "$row-cpu" "$row-free"
}
bytes() {
	case $1 in
	*k) echo $((${1%k} * 1024)) ;;
	*m) echo $((${1%m} * 1048576)) ;;
	*) echo "$1" ;;
	esac
}

all="plain naive skep unix"
tcp="plain naive skep"
veth="-C /run/netns/$ns_client -S /run/netns/$ns_server -a $server_address"
run_load() { # row, variants, what to do
	wants_load "$1" || return 0
	case $1 in *veth*) make_veth ;; esac
	shift
	each $load_turns "$@"
}
# shellcheck disable=SC2086 # lists of options
round() {
	load_turns=$turns
	for size in 64 1k 16k 64k; do
		run_load ping-$size "$all" load_both -w 20 pingpong "$(bytes $size)"
	done
	for size in 1k 16k; do
		run_load veth-$size "$tcp" load_both -w 20 $veth pingpong "$(bytes $size)"
	done
	run_load nagle-64 "$tcp" load -w 50 -1 -N twowrites 64
	load_turns=$((turns * 2)) # memory makes them vary more
	run_load stream-64-nagle "$tcp" load -w 20 -N stream 64
	for size in 64 1k 16k 64k 256k 1m; do
		run_load stream-$size "$all" load -w 20 stream "$(bytes $size)"
	done
	load_turns=$turns
	run_load connect-1 "$tcp" load -w 20 -1 connect 64
	run_load connect-4 "$tcp" load -w 20 -n 4 connect 64
	# Where a peer is unknown, it is told from the time that it takes to turn up.
	beside=$out
	load_turns=$((turns * 3)) # a bar of a hundredth takes more of them
	run_load remote-ping "$tcp" load -w 150 -1 pingpong 1024
	run_load remote-stream "$tcp" load -w 150 stream 65536
	run_load remote-veth-ping "$tcp" load -w 150 $veth -1 pingpong 1024
	run_load remote-veth-stream "$tcp" load -w 150 $veth stream 65536
	beside=
	wants_any nginx && has nginx nginx:nginx wrk:wrk && run_nginx nginx "$tcp" wrk 200 1k 100k
	wants_any sendfile && has sendfile nginx:nginx wrk:wrk && run_nginx sendfile "$tcp" wrk 1k 100k
	wants_any h2load && has h2load nginx:nginx h2load:nghttp2-client && run_nginx h2load "$all" h2load 1k 100k
	wants postgres && has postgres pgbench:postgresql "$(postgres_bin)/postgres:postgresql" && run_database postgres
	wants mariadb && has mariadb mariadbd:mariadb-server sysbench:sysbench && run_database mariadb
	wants_any redis && has redis redis-server:redis-server redis-benchmark:redis-tools && run_redis
}

mkdir -p "$work/files" &&
	head -c 1024 /dev/zero >"$work/files/1k" && head -c 102400 /dev/zero >"$work/files/100k" || exit 1
turn_on
begun=$(date +%s)
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round
done
[ ! -t 2 ] || printf '\r                  \r' >&2
[ -z "$verbose" ] || { sort -s -k 1,2 "$samples" && $skep accel status -f json; } >&2

title="kernel $(uname -r), $(nproc) CPUs, medians of $rounds rounds, $(($(date +%s) - begun)) s"
page=$build/bench-accel.md
[ -z "$wanted$quick" ] || page=/dev/null
rows | while IFS='|' read -r id rest; do
	! wants "$id" || printf '%s|%s\n' "$id" "$rest"
done >"$work/rows"
awk -F '\t' -v title="$title" -v page="$page" -f bench/accel/table.awk "$work/rows" "$samples"
