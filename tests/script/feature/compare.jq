# SPDX-License-Identifier: GPL-2.0-or-later
# Field by field: what bpftool says and skep does not say too. $theirs[0] and $ours[0] are their JSON.
# Types of programs that are attached to functions bpftool asks for in a way that only few kernels answer as it expects, so
# it may miss these; of helpers it takes for there what newer kernels refuse in other words.
$theirs[0] as $t | $ours[0] as $o
| [ ($t | keys[]) as $section | select($section != "helpers")
    | ($t[$section] | keys[]) as $key
    | select(($o[$section] | has($key)) | not) | "lacks \($section).\($key)" ]
+ [ ($t | keys[]) as $section | select($section != "helpers")
    | ($t[$section] | keys[]) as $key | select($o[$section] | has($key))
    | select($t[$section][$key] != $o[$section][$key])
    | select(($section == "program_types" and $o[$section][$key] == true and
              ($key | IN("have_tracing_prog_type", "have_ext_prog_type", "have_lsm_prog_type"))) | not)
    | "\($section).\($key): \($o[$section][$key]), bpftool: \($t[$section][$key])" ]
+ [ ($t.helpers | keys[]) as $type | select($o.helpers | has($type) | not) | "lacks helpers.\($type)" ]
+ [ ($t.helpers | keys[]) as $type | ($t.helpers[$type] | length) as $n | select($n > 0)
    | ($o.helpers[$type] - $t.helpers[$type])[]
    | select(IN("bpf_cgrp_storage_get", "bpf_cgrp_storage_delete") | not)
    | "helpers.\($type): \(.) is not known to bpftool" ]
# On kernels whose words it knows it takes no type to have nearly all helpers.
+ [ ($t.helpers | keys[]) as $type | select($t.helpers[$type] | length < 150)
    | ($t.helpers[$type] - $o.helpers[$type])[] | "helpers.\($type): \(.) is missed" ]
| .[]
