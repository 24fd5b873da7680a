# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for skep

_skep_words() {
	local IFS=$' \n'
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# Names of probes; bash takes a colon for the end of a word, so what stands before the last one is cut off again.
_skep_probes() {
	case $cur in
	*:*) ;;
	*)
		_skep_words "tracepoint: rawtracepoint: kprobe: fentry: uprobe: software: hardware: self: struct union enum"
		compopt -o nospace
		return
		;;
	esac
	_skep_words "$(skep list "$cur*" 2>/dev/null | head -n 2000)"
	local i head=${cur%"${cur##*:}"}
	[[ $COMP_WORDBREAKS == *:* ]] || return
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$head"}
	done
}

_skep() {
	local cur=$2 prev=$3 command= IFS=$'\n'
	local options="-e -l -c -p -o -f -q --quiet -v --verbose -B -d --dry-run --unsafe --no-warnings -h --help -V --version"
	COMPREPLY=()

	# The whole word up to the cursor, and the one before it, though bash has cut them at colons.
	if [[ ${COMP_WORDBREAKS} == *:* ]]; then
		local line=${COMP_LINE:0:COMP_POINT}
		cur=${line##*[[:space:]\'\"]}
	fi
	case ${COMP_WORDS[1]-} in
	list | build | run) [[ $COMP_CWORD -gt 1 ]] && command=${COMP_WORDS[1]} ;;
	esac

	case $prev in
	-f) _skep_words "text json" && return ;;
	-B) _skep_words "line full none" && return ;;
	-d) _skep_words "tokens ast ir bpf" && return ;;
	-p | --pid) _skep_words "$(cd /proc && printf '%s\n' [0-9]*)" && return ;;
	-c) COMPREPLY=($(compgen -c -- "$cur")) && return ;;
	-e) return ;;
	-o | --output) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames && return ;;
	-l | -lv | -vl) _skep_probes && return ;;
	esac

	case $command,$cur in
	list,-*) _skep_words "-v --verbose -p --pid -h --help" ;;
	list,*) _skep_probes ;;
	build,-*) _skep_words "-o --output -e --unsafe -h --help" ;;
	*,-*) _skep_words "$options" ;;
	*)
		COMPREPLY=($(compgen -f -- "$cur"))
		compopt -o filenames
		[[ $COMP_CWORD -ne 1 ]] || COMPREPLY+=($(compgen -W $'list\nbuild\nrun\nhelp' -- "$cur"))
		;;
	esac
}
complete -F _skep skep
