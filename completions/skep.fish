# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for skep

function __skep_probes
    set -l token (commandline -ct | string trim -c "'\"")
    if string match -q '*:*' -- $token
        skep list "$token*" 2>/dev/null | head -n 2000
    else
        printf '%s\n' tracepoint: rawtracepoint: kprobe: fentry: uprobe: software: hardware: self: struct union enum
    end
end

# Verbs of a noun, and options of a verb, by their help.
function __skep_verbs
    set -l words (commandline -opc)
    skep $words[2] --help 2>/dev/null | string replace -rf '^  ([a-z_-]+) +(.*)' '$1\t$2'
end
function __skep_options
    set -l words (commandline -opc)
    skep $words[2..3] --help 2>/dev/null | string replace -rf '^ +(?:-., )?(--[a-z-]+).*' '$1'
end

set -l nouns prog map link net cgroup iter struct-ops gc btf feature gen
set -l run 'not __fish_seen_subcommand_from list build link verify exec test disasm debug accel top prog map net cgroup iter struct-ops gc btf feature gen log'
complete -c skep -n __fish_use_subcommand -a list -d 'What can be probed'
complete -c skep -n __fish_use_subcommand -a build -d 'Compile a script to a BPF object'
complete -c skep -n __fish_use_subcommand -a link -d 'Links in the kernel; link BPF objects'
complete -c skep -n __fish_use_subcommand -a verify -d 'Say whether programs are safe, and why not'
complete -c skep -n __fish_use_subcommand -a exec -d 'Run a program of a BPF object on packets'
complete -c skep -n __fish_use_subcommand -a test -d 'Run unit tests for programs of BPF objects'
complete -c skep -n __fish_use_subcommand -a disasm -d 'Show instructions between source lines'
complete -c skep -n __fish_use_subcommand -a debug -d 'Step through a program, forward and back'
complete -c skep -n __fish_use_subcommand -a run -d 'Run a script or an object'
complete -c skep -n __fish_use_subcommand -a log -d 'What programs print by bpf_printk()'
complete -c skep -n __fish_use_subcommand -a top -d 'What programs cost, live'
complete -c skep -n __fish_use_subcommand -a prog -d 'Programs in the kernel'
complete -c skep -n __fish_use_subcommand -a map -d 'Maps in the kernel'
complete -c skep -n __fish_use_subcommand -a net -d 'What is attached to interfaces'
complete -c skep -n __fish_use_subcommand -a cgroup -d 'What is attached to cgroups'
complete -c skep -n __fish_use_subcommand -a iter -d 'Iterators of BPF'
complete -c skep -n __fish_use_subcommand -a struct-ops -d 'What the kernel calls in place of its own'
complete -c skep -n __fish_use_subcommand -a gc -d 'What was left behind in the kernel'
complete -c skep -n __fish_use_subcommand -a btf -d 'Types'
complete -c skep -n __fish_use_subcommand -a feature -d 'What this kernel can do'
complete -c skep -n __fish_use_subcommand -a gen -d 'Write headers and objects'
complete -c skep -n __fish_use_subcommand -a accel -d 'TCP within this host past the TCP/IP stack'
complete -c skep -n __fish_use_subcommand -a help -d 'Help'

complete -c skep -n $run -s e -x -d 'Run this script'
complete -c skep -n $run -s l -x -a '(__skep_probes)' -d 'List the probes that match a pattern'
complete -c skep -n $run -s c -x -a '(__fish_complete_command)' -d 'Start a command, trace it, end with it'
complete -c skep -n $run -s p -x -a '(__fish_complete_pids)' -d 'Trace this process, end with it'
complete -c skep -n $run -s o -r -d 'Write results to a file'
complete -c skep -n $run -s f -x -a 'text json' -d 'How to write results'
complete -c skep -n $run -s q -l quiet -d 'No banner'
complete -c skep -n $run -s v -l verbose -d 'Say more'
complete -c skep -n $run -s B -x -a 'line full none' -d 'When to write results'
complete -c skep -n $run -s d -x -a 'tokens ast ir bpf' -d 'Show what the compiler makes'
complete -c skep -n $run -l dry-run -d 'Attach everything, then leave'
complete -c skep -n 'not __fish_seen_subcommand_from list link verify exec test disasm debug accel' -l unsafe -d 'Allow system() and signal()'
complete -c skep -n $run -l no-warnings -d 'No warnings'
complete -c skep -s h -l help -d 'Help'
complete -c skep -n $run -s V -l version -d 'The version'

complete -c skep -n '__fish_seen_subcommand_from run' -s n -d 'Verify only: load nothing'
complete -c skep -n '__fish_seen_subcommand_from run' -l dev -x -a '(command ls /sys/class/net)' -d 'For XDP, tc, socket filters, xskmaps'
complete -c skep -n '__fish_seen_subcommand_from run' -l egress -d 'Packets that leave'
complete -c skep -n '__fish_seen_subcommand_from run' -l generic -d 'XDP without the driver'
complete -c skep -n '__fish_seen_subcommand_from run' -l cgroup -x -a '(__fish_complete_directories)' -d 'For programs of cgroups'
complete -c skep -n '__fish_seen_subcommand_from run' -l target -x -d 'For fentry, fexit, freplace of a program'
complete -c skep -n '__fish_seen_subcommand_from run' -l hz -x -d 'Samples a second'
complete -c skep -n '__fish_seen_subcommand_from run' -l seconds -x -d 'End after that time'
complete -c skep -n '__fish_seen_subcommand_from run' -l set -x -d 'Set a variable'
complete -c skep -n '__fish_seen_subcommand_from run' -l record -x -d 'What a ring carries'
complete -c skep -n '__fish_seen_subcommand_from run' -l pcap -r -d 'Write packets to a capture file'
complete -c skep -n '__fish_seen_subcommand_from run' -l pin -x -a '(__fish_complete_directories)' -d 'Leave all attached, pinned there'
complete -c skep -n '__fish_seen_subcommand_from run' -s I -l include -x -a '(__fish_complete_directories)' -d 'Where headers are'
complete -c skep -n '__fish_seen_subcommand_from run' -s D -l define -x -d 'A macro'

complete -c skep -n '__fish_seen_subcommand_from list' -f -a '(__skep_probes)'
complete -c skep -n '__fish_seen_subcommand_from list' -s v -l verbose -d 'Arguments and types too'
complete -c skep -n '__fish_seen_subcommand_from list' -s p -l pid -x -a '(__fish_complete_pids)' -d 'Functions of a process too'

complete -c skep -n '__fish_seen_subcommand_from build' -s o -l output -r -d 'The object to write'
complete -c skep -n '__fish_seen_subcommand_from build' -s e -x -d 'Compile this script instead of a file'

complete -c skep -n '__fish_seen_subcommand_from link' -s o -l output -r -d 'The object to write'

complete -c skep -n '__fish_seen_subcommand_from verify' -s f -x -a 'text json' -d 'How to write results'
complete -c skep -n '__fish_seen_subcommand_from verify' -l safety-only -d 'Memory safety and termination alone'
complete -c skep -n '__fish_seen_subcommand_from verify' -l unprivileged -d 'As of one who has no capabilities'
complete -c skep -n '__fish_seen_subcommand_from verify' -l kernel -d 'Ask the kernel, too'
complete -c skep -n '__fish_seen_subcommand_from verify' -l log -d 'Each step, too'

complete -c skep -n '__fish_seen_subcommand_from exec' -l ctx -x -d 'The context\'s bytes'
complete -c skep -n '__fish_seen_subcommand_from exec' -l packet -x -d 'Run on this packet'
complete -c skep -n '__fish_seen_subcommand_from exec' -l pcap -r -d 'Run on each packet of a capture file'
complete -c skep -n '__fish_seen_subcommand_from exec' -s o -r -d 'Write the packets that pass to a pcap file'
complete -c skep -n '__fish_seen_subcommand_from exec' -l repeat -x -d 'Run so often on each input'
complete -c skep -n '__fish_seen_subcommand_from exec' -l engine -x -a 'machine kernel' -d 'What runs it'
complete -c skep -n '__fish_seen_subcommand_from exec' -l compare -d 'Run it by both and tell where they differ'
complete -c skep -n '__fish_seen_subcommand_from exec' -l mode -x -a 'jit interpret checked' -d 'How the machine runs it'
complete -c skep -n '__fish_seen_subcommand_from exec' -l ifindex -x -d 'The interface that packets come from'
complete -c skep -n '__fish_seen_subcommand_from exec' -l cpu -x -d 'The CPU to run on'
complete -c skep -n '__fish_seen_subcommand_from exec' -l pid -x -a '(__fish_complete_pids)' -d 'The process that the program runs in'
complete -c skep -n '__fish_seen_subcommand_from exec' -l comm -x -d 'Its name'
complete -c skep -n '__fish_seen_subcommand_from exec' -l now -x -d 'What all clocks say'
complete -c skep -n '__fish_seen_subcommand_from exec' -l routes -r -d 'The routes that bpf_fib_lookup() finds'
complete -c skep -n '__fish_seen_subcommand_from exec' -l record -x -d 'The type of what is sent'
complete -c skep -n '__fish_seen_subcommand_from exec' -l coverage -r -d 'Write which source lines ran'
complete -c skep -n '__fish_seen_subcommand_from exec' -l no-verify -d 'Run it even if it is rejected'
complete -c skep -n '__fish_seen_subcommand_from exec' -s f -x -a 'text json' -d 'How to write results'
complete -c skep -n '__fish_seen_subcommand_from exec' -s q -l quiet -d 'No line for each input'
complete -c skep -n '__fish_seen_subcommand_from test' -s v -l verbose -d 'List the cases that pass, too'
complete -c skep -n '__fish_seen_subcommand_from test' -l filter -x -d 'Only cases with this in their name'
complete -c skep -n '__fish_seen_subcommand_from test' -l engine -x -a 'machine kernel' -d 'What runs them'
complete -c skep -n '__fish_seen_subcommand_from test' -l coverage -r -d 'Write which source lines ran'
complete -c skep -n '__fish_seen_subcommand_from test' -s f -x -a 'text json' -d 'How to write results'
complete -c skep -n '__fish_seen_subcommand_from disasm' -s f -x -a 'text json' -d 'How to write'
complete -c skep -n '__fish_seen_subcommand_from disasm' -l jit -d 'Compiled code, too'
complete -c skep -n '__fish_seen_subcommand_from disasm' -l bytes -d 'Bytes, too'
complete -c skep -n '__fish_seen_subcommand_from disasm' -l no-source -d 'Without source lines'

complete -c skep -n '__fish_seen_subcommand_from debug' -l packet -x -d 'Bytes of the packet'
complete -c skep -n '__fish_seen_subcommand_from debug' -l ctx -x -d 'Bytes of the context'
complete -c skep -n '__fish_seen_subcommand_from debug' -l fuel -x -d 'How many instructions it may do'
complete -c skep -n '__fish_seen_subcommand_from debug' -l now -x -d 'What the clocks say at first'
complete -c skep -n '__fish_seen_subcommand_from debug' -l random -x -d 'What random numbers are made of'

set -l accel 'on off status top pause resume tap probe'
set -l first "__fish_seen_subcommand_from accel; and not __fish_seen_subcommand_from $accel"
complete -c skep -n $first -f -a on -d 'Redirect new connections'
complete -c skep -n $first -f -a off -d 'Give all back to TCP and remove everything'
complete -c skep -n $first -f -a status -d 'Whether it is on, its settings and what it did'
complete -c skep -n $first -f -a top -d 'Which connections move how much, live'
complete -c skep -n $first -f -a pause -d 'Send all by TCP for a while'
complete -c skep -n $first -f -a resume -d 'Redirect again'
complete -c skep -n $first -f -a tap -d 'Show or record what is sent'
complete -c skep -n $first -f -a probe -d 'Watch a program: may it be accelerated?'

set -l on '__fish_seen_subcommand_from accel; and __fish_seen_subcommand_from on'
complete -c skep -n $on -l cgroup -x -a '(__fish_complete_directories)' -d 'Only sockets of this cgroup'
complete -c skep -n $on -l port -x -d 'Only connections from or to these ports'
complete -c skep -n $on -l cidr -x -d 'Only connections from or to these addresses'
complete -c skep -n $on -l uid -x -a '(__fish_complete_users)' -d 'Only sockets of these users'
complete -c skep -n $on -l exclude-comm -x -d 'None of programs of these names'
complete -c skep -n $on -l limit -x -d 'Memory for unread data of a direction'
complete -c skep -n $on -l small -x -d 'Leave streams of smaller writes to TCP'
complete -c skep -n $on -l budget -x -d 'Memory for unread data of a cgroup'
complete -c skep -n $on -l config -r -d 'Take settings from a file'

set -l seen '__fish_seen_subcommand_from accel; and __fish_seen_subcommand_from'
complete -c skep -n "$seen off" -l timeout -x -d 'How long to wait for readers'
complete -c skep -n "$seen status" -s f -l format -x -a 'text json' -d 'How to write it'
complete -c skep -n "$seen status" -s c -l connections -d 'Each connection, too'
complete -c skep -n "$seen top" -s i -l interval -x -d 'Seconds between tables'
complete -c skep -n "$seen top" -s n -l count -x -d 'End after so many'
complete -c skep -n "$seen top" -l once -d 'One table'
complete -c skep -n "$seen tap" -s w -r -d 'Write packets to a capture file'
complete -c skep -n "$seen tap" -s c -x -d 'End after so many messages'
complete -c skep -n "$seen tap" -s s -x -d 'Bytes of a message at most'
complete -c skep -n "$seen tap" -l port -x -d 'Only connections from or to these ports'
complete -c skep -n "$seen tap" -l pid -x -a '(__fish_complete_pids)' -d 'Only those of these processes'
complete -c skep -n "$seen tap" -l comm -x -d 'Only those of programs of these names'
complete -c skep -n "$seen probe" -s p -x -a '(__fish_complete_pids)' -d 'Watch this process'
complete -c skep -n "$seen probe" -s t -x -d 'End after so many seconds'
complete -c skep -n "$seen probe" -s f -x -a 'text json' -d 'How to write the report'

complete -c skep -n "__fish_seen_subcommand_from $nouns; and test (count (commandline -opc)) -eq 2" -f -a '(__skep_verbs)'
complete -c skep -n "__fish_seen_subcommand_from $nouns; and test (count (commandline -opc)) -gt 2" -a '(__skep_options) id name pinned'

complete -c skep -n '__fish_seen_subcommand_from log' -s n -l lines -x -d 'End after so many'
complete -c skep -n '__fish_seen_subcommand_from log' -s f -l format -x -a 'text json' -d 'How to write it'
complete -c skep -n '__fish_seen_subcommand_from log' -s j -l json -d 'The same as -f json'
complete -c skep -n '__fish_seen_subcommand_from log' -s p -l pretty -d 'JSON, indented'

set -l top '__fish_seen_subcommand_from top; and not __fish_seen_subcommand_from accel'
complete -c skep -n $top -s i -l interval -x -d 'Seconds between tables'
complete -c skep -n $top -s n -l count -x -d 'End after so many'
complete -c skep -n $top -l once -d 'One table'
complete -c skep -n $top -s s -l sort -x -a 'cpu events ns total insns memory id name' -d 'What comes first'
complete -c skep -n $top -s t -l type -x -d 'Only programs of this type'
complete -c skep -n $top -s r -l record -r -d 'Lines of JSON into a file'
complete -c skep -n $top -s f -l format -x -a 'text json' -d 'How to write results'
