/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the kernel's configuration, kernel symbols and kernel functions, present and absent. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef _Bool bool;

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig;
extern char CONFIG_LOCALVERSION[16] __kconfig;
extern enum libbpf_tristate CONFIG_TRISTATE __kconfig;
extern unsigned CONFIG_HZ __kconfig;
extern bool CONFIG_NEVER_HEARD_OF __kconfig __weak;

extern const void init_task __ksym;
extern int bpf_prog_active __ksym __weak;
extern const int no_such_variable __ksym __weak;
extern void no_such_function(int x) __ksym __weak;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;

__u64 out[16];

SEC("raw_tp")
int config(void *ctx)
{
	out[0] = LINUX_KERNEL_VERSION;
	out[1] = CONFIG_BPF;
	out[2] = CONFIG_LOCALVERSION[0];
	out[3] = CONFIG_TRISTATE;
	out[4] = CONFIG_HZ;
	out[5] = CONFIG_NEVER_HEARD_OF;
	return 0;
}

SEC("raw_tp")
int symbols(void *ctx)
{
	out[0] = (__u64)&init_task;
	out[1] = (__u64)&bpf_prog_active;
	out[2] = (__u64)&no_such_variable;
	return 0;
}

SEC("syscall")
int functions(void *ctx)
{
	if (no_such_function)
		no_such_function(1);
	return bpf_task_from_pid(1) != 0;
}

char _license[] SEC("license") = "GPL";
