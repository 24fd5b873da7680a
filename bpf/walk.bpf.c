/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells of all programs, and of all descriptors of objects of BPF, while an iterator of programs is read once, where bpf(2) and /proc
 * take several calls for each. The code refers to nothing: src/inspect/walk.c loads it as it is, with this kernel's numbers in it.
 *
 * The iterator has all programs. To descriptors it goes from the own task to all others and along their tables, as readers under RCU
 * do. Of pointers that are cast the verifier believes nothing, so that they lead anywhere: what is loaded where nothing is is 0.
 *
 * It is verified each time, which takes longer than it runs, and is written for that: few instructions, and what loops change is in the
 * map, of which the verifier remembers nothing. So it comes round to what it has seen, and looks at most instructions once.
 */
#include "bpf/walk.h"
#include "include/skep.bpf.h"

/* A number of this kernel. */
#define NUMBER(n)                                                                                  \
	({                                                                                         \
		u64 number_;                                                                       \
		asm volatile("%0 = %1 ll" : "=r"(number_) : "i"(WALK_MARK + WALK_##n));            \
		number_;                                                                           \
	})

/* bpf_rdonly_cast(), whose type 0 has bytes and no end. */
static const u8 *(*const cast)(u64 address, u64 type) = (void *)WALK_CAST;
#define MEMORY(address) cast((u64)(address), 0)
#define AT(type, address) (*(const volatile type *)MEMORY(address))

/* A field of what memory begins with. */
#define LOAD(type, memory, field)                                                                  \
	({                                                                                         \
		u64 loaded_;                                                                       \
		asm volatile("%0 = *(" #type " *)(%1 + %2)"                                        \
			     : "=r"(loaded_)                                                       \
			     : "r"(memory), "i"(WALK_PLACE + WALK_##field)                         \
			     : "memory");                                                          \
		loaded_;                                                                           \
	})
#define FETCH(type, address, field) LOAD(type, MEMORY(address), field)

/* The instruction may_goto, which the verifier takes for an end that each loop has. */
#define can_loop                                                                                   \
	({                                                                                         \
		__label__ end_, on_;                                                               \
		bool can_ = true;                                                                  \
		asm volatile goto("1:.byte 0xe5; .byte 0;"                                         \
				  ".long ((%l[end_] - 1b - 8) / 8) & 0xffff; .short 0" :: ::end_); \
		goto on_;                                                                          \
end_:                                                                                              \
		can_ = false;                                                                      \
on_:                                                                                               \
		can_;                                                                              \
	})

typedef volatile struct walk_head *head_t;

struct context {
	void *meta;
	const void *prog; /* NULL at the end */
};

/* A pointer as a number: the verifier makes none of it, but does not mind if it is kept in a map and comes back. */
static __always_inline u64 number_of(head_t h, const void *pointer)
{
	h->place = (u64)pointer;
	return h->place;
}

/* ---- programs */

/*
 * The kernel adds up what each CPU has counted, too. Where that is we know from a map of which each CPU has its own value: how far
 * those are from the map's pointer, all that is per CPU is.
 */
static __always_inline void read_stats(head_t h, u64 stats, struct walk_prog *out)
{
	void *map = (void *)NUMBER(PER_CPU);

	stats -= FETCH(u64, number_of(h, map), ARRAY_PER_CPU);
	for (h->i = 0; can_loop; h->i++) {
		const void *value = bpf_map_lookup_percpu_elem(map, (void *)&h->zero, h->i);
		const u8 *at;

		if (!value)
			break;
		at = MEMORY(stats + number_of(h, value));
		out->runs += LOAD(u64, at, STATS_RUNS);
		out->ns += LOAD(u64, at, STATS_NS);
		out->misses += LOAD(u64, at, STATS_MISSES);
	}
}

static __always_inline void read_types(const u8 *aux, struct walk_prog *out)
{
	u64 target = LOAD(u64, aux, AUX_TARGET), attach = LOAD(u64, aux, AUX_ATTACH_BTF);

	out->btf = FETCH(u32, LOAD(u64, aux, AUX_BTF), BTF_ID);
	out->func = FETCH(u32, LOAD(u64, aux, AUX_FUNC_INFO), FUNC_TYPE);
	out->attach_type = LOAD(u32, aux, AUX_ATTACH_TYPE);
	if (target)
		attach = FETCH(u64, FETCH(u64, target, PROG_AUX), AUX_BTF);
	out->attach_btf = FETCH(u32, attach, BTF_ID);
}

/* None of more than WALK_FEW. */
static __always_inline void read_maps(head_t h, u64 maps, struct walk_prog *out)
{
	for (h->i = 0; can_loop; h->i++) {
		u64 i = h->i;

		if (i >= WALK_FEW || i >= out->map_count)
			break;
		out->maps[i] = FETCH(u32, AT(u64, maps + i * sizeof(u64)), MAP_ID);
	}
}

/* A program of several functions has the code of each by itself. */
static __always_inline void read_funcs(head_t h, u64 funcs, struct walk_prog *out)
{
	for (h->i = 0; can_loop; h->i++) {
		u64 i = h->i;

		if (i >= WALK_FEW || i >= out->func_count)
			break;
		out->funcs_len += FETCH(u32, AT(u64, funcs + i * sizeof(u64)), PROG_JITED_LEN);
	}
}

static __always_inline void read_prog(head_t h, u64 address)
{
	const u8 *prog = MEMORY(address), *aux = MEMORY(LOAD(u64, prog, PROG_AUX));
	struct walk_prog *out;
	u64 n = h->progs;

	h->progs = n + 1;
	if (n >= NUMBER(PROG_ROOM))
		return;
	out = (struct walk_prog *)(h + 1) + n;
	out->id = LOAD(u32, aux, AUX_ID);
	out->type = LOAD(u32, prog, PROG_TYPE);
	out->uid = FETCH(u32, LOAD(u64, aux, AUX_USER), USER_UID);
	out->insns = LOAD(u32, prog, PROG_LEN);
	out->verified_insns = LOAD(u32, aux, AUX_VERIFIED);
	out->jited_len = LOAD(u32, prog, PROG_JITED_LEN);
	out->load_time = LOAD(u64, aux, AUX_LOAD_TIME);
	out->pages = LOAD(u16, prog, PROG_PAGES);
	out->gpl = LOAD(u8, prog, PROG_GPL);
	out->is_offloaded = LOAD(u8, aux, AUX_OFFLOAD);
	out->func_count = LOAD(u32, aux, AUX_FUNC_COUNT);
	out->map_count = LOAD(u32, aux, AUX_MAP_COUNT);
	out->tag = LOAD(u64, prog, PROG_TAG);
	out->name[0] = LOAD(u64, aux, AUX_NAME);
	out->name[1] = LOAD(u64, aux + 8, AUX_NAME);
	read_types(aux, out);
	read_funcs(h, LOAD(u64, aux, AUX_FUNCS), out);
	read_maps(h, LOAD(u64, aux, AUX_MAPS), out);
	read_stats(h, LOAD(u64, prog, PROG_STATS), out);
}

/* ---- descriptors */

/*
 * All files that are of no file system share an inode, so most others are passed over at once. What it is the host finds out by its
 * name, and takes the id that such a thing has.
 */
static __always_inline void read_file(head_t h)
{
	const u8 *file = MEMORY(h->file), *data;
	struct walk_file *out;
	u64 n = h->files, name;

	if (LOAD(u64, file, FILE_INODE) != h->inode)
		return;
	if (n >= NUMBER(FILE_ROOM))
		n = NUMBER(FILE_ROOM); /* where there is room for one that nobody reads */
	out = (struct walk_file *)((u8 *)h + NUMBER(FILES_AT)) + n;
	out->process = h->process;
	out->fd = h->fd;
	name = FETCH(u64, LOAD(u64, file, FILE_ENTRY), ENTRY_NAME);
	out->name[0] = AT(u64, name);
	out->name[1] = AT(u64, name + 8);
	data = MEMORY(LOAD(u64, file, FILE_DATA));
	out->ids[WALK_MAP] = LOAD(u32, data, MAP_ID);
	out->ids[WALK_LINK] = LOAD(u32, data, LINK_ID);
	out->ids[WALK_BTF] = LOAD(u32, data, BTF_ID);
	out->pages = LOAD(u16, data, PROG_PAGES);
	out->ids[WALK_PROG] = FETCH(u32, LOAD(u64, data, PROG_AUX), AUX_ID);
	/* It may have been closed meanwhile, and the memory be another file's. */
	if (AT(u64, h->slot) == h->file)
		h->files++;
}

static __always_inline void read_table(head_t h, u64 files)
{
	const u8 *table = MEMORY(FETCH(u64, files, FILES_TABLE));

	h->slot = LOAD(u64, table, TABLE_FILES);
	h->count = LOAD(u32, table, TABLE_COUNT);
	for (h->fd = 0; can_loop; h->fd++) {
		if (h->fd >= h->count)
			break;
		h->file = AT(u64, h->slot);
		if (h->file)
			read_file(h);
		h->slot += sizeof(u64);
	}
}

/* Each process's threads follow its leader in a list of their own. Those that share its descriptors, as most do, tell nothing. */
static __always_inline void walk_files(head_t h)
{
	const u8 *task = MEMORY(bpf_get_current_task());
	u64 table = FETCH(u64, LOAD(u64, task, TASK_FILES), FILES_TABLE);
	u64 own = AT(u64, FETCH(u64, table, TABLE_FILES) + h->own * sizeof(u64));

	h->inode = FETCH(u64, own, FILE_INODE);
	h->at = h->leader = h->first = LOAD(u64, task, TASK_LEADER);
	while (can_loop) {
		u64 files, next;

		task = MEMORY(h->at);
		h->process = LOAD(u32, task, TASK_PROCESS);
		files = LOAD(u64, task, TASK_FILES);
		if (files != h->shared)
			read_table(h, files);
		task = MEMORY(h->at);
		if (h->at == h->leader)
			h->shared = LOAD(u64, task, TASK_FILES);
		next = LOAD(u64, task, TASK_THREAD);
		h->at = next - NUMBER(TASK_THREAD);
		if (next != LOAD(u64, task, TASK_SIGNAL) + NUMBER(SIGNAL_THREADS))
			continue;
		h->shared = 0;
		h->at = h->leader = FETCH(u64, h->leader, TASK_NODE) - NUMBER(TASK_NODE);
		if (h->at == h->first) {
			h->has_all_files = 1;
			break;
		}
	}
}

SEC("walk")
int walk_all(struct context *ctx)
{
	head_t h = (head_t)NUMBER(TOLD);
	const void *prog = ctx->prog;

	if (h->wants_files) {
		h->wants_files = 0;
		walk_files(h);
	}
	if (h->wants_progs && prog)
		read_prog(h, number_of(h, prog));
	return 0;
}

LICENSE("GPL");
