/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program with the skeleton of tests/object/skel.c, in C and C++: prints what it finds wrong, and "well" at the end. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef OWN_TYPES
typedef __UINT64_TYPE__ u64;
typedef unsigned int u32;
enum level { LEVEL_LOW = 1, LEVEL_HIGH = 7 };
typedef struct {
	char name[16];
	u64 at;
} stamp_t;
struct inner {
	short s;
	char c;
};
struct packed {
	char c;
	u32 odd;
	struct inner inner;
} __attribute__((packed));
struct event {
	u32 pid;
	enum level level;
	struct inner pair[2];
	union {
		u64 whole;
		struct {
			u32 low, high;
		};
	};
	struct packed packed;
	unsigned bits : 3, more : 17;
	u64 wide : 40;
	stamp_t stamp;
	struct event *next;
	double never;
	u32 line __attribute__((aligned(32)));
	bool flag;
};
struct apart {
	char a;
	char b __attribute__((aligned(16)));
};
#endif
#include "skel.skel.h"
#include <bpf/bpf.h>

static int mistakes;
#define CHECK(fact)                                                                                \
	do {                                                                                       \
		if (!(fact)) {                                                                     \
			printf("%d: %s\n", __LINE__, #fact);                                       \
			mistakes++;                                                                \
		}                                                                                  \
	} while (0)

static void check_results(const struct skel *s)
{
	CHECK(s->bss->calls == 3);
	CHECK(s->bss->private_count == 3);
	CHECK(s->bss->last.pid == (unsigned int)getpid());
	CHECK((int)s->bss->last.level == 7);
	CHECK(s->bss->last.high == 5 && s->bss->last.whole == 5ull << 32);
	CHECK(s->bss->last.packed.odd == 0x01020304);
	CHECK(s->bss->last.bits == 5 && s->bss->last.more == 0x1ffff);
	CHECK(s->bss->last.wide == 1ull << 39);
	CHECK(s->bss->last.line == 3 && s->bss->last.flag);
	CHECK(s->bss->last.stamp.name[0] == 'h');
	CHECK(s->bss->apart[1].b == 4);
	CHECK(s->bss->sizes[1][2] == 108);
}

static void check_map(const struct skel *s)
{
	unsigned int key = 7;
	unsigned long long value = 0;

	CHECK(!bpf_map__lookup_elem(s->maps.by_level, &key, sizeof(key), &value, sizeof(value), 0));
	CHECK(value == 1);
}

static void check_run(const struct skel *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	CHECK(!bpf_prog_test_run_opts(bpf_program__fd(s->progs.run_once), &opts));
	CHECK(opts.retval == (unsigned int)s->data->new_ + 1);
	CHECK(s->bss->calls == 4);
}

static struct skel *open_it(void)
{
#ifdef __cplusplus
	return skel::open();
#else
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "renamed");
	return skel__open_opts(&opts);
#endif
}

int main(void)
{
	struct skel *s = open_it();
	size_t size;

	CHECK(s != NULL);
	if (!s)
		return 1;
	CHECK(!memcmp(skel__elf_bytes(&size), "\177ELF", 4) && size > 1000);
	CHECK(s->data->negative == -5 && s->data->on && s->data->new_ == 9);
	CHECK(s->data_more->small == 8 && s->data->line_own == 1);
	CHECK(!strcmp((const char *)s->rodata->greeting, "none") && s->rodata->limits.s == 3);
	s->rodata->wanted_pid = (unsigned int)getpid();
	memcpy((char *)s->rodata->greeting, "hello", 6);
	s->bss->sizes[0][0] = 100;
	CHECK(!skel__load(s));
	CHECK(!skel__attach(s));
	CHECK(s->links.on_getppid != NULL);
	for (int i = 0; i < 3; i++)
		getppid();
	check_results(s);
	check_map(s);
	skel__detach(s);
	getppid();
	CHECK(s->bss->calls == 3);
	check_run(s);
	skel__destroy(s);
	skel__destroy(NULL);
	s = skel__open_and_load();
	CHECK(s && s->bss->calls == 0);
	skel__destroy(s);
	if (!mistakes)
		puts("well");
	return mistakes != 0;
}
