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

set -l run 'not __fish_seen_subcommand_from list build'
complete -c skep -n __fish_use_subcommand -a list -d 'What can be probed'
complete -c skep -n __fish_use_subcommand -a build -d 'Compile a script to a BPF object'
complete -c skep -n __fish_use_subcommand -a run -d 'Run a script or an object'
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
complete -c skep -n 'not __fish_seen_subcommand_from list' -l unsafe -d 'Allow system() and signal()'
complete -c skep -n $run -l no-warnings -d 'No warnings'
complete -c skep -s h -l help -d 'Help'
complete -c skep -n $run -s V -l version -d 'The version'

complete -c skep -n '__fish_seen_subcommand_from list' -f -a '(__skep_probes)'
complete -c skep -n '__fish_seen_subcommand_from list' -s v -l verbose -d 'Arguments and types too'
complete -c skep -n '__fish_seen_subcommand_from list' -s p -l pid -x -a '(__fish_complete_pids)' -d 'Functions of a process too'

complete -c skep -n '__fish_seen_subcommand_from build' -s o -l output -r -d 'The object to write'
complete -c skep -n '__fish_seen_subcommand_from build' -s e -x -d 'Compile this script instead of a file'
