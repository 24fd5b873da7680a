// SPDX-License-Identifier: GPL-2.0-or-later
/* A program for each kind of link of tracing, which `skep link` is to tell of. They do nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("fentry/bpf_fentry_test1") int on_entry(void *ctx)
{
	return 0;
}

SEC("fexit/bpf_fentry_test2") int on_exit(void *ctx)
{
	return 0;
}

SEC("fmod_ret/security_file_mprotect") int on_result(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_switch") int on_switch(void *ctx)
{
	return 0;
}

SEC("lsm/file_mprotect") int on_hook(void *ctx)
{
	return 0;
}

SEC("kprobe/bpf_fentry_test3") int on_function(void *ctx)
{
	return 0;
}

SEC("kretprobe/bpf_fentry_test4") int on_return(void *ctx)
{
	return 0;
}

SEC("perf_event") int on_clock(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
