#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compares what skep and bpftool tell of the same objects, field by field of their JSON, and checks the tables of fields in
# docs/inspect.md, or writes them:
#
#	scripts/inspect-fields.sh [--write] [PART...]
#
# Every field of bpftool's has to be in skep's JSON with the same value. A part is a function objects_PART that makes objects and calls
# `compare`, and meanings_PART, which says of each field what it is. SKEP names the binary (build/skep).
set -u
cd "$(dirname "$0")/.." || exit 1
skep=$(realpath "${SKEP:-build/skep}")
progs=$(dirname "$skep")/tests
document=docs/inspect.md
write=
[ "${1:-}" != --write ] || { write=1 && shift; }
[ $# -gt 0 ] || set -- prog

for tool in bpftool jq; do
	command -v $tool >/dev/null || { echo "inspect-fields: $tool is not installed" >&2 && exit 1; }
done
work=$(mktemp -d) || exit 1
pins=/sys/fs/bpf/skep_fields_$$
pids=
# shellcheck disable=SC2086 # numbers
trap 'exec 3>&-; [ -z "$pids" ] || wait $pids; rm -rf "$work" $pins' EXIT
trap 'exit 130' INT TERM
mkdir $pins || exit 1
failed=0
fail() {
	echo "inspect-fields: $*" >&2
	failed=1
}

# Each value of a JSON file as a line: where it is, the same without numbers of elements, the value.
leaves() {
	jq -r 'paths(scalars) as $p | [
		($p | map(tostring) | join(".")),
		([$p[] | if type == "number" then "[]" else . end] | join(".") | gsub("\\.\\[\\]"; "[]")),
		(getpath($p) | tojson)] | @tsv' "$1"
}

# Adds the fields of an object to the part's. The words are those of one tool and of the other.
compare() { # what, words of bpftool, words of skep
	# shellcheck disable=SC2086 # words
	bpftool -j $2 >"$work/a.json" || fail "$1: bpftool failed"
	# shellcheck disable=SC2086 # words
	"$skep" $3 -f json >"$work/b.json" || fail "$1: skep failed"
	leaves "$work/a.json" >"$work/a"
	leaves "$work/b.json" >"$work/b"
	awk -F '\t' -v what="$1" '
		NR == FNR { mine[$1] = $3; next }
		!($1 in mine) { print what ": skep does not tell " $1 ", which is " $3; next }
		mine[$1] != $3 { print what ": " $1 " is " $3 ", skep tells " mine[$1] }' "$work/b" "$work/a" >"$work/differ"
	while read -r line; do fail "$line"; done <"$work/differ"
	cut -f 2 "$work/a" >>"$work/theirs"
	cut -f 2 "$work/b" >>"$work/mine"
}

# ---- programs

meanings_prog() {
	cat <<-'END'
	id|its number, as long as it lives
	type|the kind of program, as `xdp`
	name|in full where BTF has it; the kernel keeps 15 letters
	tag|a hash of its instructions
	gpl_compatible|whether its licence lets it call all helpers
	run_time_ns|time in it while runs were counted
	run_cnt|runs that were counted
	loaded_at|seconds since 1970
	uid|who loaded it
	bytes_xlated|instructions as the verifier left them
	jited|whether it was compiled
	bytes_jited|compiled code of all its functions
	bytes_memlock|memory that is accounted for it
	map_ids[]|the maps that it uses
	pinned[]|paths that keep it; bpftool's with `-f`
	btf_id|the types that it was loaded with
	pids[].pid|processes that have a descriptor of it
	pids[].comm|their names
	metadata.author|variables `bpf_metadata_...`, by the rest of their names
	metadata.serial|another one
	insns|the number of these instructions
	verified_insns|instructions that the verifier walked
	functions|functions that it was compiled to
	run_avg_ns|time of a run on average
	END
}

objects_prog() {
	mkfifo "$work/hold"
	"$progs/manyprogs" 1 <"$work/hold" >"$work/ready" &
	pids="$pids $!"
	exec 3>"$work/hold"
	until grep -q ready "$work/ready"; do sleep 0.1; done
	held=$("$skep" prog show name many_0 -j | jq --argjson pid $! 'if type == "array" then .[] else . end |
		select(any(.pids[]?; .pid == $pid)) | .id')
	compare "a program that is held" "prog show id $held" "prog show id $held"

	one=$pins/program
	"$skep" prog load "$progs/object/live.o" $one || fail "cannot load a program"
	"$skep" prog profile $one duration 1 >/dev/null &
	profile=$!
	sleep 0.5
	"$skep" prog run $one data_in 0x000102030405060708090a0b0c0d repeat 100 >/dev/null
	wait $profile
	compare "a program that is pinned" "-f prog show pinned $one" "prog show pinned $one"
}

# ---- tables

table() { # part
	sort -u "$work/mine" >"$work/mine.all"
	sort -u "$work/theirs" >"$work/theirs.all"
	"meanings_$1" >"$work/meanings"
	awk -F '|' '
		FILENAME ~ /mine/ { mine[$1] = 1; next }
		FILENAME ~ /theirs/ { theirs[$1] = 1; next }
		FNR == 1 { print "| field | bpftool | skep | what it is |\n|---|---|---|---|" }
		{
			known[$1] = 1
			print "| `" $1 "` | " ($1 in theirs ? "yes" : "-") " | " ($1 in mine ? "yes" : "-") " | " $2 " |"
		}
		END {
			for (field in mine)
				if (!(field in known))
					print "inspect-fields: no words for the field " field >"/dev/stderr"
		}' "$work/mine.all" "$work/theirs.all" "$work/meanings"
}

# The lines between the marks of a part.
written() { # part
	sed -n "/<!-- fields:$1:begin -->/,/<!-- fields:$1:end -->/p" $document | sed '1d;$d'
}

version=$(bpftool version | sed -n '1p;/^features/p' | paste -s -d ' ')
for part; do
	: >"$work/mine"
	: >"$work/theirs"
	"objects_$part"
	{ echo && echo "With $version:" && echo && table "$part" 2>"$work/err" && echo; } >"$work/table"
	while read -r line; do fail "${line#inspect-fields: }"; done <"$work/err"
	if [ -n "$write" ]; then
		sed -i -e "/<!-- fields:$part:begin -->/,/<!-- fields:$part:end -->/{//!d}" \
			-e "/<!-- fields:$part:begin -->/r $work/table" $document
	elif written "$part" | grep -qxF "With $version:"; then
		written "$part" | diff -u - "$work/table" >&2 ||
			fail "the table of $part in $document is another one: scripts/inspect-fields.sh --write $part"
	else
		echo "inspect-fields: the table of $part in $document is of another bpftool, and was not compared" >&2
	fi
	echo "$part: $(sort -u "$work/theirs" | wc -l) fields of bpftool, $(sort -u "$work/mine" | wc -l) of skep"
done
exit $failed
