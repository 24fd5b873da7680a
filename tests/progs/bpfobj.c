/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes what commands about the kernel's objects are to find, of programs that return 1 and maps of one entry, and prints its id:
 *
 *	bpfobj prog TYPE NAME PIN           loads a program: xdp, tc, cgroup_skb, connect4, raw_tp, perf, netfilter, uprobe, flow,
 *					socket, lwt
 *	bpfobj map NAME PIN                 makes an array
 *	bpfobj user NAME MAP_PIN PIN        loads an xdp program that uses a map,
 *	bpfobj filter NAME MAP_PIN PIN      one for filters of sockets
 *	bpfobj raw_tp PROG_PIN EVENT PIN    links: to a raw tracepoint,
 *	bpfobj tracepoint PROG_PIN ID PIN   a tracepoint by its number,
 *	bpfobj cgroup PROG_PIN DIR PIN      a cgroup's egress,
 *	bpfobj xdp|tcx PROG_PIN INDEX PIN   an interface,
 *	bpfobj netfilter PROG_PIN - PIN     IPv4's local input, at priority -100
 *	bpfobj uprobes PROG_PIN FILE PIN    offsets 64 and 72 of a file
 *	bpfobj flow PROG_PIN - PIN          the flow dissector of this network namespace
 *	bpfobj event PROG_PIN ID            gives a program to a tracepoint's event, without a link, until standard input ends
 *	bpfobj hold PIN                     holds what is pinned until standard input ends
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NETFILTER_PROG 32
#define NETFILTER_AT 45
#define TCX_INGRESS_AT 46
#define UPROBE_MULTI_AT 48

static const struct {
	const char *name;
	unsigned type, attach;
} types[] = {
	{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ "perf", BPF_PROG_TYPE_TRACEPOINT, 0 },
	{ "netfilter", NETFILTER_PROG, NETFILTER_AT },
	{ "uprobe", BPF_PROG_TYPE_KPROBE, UPROBE_MULTI_AT },
	{ "flow", BPF_PROG_TYPE_FLOW_DISSECTOR, 0 },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ "lwt", BPF_PROG_TYPE_LWT_OUT, 0 },
};

/* The beginning of union bpf_attr for BPF_LINK_CREATE, with what newer kernels have. */
struct link_attr {
	uint32_t prog, target, attach, flags;
	union {
		struct {
			uint32_t family, hook;
			int32_t priority;
			uint32_t flags;
		} netfilter;
		struct {
			uint64_t path, offsets, references, cookies;
			uint32_t count, flags, pid, zero;
		} uprobes;
		uint64_t cookie;
	} u;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int bpf(int command, const void *attr, size_t size, const char *what)
{
	int fd = (int)syscall(SYS_bpf, command, attr, size);

	if (fd < 0)
		fail(what);
	return fd;
}

/* All kinds of objects tell their type first, then their id. */
static void print_id(int fd)
{
	unsigned info[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (unsigned)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = address(info);
	bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr), "info");
	printf("%u\n", info[1]);
}

static void pin(int fd, const char *path)
{
	union bpf_attr attr;

	print_id(fd);
	memset(&attr, 0, sizeof(attr));
	attr.pathname = address(path);
	attr.bpf_fd = (unsigned)fd;
	bpf(BPF_OBJ_PIN, &attr, sizeof(attr), path);
}

static int pinned(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = address(path);
	return bpf(BPF_OBJ_GET, &attr, sizeof(attr), path);
}

static int load(unsigned type, unsigned attach, const char *name, int map)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = type != BPF_PROG_TYPE_KPROBE },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	unsigned skip = map < 0 ? 2 : 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = address(insns + skip);
	attr.insn_cnt = 4 - skip;
	attr.license = address("GPL");
	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr), "load");
}

static int make_map(const char *name)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	strncpy(attr.map_name, name, sizeof(attr.map_name) - 1);
	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr), "map");
}

static int open_or_fail(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static int open_event(const char *id)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.config = strtoull(id, NULL, 10) };
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		fail("event");
	return fd;
}

static int raw_tracepoint(int prog, const char *event)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = address(event);
	attr.raw_tracepoint.prog_fd = (unsigned)prog;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr), event);
}

static int make_link(const char *kind, int prog, const char *target)
{
	static const uint64_t offsets[] = { 64, 72 };
	struct link_attr a;

	memset(&a, 0, sizeof(a));
	a.prog = (unsigned)prog;
	if (!strcmp(kind, "tracepoint")) {
		a.target = (unsigned)open_event(target);
		a.attach = BPF_PERF_EVENT;
		a.u.cookie = 77;
	} else if (!strcmp(kind, "cgroup")) {
		a.target = (unsigned)open_or_fail(target);
		a.attach = BPF_CGROUP_INET_EGRESS;
	} else if (!strcmp(kind, "xdp") || !strcmp(kind, "tcx")) {
		a.target = (unsigned)atoi(target);
		a.attach = *kind == 'x' ? BPF_XDP : TCX_INGRESS_AT;
	} else if (!strcmp(kind, "netfilter")) {
		a.attach = NETFILTER_AT;
		a.u.netfilter.family = 2;
		a.u.netfilter.hook = 1;
		a.u.netfilter.priority = -100;
	} else if (!strcmp(kind, "uprobes")) {
		a.attach = UPROBE_MULTI_AT;
		a.u.uprobes.path = address(target);
		a.u.uprobes.offsets = address(offsets);
		a.u.uprobes.count = 2;
	} else if (!strcmp(kind, "flow")) {
		a.target = (unsigned)open_or_fail("/proc/self/ns/net");
		a.attach = BPF_FLOW_DISSECTOR;
	} else {
		fprintf(stderr, "no such kind: %s\n", kind);
		exit(2);
	}
	return bpf(BPF_LINK_CREATE, &a, sizeof(a), kind);
}

static void make_prog(const char *type, const char *name, const char *path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, type)) {
			pin(load(types[i].type, types[i].attach, name, -1), path);
			return;
		}
	fprintf(stderr, "no such type: %s\n", type);
	exit(2);
}

static void wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void hold_event(int prog, const char *id)
{
	int fd = open_event(id);

	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog))
		fail("event");
	close(prog);
	wait_for_end();
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold")) {
		int fd = pinned(argv[2]);

		wait_for_end();
		close(fd);
	} else if (argc == 4 && !strcmp(argv[1], "event")) {
		hold_event(pinned(argv[2]), argv[3]);
	} else if (argc == 4 && !strcmp(argv[1], "map")) {
		pin(make_map(argv[2]), argv[3]);
	} else if (argc == 5 && !strcmp(argv[1], "prog")) {
		make_prog(argv[2], argv[3], argv[4]);
	} else if (argc == 5 && !strcmp(argv[1], "user")) {
		pin(load(BPF_PROG_TYPE_XDP, BPF_XDP, argv[2], pinned(argv[3])), argv[4]);
	} else if (argc == 5 && !strcmp(argv[1], "filter")) {
		pin(load(BPF_PROG_TYPE_SOCKET_FILTER, 0, argv[2], pinned(argv[3])), argv[4]);
	} else if (argc == 5 && !strcmp(argv[1], "raw_tp")) {
		pin(raw_tracepoint(pinned(argv[2]), argv[3]), argv[4]);
	} else if (argc == 5) {
		pin(make_link(argv[1], pinned(argv[2]), argv[3]), argv[4]);
	} else {
		fprintf(stderr, "usage: bpfobj KIND ...\n");
		return 2;
	}
	return 0;
}
