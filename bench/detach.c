/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel alone needs to take a program off a tracepoint: the smallest program there is, on a perf
 * event, which is then closed.
 */
#include "meter.h"

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "progs.h"
#include "tool.h"

enum { SETTLE_MS = 30 };

static int load_program(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACEPOINT;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t) "GPL";
	return (int)bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* CATEGORY:EVENT's number; 0 if there is none. */
static unsigned event_id(const char *name)
{
	char category[64], event[128], path[256];
	unsigned id = 0;
	FILE *f;

	if (sscanf(name, "%63[^:]:%127s", category, event) != 2)
		return 0;
	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/%s/id", category, event);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &id) != 1)
		id = 0;
	fclose(f);
	return id;
}

int meter_detach(const struct meter *m)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.config = event_id(m->argv[0]),
					.sample_period = 1,
					.wakeup_events = 1 };
	int prog = load_program();
	int event = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	uint64_t from;

	if (prog < 0 || event < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) ||
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0)) {
		perror("meter: detach");
		return 1;
	}
	sleep_ms(SETTLE_MS);
	from = now_ns();
	close(event);
	close(prog);
	printf("%llu\n", (unsigned long long)(now_ns() - from));
	return 0;
}
