/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Natively compiled programs call the machine's own map where others call a helper: so that what is compared is the
 * code that they are compiled to, and not two hash tables.
 */
#include "bench/machine/engine.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/machine/progs/prog.h"
#include "machine/code.h"
#include "machine/packet.h"

enum { MACHINES = 3, COMPILES = 9 };

struct parts {
	struct arena arena;
	struct diag d;
	struct image img;
	struct packet *packet;
	struct machine *machines[MACHINES]; /* from ENGINE_JIT on */
	struct run *runs[MACHINES];
	struct machine *native; /* whose map native code uses */
	struct bpf_object *object;
	int fd;
	u8 input[INPUT];
};

static struct map *native_map;

void *map_lookup_elem(void *map, const void *key)
{
	(void)map;
	return map_lookup(native_map, key, NULL);
}

long map_update_elem(void *map, const void *key, const void *value, __u64 flags)
{
	(void)map;
	return map_update(native_map, key, value, flags, NULL);
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const struct subject *s, const char *what)
{
	const struct diag *d = &s->parts->d;

	fprintf(stderr, "bench: %s: %s%s%s\n", s->name, what, d->items.n ? ": " : "",
		d->items.n ? d->items.at[0].text : "");
	exit(1);
}

/* ---- the input: pseudo-random numbers, but for what a program is about */

static void put_packet(u8 *at)
{
	static const u8
		head
			[] = {
				2,    0,    0,    0,    0,    1, 2,    0, 0,  0,
				0,    2,    0x81, 0,    0,    5, 8,    0, /* Ethernet, VLAN */
				0x45, 0,    0,    60,   1,    2, 0x40, 0, 64, 6,
				0,    0,    10,   0,    0,    1, 10,   0, 0,  2, /* IP */
				0x9c, 0x40, 0,    80,   0,    0, 0,    1, 0,  0,
				0,    0,    0xa0, 2,    0xff, 0, 0,    0, 0,  0, /* TCP */
				2,    4,    5,    0xb4,
			};

	memcpy(at, head, sizeof(head));
}

static void fill(const char *name, u8 *at)
{
	u64 x = 0x9e3779b97f4a7c15ull;

	for (u32 i = 0; i < INPUT; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		at[i] = (u8)(x >> 32);
	}
	if (!strcmp(name, "packet"))
		put_packet(at);
	if (!strcmp(name, "strings")) {
		for (u32 i = 0; i < INPUT / 2; i++)
			at[i] = at[i + INPUT / 2] = (u8)(at[i] | 1);
		at[INPUT / 2 + 333] ^= 0x80;
	}
	/* Numbers of all sizes. */
	for (u32 i = 0; !strcmp(name, "logs") && i < WORDS; i++) {
		u64 word;

		memcpy(&word, at + 8 * i, 8);
		word >>= word % 61;
		memcpy(at + 8 * i, &word, 8);
	}
}

/* ---- opening */

static u8 *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	u8 *bytes = malloc(1 << 20);

	*len = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	if (!*len) {
		perror(path);
		exit(1);
	}
	return bytes;
}

/* As long as it takes when the processor's caches know the compiler, as they do in whoever loads many. */
static void measure_compiling(struct subject *s)
{
	struct code *c;
	double best = 1e9;

	for (int i = 0; i < COMPILES; i++) {
		double begun;

		if (code_new(s->parts->machines[0], &s->parts->img.progs.at[0], &s->parts->d, &c))
			fail(s, "cannot be decoded");
		begun = now_ns(CLOCK_THREAD_CPUTIME_ID);
		if (jit_compile(c, &s->parts->d))
			fail(s, "cannot be compiled");
		begun = now_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
		if (begun < best)
			best = begun;
		s->bytes = c->native_size;
		code_free(c);
	}
	s->compile_us = best / 1e3;
}

static void open_machines(struct subject *s)
{
	static const enum machine_mode modes[MACHINES] = { MACHINE_JIT, MACHINE_INTERPRET,
							   MACHINE_CHECKED };
	struct parts *p = s->parts;

	for (int i = 0; i < MACHINES; i++) {
		const struct machine_options opts = { .mode = modes[i], .cpus = 1 };

		if (machine_new(&p->img, &opts, &p->d, &p->machines[i]))
			fail(s, "cannot be loaded");
		p->runs[i] = run_new(p->machines[i], 0);
	}
	if (machine_new(&p->img, &(struct machine_options){ .cpus = 1 }, &p->d, &p->native))
		fail(s, "cannot be loaded");
}

static void open_kernel(struct subject *s, const char *path)
{
	struct parts *p = s->parts;
	struct bpf_program *program;

	libbpf_set_print(NULL);
	p->fd = -1;
	p->object = bpf_object__open_file(path, NULL);
	if (libbpf_get_error(p->object))
		p->object = NULL;
	program = p->object ? bpf_object__next_program(p->object, NULL) : NULL;
	if (!program || bpf_object__load(p->object)) {
		snprintf(s->reason, sizeof(s->reason), "the kernel does not take it: %s",
			 strerror(errno));
		return;
	}
	p->fd = bpf_program__fd(program);
}

void subject_open(struct subject *s, const char *path)
{
	struct parts *p = calloc(1, sizeof(*p));
	size_t len;
	u8 *bytes = read_file(path, &len);

	if (!p)
		arena_exhausted();
	s->parts = p;
	arena_init(&p->arena);
	diag_init(&p->d, &p->arena);
	if (image_open(&p->img, &p->arena, bytes, len,
		       &(struct image_options){ .no_kconfig = true }, &p->d) ||
	    !p->img.progs.n)
		fail(s, "cannot be read");
	free(bytes);
	p->packet = packet_new(PACKET_XDP, &p->d);
	if (!p->packet)
		fail(s, "no packet");
	fill(s->name, p->input);
	open_machines(s);
	measure_compiling(s);
	open_kernel(s, path);
}

void subject_close(struct subject *s)
{
	struct parts *p = s->parts;

	bpf_object__close(p->object);
	for (int i = 0; i < MACHINES; i++) {
		run_free(p->runs[i]);
		machine_free(p->machines[i]);
	}
	machine_free(p->native);
	packet_free(p->packet);
	image_done(&p->img);
	arena_done(&p->arena);
	free(p);
}

const struct code *subject_code(const struct subject *s)
{
	return machine_code(s->parts->machines[0], 0);
}

bool subject_has(const struct subject *s, enum engine e)
{
	return e != ENGINE_KERNEL || s->parts->fd >= 0;
}

/* ---- running */

static double run_native(struct subject *s, enum engine e, u32 n, u32 *result)
{
	int (*volatile function)(void *) = s->native[e];
	struct parts *p = s->parts;
	double begun;

	if (p->img.maps.n)
		native_map = machine_map(p->native, 0);
	begun = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (u32 i = 0; i < n; i++)
		*result = (u32)function(&p->packet->xdp);
	return now_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
}

/* As the kernel does it: what protects maps is entered once for all runs. */
static double run_jit(struct subject *s, u32 n, u32 *result)
{
	struct parts *p = s->parts;
	struct run *run = p->runs[0];
	const struct code *code = machine_code(p->machines[0], 0);
	double begun = now_ns(CLOCK_THREAD_CPUTIME_ID);

	run->code = code;
	map_enter(run);
	for (u32 i = 0; i < n; i++)
		*result = (u32)code->native(&p->packet->xdp, sizeof(p->packet->xdp), 0, 0, 0, run);
	map_leave(run);
	return now_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
}

static double run_interpreter(struct subject *s, int machine, u32 n, u32 *result)
{
	struct parts *p = s->parts;
	struct run *run = p->runs[machine];
	size_t size;
	void *ctx = packet_enter(p->packet, run, &size);
	double begun = now_ns(CLOCK_THREAD_CPUTIME_ID);

	for (u32 i = 0; i < n && !run->trap; i++)
		*result = (u32)machine_run(p->machines[machine], 0, ctx, size, run);
	begun = now_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
	if (run->trap)
		fail(s, "ended with a trap");
	return begun;
}

/* By the kernel's own clock, which counts whole ns of a run: the call changes code of the kernel, and takes far longer. */
static double run_kernel(struct subject *s, u32 n, u32 *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s->parts->input, .data_size_in = INPUT,
		    .repeat = (int)n);

	if (bpf_prog_test_run_opts(s->parts->fd, &opts))
		fail(s, "BPF_PROG_TEST_RUN failed");
	*result = opts.retval;
	return (double)opts.duration * n;
}

double subject_run(struct subject *s, enum engine e, u32 n, u32 *result)
{
	packet_set(s->parts->packet, s->parts->input, INPUT);
	switch (e) {
	case ENGINE_GCC:
	case ENGINE_CLANG:
		return run_native(s, e, n, result);
	case ENGINE_JIT:
		return run_jit(s, n, result);
	case ENGINE_KERNEL:
		return run_kernel(s, n, result);
	default:
		return run_interpreter(s, (int)e - ENGINE_JIT, n, result);
	}
}
