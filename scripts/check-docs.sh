#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the examples of the documents, and checks that the documents name all that there is:
#
#	scripts/check-docs.sh [BUILD [FILE...]]
#
# An example is a fenced sh block in Markdown, or .EX to .EE in a man page, below a comment
#
#	<!-- run [any] [needs=PROBE] [status=N] -->      .\" run ...
#	<!-- expect: REGEX -->                           .\" expect: REGEX
#
# any: also without the right to use bpf(); needs: a probe that has to be attachable, else the example is
# skipped; expect: some line of what it prints has to match; there may be several. An example that
# still runs after SECONDS_EACH gets SIGINT, as from Ctrl-C, and has to end well by itself then.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- README.md CONTRIBUTING.md docs/*.md man/*.1
SECONDS_EACH=${SECONDS_EACH:-5}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tmp"
ln -s "$(pwd)/$build/skep" "$work/bin/skep"
PATH=$work/bin:$PATH
export PATH
# Examples write files into $TMPDIR.
TMPDIR=$work/tmp
export TMPDIR
passed=0 failed=0 skipped=0

# Writes $work/N.sh, N.expect and N.head ("FILE:LINE WORDS...") for each example.
extract() {
	awk -v to="$work" '
	function start(words) { marked = 1; head = FILENAME ":" FNR " " words; expects = "" }
	function open_block() {
		n++
		marked = 0
		inside = 1
		print head >(to "/" n ".head")
		printf "%s", expects >(to "/" n ".expect")
		# The shell outlives the SIGINT that ends the example; its last status is the result.
		print "trap : INT" >(to "/" n ".sh")
	}
	function close_block() { inside = 0; close(to "/" n ".sh") }
	FNR == 1 { marked = inside = 0 }
	!inside && /^<!-- run.*-->$/ { gsub(/^<!-- run *| *-->$/, ""); start($0); next }
	!inside && /^\.\\" run/ { sub(/^\.\\" run */, ""); start($0); next }
	marked && /^<!-- expect: .* -->$/ { gsub(/^<!-- expect: | -->$/, ""); expects = expects $0 "\n"; next }
	marked && /^\.\\" expect: / { sub(/^\.\\" expect: /, ""); expects = expects $0 "\n"; next }
	marked && (/^```sh$/ || /^\.EX$/) { open_block(); next }
	inside && (/^```$/ || /^\.EE$/) { close_block(); next }
	inside {
		if (FILENAME ~ /\.1$/) {
			gsub(/\\-/, "-")
			gsub(/\\\(aq/, "\047")
			gsub(/\\\(dq/, "\"")
			gsub(/\\&/, "")
			gsub(/\\e/, "\\")
		}
		print >(to "/" n ".sh")
	}
	END { print n + 0 }' "$@"
}

can_run() { # probe
	skep -q --dry-run -e "$1 { exit(); }" >/dev/null 2>&1
}

skip() { # example, why
	echo "skipped: $1: $2"
	skipped=$((skipped + 1))
}

fail() { # example, why
	echo "FAILED: $1: $2"
	sed 's/^/    | /' "$work/out" | head -n 20
	failed=$((failed + 1))
}

run() { # number
	read -r place words <"$work/$1.head"
	any='' needs='' want=0
	for word in $words; do
		case $word in
		any) any=1 ;;
		needs=*) needs=${word#needs=} ;;
		status=*) want=${word#status=} ;;
		*) : >"$work/out" && fail "$place" "unknown word '$word'" && return ;;
		esac
	done
	[ -n "$bpf$any" ] || { skip "$place" "bpf() may not be used here" && return; }
	[ -z "$needs" ] || can_run "$needs" || { skip "$place" "$needs cannot be attached here" && return; }
	timeout --preserve-status -s INT -k 10 "$SECONDS_EACH" sh "$work/$1.sh" >"$work/out" 2>&1 </dev/null
	status=$?
	[ "$status" = "$want" ] || { fail "$place" "exit status $status, not $want" && return; }
	while read -r regex; do
		grep -Eq -- "$regex" "$work/out" || { fail "$place" "no line matches $regex" && return; }
	done <"$work/$1.expect"
	passed=$((passed + 1))
}

# The file has to have every one of these words.
names() { # file, what they are, words...
	file=$1 what=$2 missing=
	shift 2
	sed 's/\\-/-/g' "$file" >"$work/text"
	for name; do
		grep -Eq -- "(^|[^a-zA-Z_-])$name([^a-zA-Z_-]|\$)" "$work/text" || missing="$missing $name"
	done
	: >"$work/out"
	if [ $# -gt 0 ] && [ -z "$missing" ]; then
		passed=$((passed + 1))
	else
		fail "$file" "$what missing:$missing"
	fi
}

options() { # command...: --long where there is one, else -x
	skep "$@" --help | sed -n 's/^  \(-[a-zA-Z]\), --\([a-z-]*\).*/--\2/p; s/^      --\([a-z-]*\).*/--\1/p
		s/^  \(-[a-zA-Z]\)\( .*\)*$/\1/p' | sort -u
}

bpf=
can_run begin && bpf=1
count=$(extract "$@")
i=1
while [ "$i" -le "$count" ]; do
	run "$i"
	i=$((i + 1))
done

all=$({
	options && options list && options build && options link && options verify && options exec && options test && options disasm && options debug && options log && options run
	for c in on off status top pause resume tap probe; do options accel $c; done
} | sort -u)
builtins=$(sed -n 's/^BUILTIN([A-Z]*, "\([a-z]*\).*/\1/p' src/lang/builtin.def)
functions=$(sed -n 's/^FUNC([A-Z_]*, "\([a-z_]*\)".*/\1/p' src/lang/func.def)
settings=$(sed -n 's/^	{ "\([a-z_]*\)", CONFIG_.*/\1/p' src/lang/config.c)
# shellcheck disable=SC2086,SC2046 # lists of words
{
	names man/skep.1 options $all
	names completions/skep.bash options $all
	names completions/_skep options $all
	names completions/skep.fish options $(echo "$all" | sed 's/^-*//') # it writes them without dashes
	names docs/language.md builtins $builtins
	names docs/language.md functions $functions
	names docs/language.md settings $settings
}

# The table of layers is told twice, for people and for the lint.
awk '/^<!-- layers -->$/ { on = 1; next } on && /^[a-z]+ ->/ { print } /^$/ { on = 0 }' ARCHITECTURE.md >"$work/told"
sed -n "/^layers='/,/^'/p" scripts/lint.sh | grep -e '->' >"$work/checked"
if diff "$work/told" "$work/checked" >"$work/out"; then
	passed=$((passed + 1))
else
	fail ARCHITECTURE.md "its layers are not those of scripts/lint.sh"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
