/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells of all programs, and of all descriptors of objects of BPF, while an iterator is read once, where bpf(2) and /proc take several
 * calls for each. The code refers to nothing: src/inspect/walk.c loads a section as it is, with this kernel's numbers in it.
 *
 * It is verified each time, which takes longer than it runs, and is written for that. Of a pointer that it trusts the verifier looks up
 * in all of the kernel's types where those lead that are loaded from it: so pointers are cast to what it does not trust. Through those
 * it loads as quickly, and through NULL as well: that is 0. Loops begin at a number that it does not know, or it would go round as
 * often as they do.
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

/* A field behind a pointer that has the kernel's type. */
#define LOAD(type, from, field)                                                                    \
	({                                                                                         \
		u64 loaded_;                                                                       \
		asm volatile("%0 = *(" #type " *)(%1 + %2)"                                        \
			     : "=r"(loaded_)                                                       \
			     : "r"(from), "i"(WALK_PLACE + WALK_##field));                         \
		loaded_;                                                                           \
	})

/* A field, as a number whatever it is, wherever a number or pointer leads. */
#define FETCH(type, from, field)                                                                   \
	({                                                                                         \
		type fetched_ = 0;                                                                 \
		bpf_probe_read_kernel(&fetched_, sizeof(fetched_),                                 \
				      (const u8 *)(from) + NUMBER(field));                         \
		fetched_;                                                                          \
	})

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

/* bpf_rdonly_cast() */
static const void *(*const cast)(u64 address, u64 type) = (void *)WALK_CAST;

struct meta;

struct progs_context {
	struct meta *meta;
	const u8 *prog;
};

struct files_context {
	struct meta *meta;
	const u8 *task;
	u32 fd;
	const u8 *file;
};

static __always_inline struct walk_head *head(void)
{
	u32 first = 0;

	return bpf_map_lookup_elem((void *)NUMBER(TOLD), &first);
}

/* Room for one more; NULL: it is only counted. */
static __always_inline void *tell(struct walk_head *h)
{
	h->told++;
	return bpf_map_lookup_elem((void *)NUMBER(TOLD), &h->told);
}

/* A pointer as a number: the verifier makes none of it, but does not mind if it is kept in a map and comes back. */
static __always_inline u64 number_of(const void *pointer, volatile unsigned long long *place)
{
	*place = (u64)pointer;
	return *place;
}

/*
 * The kernel adds up what each CPU has counted, too. Where that is we know from a map of which each CPU has its own value: how far
 * those are from the map's pointer, all that is per CPU is.
 */
static __always_inline void read_stats(const u8 *prog, u32 zero, struct walk_prog *out)
{
	u64 stats = FETCH(u64, prog, PROG_STATS), base;
	void *map = (void *)NUMBER(PER_CPU);
	u32 key = 0;

	base = FETCH(u64, number_of(map, &out->place), ARRAY_PER_CPU);
	for (u32 cpu = zero; can_loop; cpu++) {
		const void *value = bpf_map_lookup_percpu_elem(map, &key, cpu), *at;

		if (!value)
			break;
		at = cast(stats + (number_of(value, &out->place) - base), NUMBER(TYPE_STATS));
		out->runs += LOAD(u64, at, STATS_RUNS);
		out->ns += LOAD(u64, at, STATS_NS);
		out->misses += LOAD(u64, at, STATS_MISSES);
	}
}

static __always_inline void read_types(const u8 *aux, struct walk_prog *out)
{
	const u8 *target = (const u8 *)LOAD(u64, aux, AUX_TARGET), *attach;

	out->btf = LOAD(u32, LOAD(u64, aux, AUX_BTF), BTF_ID);
	out->func = LOAD(u32, LOAD(u64, aux, AUX_FUNC_INFO), FUNC_TYPE);
	out->attach_type = LOAD(u32, aux, AUX_ATTACH_TYPE);
	attach = (const u8 *)LOAD(u64, aux, AUX_ATTACH_BTF);
	if (target)
		attach = (const u8 *)LOAD(u64, LOAD(u64, target, PROG_AUX), AUX_BTF);
	out->attach_btf = LOAD(u32, attach, BTF_ID);
}

/* As many pointers as there are, the others NULL; none of more than WALK_FEW. */
static __always_inline void read_pointers(u64 array, u32 count, u64 out[WALK_FEW])
{
	for (u32 i = 0; i < WALK_FEW; i++)
		out[i] = 0;
	bpf_probe_read_kernel(out, (count & WALK_FEW) * sizeof(*out), (const void *)array);
}

static __always_inline void read_maps(const u8 *aux, struct walk_prog *out)
{
	u64 maps[WALK_FEW], type = NUMBER(TYPE_MAP);

	read_pointers(LOAD(u64, aux, AUX_MAPS), out->map_count, maps);
	for (u32 i = 0; i < WALK_FEW; i++)
		out->maps[i] = LOAD(u32, cast(maps[i], type), MAP_ID);
}

/* A program of several functions has the code of each by itself. */
static __always_inline void read_funcs(const u8 *aux, struct walk_prog *out)
{
	u64 funcs[WALK_FEW], type = NUMBER(TYPE_PROG);
	u32 sum = 0;

	read_pointers(LOAD(u64, aux, AUX_FUNCS), out->func_count, funcs);
	for (u32 i = 0; i < WALK_FEW; i++)
		sum += LOAD(u32, cast(funcs[i], type), PROG_JITED_LEN);
	out->funcs_len = sum;
}

SEC("progs")
int walk_progs(struct progs_context *ctx)
{
	struct walk_head *h = head();
	struct walk_prog *out;
	const u8 *prog, *aux;

	if (!ctx->prog || !h)
		return 0;
	out = tell(h);
	if (!out)
		return 0;
	prog = cast((u64)ctx->prog, NUMBER(TYPE_PROG));
	aux = (const u8 *)LOAD(u64, prog, PROG_AUX);
	out->id = LOAD(u32, aux, AUX_ID);
	out->type = LOAD(u32, prog, PROG_TYPE);
	out->uid = LOAD(u32, LOAD(u64, aux, AUX_USER), USER_UID);
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
	read_stats(prog, h->zero, out);
	read_funcs(aux, out);
	read_maps(aux, out);
	return 0;
}

/*
 * A file is of the kind whose operations it has, as a file of the reader's. All files that are of no file system share an inode: so
 * most are passed over at once.
 */
SEC("files")
int walk_files(struct files_context *ctx)
{
	const u8 *task = ctx->task, *file, *reader, *files, *data;
	u64 own[WALK_KINDS] = { 0 }, type = NUMBER(TYPE_FILE), ops;
	struct walk_head *h = head();
	u32 kind, id, pages = 0;
	struct walk_file *out;

	if (!task || !ctx->file || !h)
		return 0;
	reader = cast(bpf_get_current_task(), NUMBER(TYPE_TASK));
	files = (const u8 *)LOAD(u64, LOAD(u64, LOAD(u64, reader, TASK_FILES), FILES_TABLE),
				 TABLE_FILES);
	bpf_probe_read_kernel(own, sizeof(own), files + NUMBER(FD) * sizeof(*own));
	file = cast((u64)ctx->file, type);
	if (LOAD(u64, file, FILE_INODE) != LOAD(u64, cast(own[0], type), FILE_INODE))
		return 0;
	ops = LOAD(u64, file, FILE_OPS);
	data = (const u8 *)LOAD(u64, file, FILE_DATA);
	if (ops == LOAD(u64, cast(own[WALK_PROG], type), FILE_OPS)) {
		data = cast((u64)data, NUMBER(TYPE_PROG));
		kind = WALK_PROG;
		pages = LOAD(u16, data, PROG_PAGES);
		id = LOAD(u32, LOAD(u64, data, PROG_AUX), AUX_ID);
	} else if (ops == LOAD(u64, cast(own[WALK_MAP], type), FILE_OPS)) {
		kind = WALK_MAP;
		id = LOAD(u32, cast((u64)data, NUMBER(TYPE_MAP)), MAP_ID);
	} else if (ops == LOAD(u64, cast(own[WALK_LINK], type), FILE_OPS)) {
		kind = WALK_LINK;
		id = LOAD(u32, cast((u64)data, NUMBER(TYPE_LINK)), LINK_ID);
	} else if (ops == LOAD(u64, cast(own[WALK_BTF], type), FILE_OPS)) {
		kind = WALK_BTF;
		id = LOAD(u32, cast((u64)data, NUMBER(TYPE_BTF)), BTF_ID);
	} else if (ops == LOAD(u64, cast(own[WALK_EVENT], type), FILE_OPS)) {
		kind = WALK_EVENT;
		id = 0;
	} else {
		return 0;
	}
	out = tell(h);
	if (!out)
		return 0;
	out->process = LOAD(u32, task, TASK_PROCESS);
	out->fd = ctx->fd;
	out->kind = kind;
	out->id = id;
	out->pages = pages;
	return 0;
}

LICENSE("GPL");
