/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs are written with: each is one source, for BPF and for this processor.
 *
 * A program sees a packet of INPUT bytes, of which it takes all its numbers, so that no compiler can work anything out
 * beforehand. Natively the context is the same struct, and maps are the machine's own, called by C.
 */
#ifndef BENCH_MACHINE_PROG_H
#define BENCH_MACHINE_PROG_H

#include <linux/bpf.h>
#include <linux/types.h>

#define INPUT 1024 /* bytes */
#define WORDS (INPUT / 8)

#define NOINLINE static __attribute__((noinline))
/* Nothing is known of a number any more, but that it is in a register. */
#define HIDE(x) asm volatile("" : "+r"(x))
/* Memory has to be what the source says here. */
#define BARRIER() asm volatile("" ::: "memory")

#ifdef __bpf__
#define PROGRAM(name) __attribute__((section("xdp"), used)) int name(struct xdp_md *ctx)
#define MAP(name, entries)                                                                         \
	struct {                                                                                   \
		int (*type)[BPF_MAP_TYPE_HASH];                                                    \
		int (*max_entries)[entries];                                                       \
		__u64 *key, *value;                                                                \
	} name __attribute__((section(".maps"), used))
static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const map_update_elem)(void *map, const void *key, const void *value,
				     __u64 flags) = (void *)2;
#else
#define PROGRAM_IS(compiler, name) compiler##_##name
#define PROGRAM_OF(compiler, name) PROGRAM_IS(compiler, name)
#define PROGRAM(name)                                                                              \
	int PROGRAM_OF(COMPILER, name)(struct xdp_md * ctx);                                       \
	int PROGRAM_OF(COMPILER, name)(struct xdp_md * ctx)
#define MAP(name, entries) static char name
void *map_lookup_elem(void *map, const void *key);
long map_update_elem(void *map, const void *key, const void *value, __u64 flags);
#endif

/* The packet, if it is all there; else the program ends. */
#define TAKE_INPUT(type, var)                                                                      \
	type *var = (type *)(long)ctx->data;                                                       \
	if ((char *)var + INPUT > (char *)(long)ctx->data_end)                                     \
	return -1

#endif
