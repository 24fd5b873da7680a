/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs cost, told of one that is run so many times, while others come and go. */
#include "inspect/cost.h"

#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cmd/top/table.h"
#include "inspect/handle.h"
#include "unit/test.h"

static int load(const char *name)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", insns, ARRAY_SIZE(insns), NULL);
}

static int run(int fd, int times)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err = 0;

	for (int i = 0; i < times && !err; i++)
		err = bpf_prog_test_run_opts(fd, &opts);
	return err;
}

static const struct cost *find(const struct cost_meter *m, u32 id)
{
	size_t n;
	const struct cost *all = cost_all(m, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].id == id)
			return &all[i];
	return NULL;
}

TEST(cost_counts_runs_between_readings)
{
	struct cost_meter *m = cost_meter_new();
	struct handle_name first = { 0 }, second = { 0 };
	const struct cost *c;
	int fd = load("skep_cost_a"), other;

	if (!m || fd < 0 || run(fd, 1)) {
		cost_meter_free(m);
		SKIP("programs cannot be loaded, run and measured here");
	}
	handle_identify_fd(fd, &first);
	CHECK_EQ(cost_read(m), 0);
	c = find(m, first.id);
	CHECK(c);
	CHECK_STR(c->name, "skep_cost_a");
	CHECK_EQ(c->insns, 2);
	CHECK_EQ(c->runs, 0); /* that it ran before is nobody's */
	CHECK_EQ(c->total_runs, 1);
	CHECK(c->memory >= 4096);

	run(fd, 40);
	other = load("skep_cost_b");
	handle_identify_fd(other, &second);
	run(other, 3);
	CHECK_EQ(cost_read(m), 0);
	c = find(m, first.id);
	CHECK_EQ(c->runs, 40);
	CHECK_EQ(c->total_runs, 41);
	CHECK(c->ns > 0);
	CHECK(cost_cpu(c) > 0);
	CHECK(cost_rate(m, c) > 0);
	CHECK_EQ((u64)(cost_each(c) * 40 + 0.5), c->ns);
	CHECK_EQ(find(m, second.id)->runs, 3);
	CHECK(find(m, first.id) < find(m, second.id));

	close(other);
	usleep(100000); /* it is freed later */
	CHECK_EQ(cost_read(m), 0);
	CHECK(!find(m, second.id));
	CHECK(cost_gone(m) >= 1);
	c = find(m, first.id);
	CHECK_EQ(c->runs, 0);
	CHECK(cost_cpu(c) == 0);
	CHECK(c->cpu[COST_HISTORY - 2] > 0);
	close(fd);
	cost_meter_free(m);
}

TEST(cost_is_sorted_and_filtered)
{
	char *names[] = { "skep_sort_*" };
	struct top_filter filter = { .words = names, .count = 1, .type = "x?p" };
	struct cost_meter *m = cost_meter_new();
	int a = load("skep_sort_a"), b = load("skep_sort_b");
	struct arena arena;
	top_rows rows;

	if (!m || a < 0 || b < 0) {
		cost_meter_free(m);
		SKIP("programs cannot be loaded and measured here");
	}
	arena_init(&arena);
	CHECK_EQ(cost_read(m), 0);
	run(a, 1);
	run(b, 5);
	CHECK_EQ(cost_read(m), 0);
	top_select(m, &filter, TOP_SORT_EVENTS, &arena, &rows);
	CHECK_EQ(rows.n, 2);
	CHECK_STR(rows.at[0]->name, "skep_sort_b");
	top_select(m, &filter, TOP_SORT_NAME, &arena, &rows);
	CHECK_STR(rows.at[0]->name, "skep_sort_a");
	filter.type = "sched_cls";
	top_select(m, &filter, TOP_SORT_ID, &arena, &rows);
	CHECK_EQ(rows.n, 0);
	close(a);
	close(b);
	arena_done(&arena);
	cost_meter_free(m);
}
