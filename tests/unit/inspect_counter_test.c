/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/counter.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include "isa/insn.h"
#include "unit/test.h"

/* int skep_counted(struct __sk_buff *skb) in BTF. */
static int load(void)
{
	struct bpf_insn code[] = { insn_mov64_imm(0, 0), insn_exit() };
	struct bpf_func_info info = { 0 };
	struct btf *btf = btf__new_empty();
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = &info, .func_info_cnt = 1,
		    .func_info_rec_size = sizeof(info));
	s32 type = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), pointer, proto;
	int prog;

	pointer = btf__add_ptr(btf, btf__add_struct(btf, "__sk_buff", 0));
	proto = btf__add_func_proto(btf, type);
	btf__add_func_param(btf, "skb", pointer);
	info.type_id = (u32)btf__add_func(btf, "skep_counted", BTF_FUNC_GLOBAL, proto);
	btf__load_into_kernel(btf);
	opts.prog_btf_fd = (u32)btf__fd(btf);
	prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "skep_counted", "GPL", code,
			     ARRAY_SIZE(code), &opts);
	btf__free(btf);
	return prog;
}

/* The clock of a CPU is an event that all machines have. */
TEST(counter_counts_what_comes_to_events_in_runs)
{
	static const struct counter_event events[] = {
		{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
		{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	};
	static const u8 packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 50);
	struct profile_value values[PROFILE_EVENTS];
	struct counter *c = NULL;
	struct arena arena;
	struct diag d;
	u64 runs = 7;
	int prog = load();

	if (prog < 0)
		SKIP("programs cannot be loaded here");
	arena_init(&arena);
	diag_init(&d, &arena);
	if (counter_open(prog, "skep_counted", events, 2, &c, &d)) {
		CHECK_EQ(d.errors, 1);
		close(prog);
		arena_done(&arena);
		SKIP("programs cannot be traced here");
	}
	CHECK_EQ(counter_read(c, values, &runs), 0);
	CHECK_EQ(runs, 0);
	CHECK_EQ(bpf_prog_test_run_opts(prog, &run), 0);
	CHECK_EQ(counter_read(c, values, &runs), 0);
	CHECK_EQ(runs, 50);
	CHECK(values[0].counter > 0);
	CHECK(values[0].enabled >= values[0].running && values[0].running > 0);
	CHECK_EQ(values[1].counter, 0);
	counter_close(c);
	close(prog);
	arena_done(&arena);
}

TEST(counter_tries_events)
{
	const struct counter_event clock = { "cpu-clock", PERF_TYPE_SOFTWARE,
					     PERF_COUNT_SW_CPU_CLOCK };
	const struct counter_event none = { "none", PERF_TYPE_MAX + 1000, 0 };

	if (counter_try(&clock) == -EACCES || counter_try(&clock) == -EPERM)
		SKIP("events of perf are for others here");
	CHECK_EQ(counter_try(&clock), 0);
	CHECK_EQ(counter_try(&none), -ENOENT);
}
