// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs with symbols of the kernel. A name begins with what the verifier has to say, "ok" or the category. The running kernel's
 * verifier judges all of them alike.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct rq {
	unsigned int nr_running;
	int cpu;
} __attribute__((preserve_access_index));

extern const struct rq runqueues __ksym;
extern const int bpf_prog_active __ksym;
extern const void init_task __ksym, no_such_symbol_at_all __ksym __weak;
extern const int no_such_variable __ksym __weak;
extern const unsigned long process_counts __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void no_such_function(void) __ksym __weak;

SEC("raw_tp/sys_enter")
int ok__struct_of_a_cpu(void *ctx)
{
	const struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);

	return rq ? rq->cpu : 0;
}

SEC("raw_tp/sys_enter")
int ok__struct_of_this_cpu(void *ctx)
{
	const struct rq *rq = bpf_this_cpu_ptr(&runqueues);

	return rq->cpu;
}

SEC("raw_tp/sys_enter")
int ok__number_of_a_cpu(void *ctx)
{
	const int *active = bpf_per_cpu_ptr(&bpf_prog_active, 1);

	return active ? *active : 0;
}

SEC("raw_tp/sys_enter")
int ok__number_of_this_cpu(void *ctx)
{
	return *(const int *)bpf_this_cpu_ptr(&bpf_prog_active);
}

SEC("raw_tp/sys_enter")
int null_pointer__of_a_cpu(void *ctx)
{
	return *(const int *)bpf_per_cpu_ptr(&bpf_prog_active, 1);
}

SEC("raw_tp/sys_enter")
int memory_bounds__of_this_cpu(void *ctx)
{
	return ((const int *)bpf_this_cpu_ptr(&bpf_prog_active))[1];
}

SEC("raw_tp/sys_enter")
int memory_bounds__written(void *ctx)
{
	*(volatile int *)bpf_this_cpu_ptr(&bpf_prog_active) = 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int ok__address(void *ctx)
{
	return (unsigned long)&init_task & 7;
}

SEC("raw_tp/sys_enter")
int bad_access__of_unknown_type(void *ctx)
{
	return *(const volatile int *)&init_task;
}

SEC("raw_tp/sys_enter")
int ok__absent(void *ctx)
{
	if (&no_such_variable)
		return *(const volatile int *)&no_such_variable;
	return &no_such_symbol_at_all ? 1 : 0;
}

SEC("raw_tp/sys_enter")
int ok__variable_there(void *ctx)
{
	return &process_counts ? 1 : 0;
}

SEC("raw_tp/sys_enter")
int ok__function_there(void *ctx)
{
	return bpf_rcu_read_lock ? 1 : 0;
}

SEC("raw_tp/sys_enter")
int ok__function_absent(void *ctx)
{
	if (no_such_function)
		no_such_function();
	return 0;
}

char _license[] SEC("license") = "GPL";
