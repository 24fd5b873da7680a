/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes maps to look at:
 *
 *	bpfmap fill PATH N bytes|types	a hash of N entries, pinned: { u32 pid, cpu } -> { u64 count, ns }, its types known or not
 *	bpfmap events PATH N		N events of 8 bytes into a perf_event_array, by a program: "event*"
 *	bpfmap churn PATH MS		for so long adds, changes and deletes entries of such a map; the first half of its keys stays
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct key {
	uint32_t pid, cpu;
};
struct value {
	uint64_t count, ns;
};

enum { STEP = 1000, PID = 1, CPU = 5, COUNT = 9, NS = 15, U32 = 18, U64 = 22 };

#define INT(name, bytes) name, (uint32_t)BTF_KIND_INT << 24, bytes, (bytes)*8
#define STRUCT(bytes) 0, (uint32_t)BTF_KIND_STRUCT << 24 | 2, bytes

static const char strings[] = "\0pid\0cpu\0count\0ns\0u32\0u64";
static const uint32_t types[] = {
	INT(U32, 4), INT(U64, 8), STRUCT(8), PID, 1, 0,  CPU, 1,
	32,          STRUCT(16),  COUNT,     2,   0, NS, 2,   64,
};

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load_types(void)
{
	struct {
		struct btf_header header;
		uint32_t types[sizeof(types) / sizeof(types[0])];
		char strings[sizeof(strings)];
	} btf = { .header = { .magic = BTF_MAGIC,
			      .version = BTF_VERSION,
			      .hdr_len = sizeof(btf.header),
			      .type_len = sizeof(types),
			      .str_off = sizeof(types),
			      .str_len = sizeof(strings) } };
	union bpf_attr attr;

	memcpy(btf.types, types, sizeof(types));
	memcpy(btf.strings, strings, sizeof(strings));
	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&btf;
	attr.btf_size = sizeof(btf.header) + sizeof(types) + sizeof(strings);
	return (int)bpf(BPF_BTF_LOAD, &attr);
}

static int put(int fd, uint32_t from, uint32_t n, uint64_t add)
{
	static struct key keys[STEP];
	static struct value values[STEP];
	union bpf_attr attr;

	for (uint32_t i = 0; i < n; i++) {
		keys[i] = (struct key){ from + i, (from + i) % 64 };
		values[i] = (struct value){ (from + i) * 3ull + add, (from + i) * 1000003ull };
	}
	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = (uint32_t)fd;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = n;
	return (int)bpf(BPF_MAP_UPDATE_BATCH, &attr);
}

static int fill(const char *path, uint32_t n, int has_types)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = sizeof(struct key);
	attr.value_size = sizeof(struct value);
	attr.max_entries = n;
	memcpy(attr.map_name, "bpfmap", 7);
	if (has_types) {
		attr.btf_fd = (uint32_t)load_types();
		attr.btf_key_type_id = 3;
		attr.btf_value_type_id = 4;
	}
	fd = (int)bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0) {
		perror("cannot create the map");
		return 1;
	}
	for (uint32_t i = 0; i < n; i += STEP) {
		if (put(fd, i, n - i < STEP ? n - i : STEP, 0)) {
			perror("cannot fill the map");
			return 1;
		}
	}
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = (uint32_t)fd;
	if (bpf(BPF_OBJ_PIN, &attr)) {
		perror("cannot pin the map");
		return 1;
	}
	return 0;
}

static int open_pin(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return (int)bpf(BPF_OBJ_GET, &attr);
}

#define INSN(op, to, from, o, value)                                                               \
	{                                                                                          \
		.code = (op), .dst_reg = (to), .src_reg = (from), .off = (o), .imm = (value)       \
	}

/* The packet is of no concern; the event is on the stack. */
static int events(const char *path, uint32_t n)
{
	static char packet[64], log[4096];
	int map = open_pin(path), prog;
	union bpf_attr attr;
	struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -8, 0x6e657665),
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0x2a74),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 2, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU | BPF_MOV | BPF_K, 3, 0, 0, -1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, -8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 8),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_perf_event_output),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t) "GPL";
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	prog = (int)bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0) {
		fprintf(stderr, "cannot load the program: %s\n", log);
		return 1;
	}
	for (uint32_t i = 0; i < n; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = (uint32_t)prog;
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		if (bpf(BPF_PROG_TEST_RUN, &attr)) {
			perror("cannot run the program");
			return 1;
		}
	}
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int churn(const char *path, uint64_t ms)
{
	uint64_t end = now_ms() + ms;
	struct bpf_map_info info = { 0 };
	union bpf_attr attr;
	uint32_t half;
	int fd;

	fd = open_pin(path);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &attr)) {
		perror("cannot open the map");
		return 1;
	}
	half = info.max_entries / 2;
	for (uint32_t i = 0; now_ms() < end; i++) {
		struct key key = { half + i % half, (half + i % half) % 64 };

		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (uint32_t)fd;
		attr.key = (uintptr_t)&key;
		bpf(BPF_MAP_DELETE_ELEM, &attr);
		if (i % 3)
			put(fd, key.pid, 1, i);
		put(fd, i % half, 1, i);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "fill"))
		return fill(argv[2], (uint32_t)strtoul(argv[3], NULL, 10),
			    !strcmp(argv[4], "types"));
	if (argc == 4 && !strcmp(argv[1], "churn"))
		return churn(argv[2], strtoull(argv[3], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "events"))
		return events(argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
	fprintf(stderr, "usage: bpfmap fill PATH N bytes|types | events PATH N | churn PATH MS\n");
	return 2;
}
