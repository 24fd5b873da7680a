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

# Words behind `skep accel`, of which the second is COMP_WORDS[2].
_skep_accel() {
	if [[ $COMP_CWORD -eq 2 ]]; then
		_skep_words "on off status top pause resume tap probe -h --help"
		return
	fi
	case $prev in
	-f | --format) _skep_words "text json" && return ;;
	--cgroup) COMPREPLY=($(compgen -d -- "$cur")) && compopt -o filenames && return ;;
	--config | -w) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames && return ;;
	--uid) COMPREPLY=($(compgen -u -- "$cur")) && return ;;
	-p | --pid) _skep_words "$(cd /proc && printf '%s\n' [0-9]*)" && return ;;
	--blocking) _skep_words "yes no" && return ;;
	--port | --cidr | --exclude-comm | --limit | --budget | --small | --timeout | -i | --interval | -n | --count | -t | -s | --comm) return ;;
	esac
	case ${COMP_WORDS[2]} in
	on) _skep_words "--cgroup --port --cidr --uid --exclude-comm --blocking --limit --budget --small --config -h --help" ;;
	off) _skep_words "--timeout -h --help" ;;
	status) _skep_words "-f --format -c --connections -h --help" ;;
	top) _skep_words "-i --interval -n --count --once -h --help" ;;
	tap) _skep_words "-w -c -s --port --pid --comm -h --help" ;;
	probe)
		if [[ $cur == -* ]]; then
			_skep_words "-p -t -f -h --help"
		else
			COMPREPLY=($(compgen -c -- "$cur"))
		fi
		;;
	*) _skep_words "-h --help" ;;
	esac
}

# Options, by the help of a command.
_skep_options_of() {
	_skep_words "$(skep "$@" --help 2>/dev/null | sed -nE 's/^  (-.)(, (--[a-z-]+))?.*/\1 \3/p; s/^ +(--[a-z-]+).*/\1/p')"
}

# Words behind a noun: its verbs by its help, then what objects are named by, and options.
_skep_noun() {
	local noun=${COMP_WORDS[1]}
	if [[ $COMP_CWORD -eq 2 ]]; then
		_skep_words "$(skep "$noun" --help 2>/dev/null | sed -nE 's/^  ([a-z_-]+) .*/\1/p') -h --help"
		return
	fi
	case $prev,$cur in
	-f,* | --format,*) _skep_words "text json" ;;
	pinned,* | file,* | *,/* | *,.*) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames ;;
	dev,*) _skep_words "$(cd /sys/class/net && printf '%s\n' *)" ;;
	id,*) _skep_words "$(skep "$noun" show 2>/dev/null | sed -nE 's/^([0-9]+): .*/\1/p')" ;;
	*,-*) _skep_options_of "$noun" "${COMP_WORDS[2]}" ;;
	*)
		_skep_words "$(skep "$noun" "${COMP_WORDS[2]}" --help 2>/dev/null |
			sed -nE '1{s/^usage: skep [^ ]+ [^ ]+//;s/[^a-z_]+/ /g;p}') id name pinned"
		;;
	esac
}

_skep() {
	local cur=$2 prev=$3 command= IFS=$'\n'
	local options="-e -l -c -p -o -f -q --quiet -v --verbose -B -d --dry-run --unsafe --no-warnings -h --help -V --version"
	local c_options="--dev --egress --generic --cgroup --hook --route --target --hz --seconds --set --record --pcap --pin -I --include -D --define -n"
	COMPREPLY=()

	# The whole word up to the cursor, and the one before it, though bash has cut them at colons.
	if [[ ${COMP_WORDBREAKS} == *:* ]]; then
		local line=${COMP_LINE:0:COMP_POINT}
		cur=${line##*[[:space:]\'\"]}
	fi
	case ${COMP_WORDS[1]-} in
	list | build | verify | exec | test | disasm | debug | run) [[ $COMP_CWORD -gt 1 ]] && command=${COMP_WORDS[1]} ;;
	esac

	if [[ ${COMP_WORDS[1]-} == accel && $COMP_CWORD -gt 1 ]]; then
		_skep_accel
		return
	fi

	if [[ $COMP_CWORD -gt 1 && " prog map link net cgroup iter struct-ops gc btf feature gen " == *" ${COMP_WORDS[1]} "* ]]; then
		_skep_noun
		return
	fi

	if [[ ${COMP_WORDS[1]-} == log && $COMP_CWORD -gt 1 ]]; then
		case $prev in
		-f | --format) _skep_words "text json" ;;
		*) _skep_words "-n --lines -f --format -j --json -p --pretty -h --help" ;;
		esac
		return
	fi

	if [[ ${COMP_WORDS[1]-} == top && $COMP_CWORD -gt 1 ]]; then
		case $prev in
		-f | --format) _skep_words "text json" ;;
		-s | --sort) _skep_words "cpu events ns total insns memory id name" ;;
		-r | --record) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames ;;
		*) _skep_options_of top ;;
		esac
		return
	fi

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

	case $command,$prev in
	exec,--engine | test,--engine) _skep_words "machine kernel" && return ;;
	exec,--mode) _skep_words "jit interpret checked" && return ;;
	run,--dev) _skep_words "$(ls /sys/class/net)" && return ;;
	run,--cgroup | run,--pin | *,-I | *,--include) COMPREPLY=($(compgen -d -- "$cur")) && compopt -o filenames && return ;;
	run,--hook | run,--route | run,--target | run,--hz | run,--seconds | run,--set | run,--record | *,-D | *,--define) return ;;
	run,--pcap | exec,--pcap | exec,--coverage | exec,--routes | exec,--cgroups | exec,--sockets | debug,--sockets | test,--coverage) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames && return ;;
	exec,--ctx | exec,--packet | exec,--repeat | exec,--ifindex | exec,--cpu | exec,--comm | exec,--now | exec,--socket | exec,--data | exec,--sysctl | debug,--socket | debug,--data | debug,--sysctl | exec,--record | test,--filter) return ;;
	esac
	case $command,$cur in
	exec,-*)
		_skep_words "--ctx --packet --pcap -o --repeat --engine --compare --mode --ifindex --cpu --pid --comm --now --routes --cgroups --sockets --socket --data --sysctl --record --coverage --no-verify -I --include -D --define -f -q --quiet -h --help"
		;;
	test,-*) _skep_words "-v --verbose --filter --engine --coverage -f -h --help" ;;
	list,-*) _skep_words "-v --verbose -p --pid -h --help" ;;
	list,*) _skep_probes ;;
	build,-*) _skep_words "-o --output -e --unsafe -h --help" ;;
	verify,-*) _skep_words "-f --safety-only --unprivileged --kernel --log --type --btf -I --include -D --define -h --help" ;;
	disasm,-*) _skep_words "-f --jit --bytes --no-source -I --include -D --define -h --help" ;;
	debug,-*) _skep_words "--packet --ctx --fuel --now --random --sockets --socket --data --sysctl -I --include -D --define -h --help" ;;
	run,-*) _skep_words "$options $c_options" ;;
	*,-*) _skep_words "$options" ;;
	*)
		COMPREPLY=($(compgen -f -- "$cur"))
		compopt -o filenames
		[[ $COMP_CWORD -ne 1 ]] || COMPREPLY+=($(compgen -W $'list\nbuild\nlink\nverify\nexec\ntest\ndisasm\ndebug\nrun\ntop\nprog\nmap\nnet\ncgroup\niter\nstruct-ops\ngc\nbtf\nfeature\ngen\nlog\naccel\nhelp' -- "$cur"))
		;;
	esac
}
complete -F _skep skep
