#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures accel side by side: plain TCP, the naive redirect (tests/accel/naive.bpf.c), skep and, where it is the
# same, AF_UNIX; turn by turn, N rounds, medians. Shows a table; a full run of all rows writes it as Markdown to
# build/bench-accel.md, too.
#
#	bench/accel.sh [-n ROUNDS] [-q] [-1] [-v] [ROW...]
#
#	-q	quick: a third of the time, one round
#	-1	streams and many clients on one CPU, too
#	-v	says what skep counted in each of its turns
#
# Two that wake each other in turn are measured on one CPU, where the scheduler puts them on an idle machine; on a busy
# one it moves them about, and waking another CPU is all that is seen then. The rows with -free are left to it.
#
# A ratio says how many times better than plain skep is. A bar is a list of `VARIANT SHARE`: skep has to be SHARE times
# better than that variant was in the same run. What is `as good as` has a share of 0.95, for the noise.
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
	nginx-1k|nginx, keep-alive c16: 1 KiB file|1/s|0|more|plain 1.2
	nginx-100k|nginx, keep-alive c16: 100 KiB file|1/s|0|more|plain 2.2
	redis-p1-get|redis c20, no pipeline: GET|1/s|0|more|plain 1.5
	redis-p1-set|the same: SET|1/s|0|more|plain 1.5
	redis-p16-get|redis c20, pipeline 16: GET|1/s|0|more|plain 0.97
	redis-p16-set|the same: SET|1/s|0|more|plain 0.97
	END
}

usage() {
	echo "usage: bench/accel.sh [-n ROUNDS] [-q] [-1] [-v] [ROW...]"
	echo "A ROW is the name of one, or what several begin with:"
	rows | awk -F '|' '{ printf "  %-20s %s\n", $1, $2 }'
}

rounds=
ms=300 # of a run; there are several in a turn, as where the scheduler puts the two ends is luck
app_s=3
pinned=
quick=
verbose=
while getopts n:q1vh option; do
	case $option in
	n) rounds=$OPTARG ;;
	q) ms=100 app_s=1 rounds=${rounds:-1} quick=1 ;;
	1) pinned=-1 ;;
	v) verbose=1 ;;
	h) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
shift $((OPTIND - 1))
rounds=${rounds:-5}
runs=3

# Whether any of these rows is wanted: all are when none was named.
wanted=$*
wants() {
	[ -n "$wanted" ] || return 0
	for row; do
		for name in $wanted; do
			case $row in "$name"*) return 0 ;; esac
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
in=$top/in
out=$top/out
ns_client=skep-bench-$$-a
ns_server=skep-bench-$$-b
holder=
server=
is_on=
samples=$work/samples
: >"$samples"
cleanup() {
	trap '' INT TERM
	stop "$server"
	stop "$holder"
	end_all "$out"
	end_all "$in"
	[ -z "$is_on" ] || turn_off
	ip netns del "$ns_client" 2>/dev/null
	ip netns del "$ns_server" 2>/dev/null
	rmdir "$in" "$out" "$top" 2>/dev/null
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
stop() { # pid
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
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
mkdir -p "$in" "$out" || exit 1

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

# A variant is turned on, something is run, and it is turned off.
begin() {
	case $variant in
	naive)
		: >"$work/ready"
		$meter hold "$in" >"$work/ready" 2>"$work/err" &
		holder=$!
		for _ in $(seq 100); do
			[ ! -s "$work/ready" ] || return 0
			sleep 0.02
		done
		return 1
		;;
	skep)
		is_on=1
		$skep accel on --cgroup "$in" >"$work/err" 2>&1 || {
			is_on=
			return 1
		}
		;;
	esac
}
end() {
	case $variant in
	naive)
		stop "$holder"
		holder=
		;;
	skep)
		[ -z "$is_on" ] || [ -z "$verbose" ] || tell
		[ -z "$is_on" ] || turn_off
		;;
	esac
}
tell() {
	echo "$row: $($skep accel status -f json 2>/dev/null | tr -d ' \t\n')" >&2
}

put() { printf '%s\t%s\t%s\n' "$1" "$variant" "$2" >>"$samples"; } # row, number

# Each variant in its turn, another one first each time. What is run finds its row and its variant in these.
turn=0
row=
variant=
each() { # variants, what to do
	ordered=$(echo "$1" | awk -v n=$turn '{ for (i = 0; i < NF; i++) print $((i + n) % NF + 1) }')
	turn=$((turn + 1))
	shift
	for variant in $ordered; do
		: >"$work/err"
		if ! begin || ! "$@"; then
			echo "bench: $row: $variant failed: $(tail -n 1 "$work/err")" >&2
		fi
		end
	done
}

# Results of the meter, in the units of the table.
load() { # options and load
	[ "$variant" != unix ] || set -- -u "$@"
	for _ in $(seq $runs); do
		$meter -t $ms $pinned -c "$in" "$@" >"$work/result" 2>"$work/err" || return 1
		awk -v row="$row" -v variant="$variant" -v kind="$*" '
			{ value[$1] = $2 }
			function put(row, value) { printf "%s\t%s\t%.6f\n", row, variant, value }
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
	done
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
with_server() { # what to do once it answers
	"$@"
	result=$?
	stop "$server"
	server=
	return $result
}

# Servers are started anew in each turn, as those are that are there when a machine starts.
run_nginx() {
	port=$(free_port)
	rm -f "$work/nginx/nginx.pid"
	sed "s/PORT/$port/" bench/accel/nginx.conf >"$work/nginx/nginx.conf"
	sh -c "$enter" "$in" nginx -p "$work/nginx" -c nginx.conf -e error.log >/dev/null 2>"$work/err" &
	server=$!
	for _ in $(seq 100); do
		[ ! -s "$work/nginx/nginx.pid" ] || break
		sleep 0.02
	done
	with_server ask_nginx
}
ask_nginx() {
	sleep 0.1
	for path in ok:nginx-200 1k:nginx-1k 100k:nginx-100k; do
		wants "${path#*:}" || continue
		in_cgroup wrk -t1 -c16 "-d${app_s}s" "http://127.0.0.1:$port/${path%:*}" >"$work/result" 2>"$work/err" || return 1
		! grep -E 'Socket errors|Non-2xx' "$work/result" >"$work/err" || return 1
		put "${path#*:}" "$(awk '/^Requests\/sec:/ { print $2 }' "$work/result")"
	done
}

run_redis() {
	port=$(free_port)
	sh -c "$enter" "$in" redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" \
		--loglevel warning >/dev/null 2>"$work/err" &
	server=$!
	for _ in $(seq 100); do
		[ "$(in_cgroup redis-cli -p "$port" ping 2>/dev/null)" != PONG ] || break
		sleep 0.02
	done
	with_server ask_redis
}
ask_redis() {
	for depth in 1:50000 16:300000; do
		wants "redis-p${depth%:*}-get" "redis-p${depth%:*}-set" || continue
		in_cgroup redis-benchmark -p "$port" -c 20 -P "${depth%:*}" -n $((${depth#*:} * app_s)) -t get,set \
			--csv >"$work/result" 2>"$work/err" || return 1
		for test in get set; do
			put "redis-p${depth%:*}-$test" "$(awk -F '"' -v test=$test 'tolower($2) == test { print $4 }' "$work/result")"
		done
	done
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

round() {
	all="plain naive skep unix"
	tcp="plain naive skep"
	near="-w 50 -s $in"
	far="-w 200 -s $out"
	veth="-C /run/netns/$ns_client -S /run/netns/$ns_server -a $server_address"
	# shellcheck disable=SC2086 # lists of options
	{
		for size in 64 1k 16k 64k; do
			wants_load ping-$size && each "$all" load_both $near pingpong "$(bytes $size)"
		done
		for size in 1k 16k; do
			wants_load veth-$size && make_veth && each "$tcp" load_both $near $veth pingpong "$(bytes $size)"
		done
		wants_load nagle-64 && each "$tcp" load $near -1 -N twowrites 64
		wants_load stream-64-nagle && each "$tcp" load $near -N stream 64
		for size in 64 1k 16k 64k 256k 1m; do
			wants_load stream-$size && each "$all" load $near stream "$(bytes $size)"
		done
		wants_load connect-1 && each "$tcp" load $near -1 connect 64
		wants_load connect-4 && each "$tcp" load $near -n 4 connect 64
		wants_load remote-ping && each "$tcp" load $far -1 pingpong 1024
		wants_load remote-stream && each "$tcp" load $far stream 65536
		wants_load remote-veth-ping && make_veth && each "$tcp" load $far $veth -1 pingpong 1024
		wants_load remote-veth-stream && make_veth && each "$tcp" load $far $veth stream 65536
	}
	row=nginx
	wants nginx-200 nginx-1k nginx-100k && has nginx nginx:nginx wrk:wrk && each "$tcp" run_nginx
	row=redis
	wants redis-p1-get redis-p1-set redis-p16-get redis-p16-set &&
		has redis redis-server:redis-server redis-benchmark:redis-tools && each "$tcp" run_redis
}

mkdir -p "$work/nginx/files" "$work/nginx/temp" &&
	head -c 1024 /dev/zero >"$work/nginx/files/1k" && head -c 102400 /dev/zero >"$work/nginx/files/100k" || exit 1
begun=$(date +%s)
for i in $(seq "$rounds"); do
	[ ! -t 2 ] || printf '\rround %d of %d ' "$i" "$rounds" >&2
	round
done
[ ! -t 2 ] || printf '\r                  \r' >&2
[ -z "$verbose" ] || sort -s -k 1,2 "$samples" >&2

title="kernel $(uname -r), $(nproc) CPUs, medians of $rounds rounds, $(($(date +%s) - begun)) s"
page=$build/bench-accel.md
[ -z "$wanted$quick" ] || page=/dev/null
rows | while IFS='|' read -r id rest; do
	! wants "$id" || printf '%s|%s\n' "$id" "$rest"
done >"$work/rows"
awk -F '\t' -v title="$title" -v page="$page" '
	function median(row, variant,    n, i, j, v, t) {
		n = count[row, variant]
		if (!n)
			return ""
		for (i = 1; i <= n; i++) {
			t = sample[row, variant, i]
			for (j = i - 1; j >= 1 && v[j] > t; j--)
				v[j + 1] = v[j]
			v[j + 1] = t
		}
		return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
	}
	function shown(value, digits) { return value == "" ? "-" : sprintf("%.*f", digits, value) }
	# How many times better a is than b.
	function ratio(a, b, better) {
		if (a == "" || b == "" || a <= 0 || b <= 0)
			return ""
		return better == "less" ? b / a : a / b
	}
	# The bar as what the ratio to plain has to be: the highest of its parts.
	function height(row, plain, better, bar,    part, n, i, r, most) {
		n = split(bar, part, " ")
		for (i = 1; i < n; i += 2) {
			r = ratio(median(row, part[i]), plain, better)
			if (r != "" && (most == "" || r * part[i + 1] > most))
				most = r * part[i + 1]
		}
		return most
	}
	function put(a, b, c, d, e, f, g, h) {
		printf "%-52s %10s %10s %10s %10s %6s %6s  %s\n", a, b, c, d, e, f, g, h
		printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", a, b, c, d, e, f, g, h >page
	}
	function line(row, what, unit, digits, better, bar,    plain, mine, got, must) {
		what = what ", " unit
		if (row in lacking) {
			put(what, lacking[row], "", "", "", "", "", "")
			return
		}
		plain = median(row, "plain")
		mine = median(row, "skep")
		got = ratio(mine, plain, better)
		must = height(row, plain, better, bar)
		missed += must != "" && got < must
		put(what, shown(plain, digits), shown(median(row, "naive"), digits), shown(mine, digits), \
		    shown(median(row, "unix"), digits), shown(got, 2), shown(must, 2), \
		    must == "" ? "-" : got != "" && got >= must ? "ok" : "NO")
	}
	FNR == NR { text[++rows] = $0; next }
	$2 == "missing" { lacking[$1] = $3; next }
	{ sample[$1, $2, ++count[$1, $2]] = $3 + 0 }
	END {
		print title "\n"
		printf "%s\n\n", title >page
		put("what", "plain", "naive", "skep", "AF_UNIX", "ratio", "bar", "ok")
		print "|---|---|---|---|---|---|---|---|" >page
		for (i = 1; i <= rows; i++) {
			split(text[i], f, "|")
			line(f[1], f[2], f[3], f[4], f[5], f[6])
		}
		if (missed)
			printf "\n%d bar%s missed\n", missed, missed == 1 ? "" : "s"
	}' "$work/rows" "$samples"
exit 0
