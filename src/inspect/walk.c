/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's half of bpf/walk.bpf.c. What it has found in the kernel's types is tried on objects of its own before any of it is believed:
 * its program has to be told as bpf(2) tells it, and descriptors of it, a map, a link, BTF and an event as what they are.
 */
#include "inspect/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/text.h"
#include "btf/rawbtf.h"
#include "isa/insn.h"
#include "object/object.h"

/* WALK_OBJECT is given by the Makefile. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"walk_object_start:\n"
	".incbin \"" WALK_OBJECT "\"\n"
	"walk_object_end:\n"
	".popsection\n");
extern const char walk_object_start[], walk_object_end[];

#define NAME "skep_walk"
#define FIRST_PID_SPACE 0xeffffffcu /* the inode of that of process ids which all others are in */

enum {
	ITERATOR = 28, /* BPF_TRACE_ITER */
	MAX_INSNS = 512,
	MAX_TOLD = 256 << 20, /* bytes */
	FEW_PROCESSES = 100,
	FEW_PROGS = 64,
	PROG_ROOM = 511, /* that are given room at first */
	FILE_ROOM = 2047,
};

static const struct {
	const char *record, *member;
	u32 bytes; /* 0: a bit */
} fields[WALK_FIELDS] = {
#define FIELD(name, record, member, bytes) { #record, #member, bytes },
#define TYPE(name, record)
#include "bpf/walk.def"
#undef FIELD
#undef TYPE
};

static const struct {
	const char *record;
	enum walk_number number;
} types[] = {
#define FIELD(name, record, member, bytes)
#define TYPE(name, record) { #record, WALK_TYPE_##name },
#include "bpf/walk.def"
#undef FIELD
#undef TYPE
};

struct walk {
	u32 numbers[WALK_NUMBERS];
	u32 gpl_bit;            /* of the byte */
	u32 progs, files, cast; /* functions: what iterators are for, bpf_rdonly_cast() */
};

_Static_assert((u32)WALK_PROG == HANDLE_PROG && (u32)WALK_MAP == HANDLE_MAP &&
		       (u32)WALK_LINK == HANDLE_LINK && (u32)WALK_BTF == HANDLE_BTF,
	       "kinds are numbered alike");

/* ---- the kernel's types */

/* Where a member is, in bits from the record's start, those without a name gone through; NULL: it has none such. */
static const struct btf_member *find_member(const struct rawbtf *b, u32 record, const char *name,
					    u32 depth, u32 *at, bool *has_bits)
{
	const struct btf_type *t = rawbtf_type(b, record);
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; depth && rawbtf_is_record(t) && i < BTF_INFO_VLEN(t->info); i++) {
		const char *own = rawbtf_str(b, m[i].name_off);
		u32 offset =
			BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
		const struct btf_member *found = NULL;

		*has_bits = BTF_INFO_KFLAG(t->info) && BTF_MEMBER_BITFIELD_SIZE(m[i].offset);
		if (*own == *name && !strcmp(own, name))
			found = &m[i], *at = 0;
		else if (!*own)
			found = find_member(b, m[i].type, name, depth - 1, at, has_bits);
		if (found) {
			*at += offset;
			return found;
		}
	}
	return NULL;
}

/* The bytes of a type, of an array of any length those of an element; 0: not known. */
static u32 size_of(const struct rawbtf *b, u32 id, u32 depth)
{
	const struct btf_type *t = rawbtf_skip(b, &id, NULL);
	const struct btf_array *a = (const void *)(t + 1);

	switch (t && depth ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN) {
	case BTF_KIND_PTR:
		return sizeof(u64);
	case BTF_KIND_ARRAY:
		return (a->nelems ? a->nelems : 1) * size_of(b, a->type, depth - 1);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return t->size;
	default:
		return 0;
	}
}

static int find_field(struct walk *w, const struct rawbtf *b, u32 field, u32 record)
{
	enum { DEPTH = 4 };
	const struct btf_member *m;
	bool has_bits;
	u32 at;

	m = find_member(b, record, fields[field].member, DEPTH, &at, &has_bits);
	if (!m || has_bits != !fields[field].bytes ||
	    (!has_bits && size_of(b, m->type, DEPTH) != fields[field].bytes))
		return -ENOENT;
	w->numbers[field] = at / 8;
	if (field == WALK_PROG_GPL)
		w->gpl_bit = at % 8;
	return 0;
}

static struct rawbtf_want *find_want(struct rawbtf_want *wants, u32 n, const char *name)
{
	for (u32 i = 0; i < n; i++)
		if (!strcmp(wants[i].name, name))
			return &wants[i];
	return NULL;
}

static int find_types(struct walk *w)
{
	enum { PROGS, FILES, CAST, FUNCS };
	struct rawbtf_want wants[FUNCS + WALK_FIELDS] = {
		[PROGS] = { "bpf_iter_bpf_prog", BTF_KIND_FUNC, 0 },
		[FILES] = { "bpf_iter_task_file", BTF_KIND_FUNC, 0 },
		[CAST] = { "bpf_rdonly_cast", BTF_KIND_FUNC, 0 },
	};
	struct rawbtf *b = NULL;
	u32 n = FUNCS;
	int err;

	for (u32 i = 0; i < WALK_FIELDS; i++)
		if (!find_want(wants, n, fields[i].record))
			wants[n++] = (struct rawbtf_want){ fields[i].record, BTF_KIND_STRUCT, 0 };
	err = rawbtf_open_kernel_part(wants, n, &b);
	for (u32 i = 0; !err && i < n; i++)
		err = wants[i].id ? 0 : -ENOENT;
	for (u32 i = 0; !err && i < WALK_FIELDS; i++)
		err = find_field(w, b, i, find_want(wants, n, fields[i].record)->id);
	for (u32 i = 0; !err && i < ARRAY_SIZE(types); i++)
		w->numbers[types[i].number] = find_want(wants, n, types[i].record)->id;
	w->progs = wants[PROGS].id;
	w->files = wants[FILES].id;
	w->cast = wants[CAST].id;
	rawbtf_free(b);
	return err;
}

/* "0-3", "0": the CPUs that there may be have no gaps, which would be told as CPUs. */
static bool has_all_cpus(void)
{
	char *text = text_read_file("/sys/devices/system/cpu/possible", 4096, NULL);
	const char *s = text ? text : "?";
	bool has = *s++ == '0';

	if (*s == '-')
		s += 1 + strspn(s + 1, "0123456789");
	has &= *s == '\n';
	free(text);
	return has;
}

int walk_open(struct walk **out)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct stat space;
	int err;

	if (!w)
		arena_exhausted();
	if (stat("/proc/self/ns/pid", &space) || space.st_ino != FIRST_PID_SPACE || !has_all_cpus())
		err = -EOPNOTSUPP;
	else
		err = find_types(w);
	if (err)
		walk_close(w);
	else
		*out = w;
	return err;
}

void walk_close(struct walk *w)
{
	free(w);
}

/* ---- programs that run */

/* Gives numbers their values, of which that of a map is its descriptor. */
static int fill_in(const struct walk *w, struct bpf_insn *insns, u32 count)
{
	for (struct bpf_insn *insn = insns; insn < insns + count; insn++) {
		bool is_load = BPF_CLASS(insn->code) == BPF_LDX, is_wide = insn_is_ld_imm64(insn);
		u32 n = is_load ? (u32)insn->off - WALK_PLACE : (u32)insn->imm;
		bool is_map = n == WALK_PER_CPU || n == WALK_TOLD;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->imm == WALK_CAST) {
			insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
			insn->imm = (s32)w->cast;
		} else if (is_load && n < WALK_FIELDS) {
			if (w->numbers[n] > INT16_MAX)
				return -ERANGE;
			insn->off = (s16)w->numbers[n];
		} else if (is_wide && (u32)insn[1].imm == (u32)(WALK_MARK >> 32) &&
			   n < WALK_NUMBERS) {
			insn->src_reg = is_map ? BPF_PSEUDO_MAP_FD : 0;
			insn->imm = (s32)w->numbers[n];
			insn[1].imm = 0;
		}
		insn += is_wide;
	}
	return 0;
}

/* A descriptor or -errno. */
static int load(const struct walk *w, const char *section, u32 target)
{
	struct bpf_insn insns[MAX_INSNS];
	union bpf_attr attr;
	struct arena arena;
	const void *bytes;
	struct diag d;
	size_t size;
	int err;

	arena_init(&arena);
	diag_init(&d, &arena);
	err = object_find_section(walk_object_start, (size_t)(walk_object_end - walk_object_start),
				  section, &bytes, &size, &d);
	arena_done(&arena);
	if (err || size > sizeof(insns))
		return err ? err : -E2BIG;
	memcpy(insns, bytes, size);
	err = fill_in(w, insns, (u32)(size / sizeof(*insns)));
	if (err)
		return err;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = ITERATOR;
	attr.attach_btf_id = target;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = (u32)(size / sizeof(*insns));
	attr.license = (u64)(uintptr_t) "GPL";
	strcpy(attr.prog_name, NAME);
	return handle_call(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* A descriptor of an array or -errno. */
static int make_map(enum bpf_map_type type, u32 size, u32 count, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = sizeof(u32);
	attr.value_size = size;
	attr.max_entries = count;
	attr.map_flags = flags;
	strcpy(attr.map_name, NAME);
	return handle_call(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int make_link(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (u32)prog;
	attr.link_create.attach_type = ITERATOR;
	return handle_call(BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* A descriptor of an event of perf that never happens, or -errno. */
static int make_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_DUMMY };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Goes through all that the iterator of a link has. 0 or -errno. */
static int iterate(int link)
{
	union bpf_attr attr;
	char none[64];
	ssize_t n;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (u32)link;
	fd = handle_call(BPF_ITER_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return fd;
	do {
		/* After a million for which nothing was written the kernel makes a pause. */
		n = read(fd, none, sizeof(none));
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	err = n ? -errno : 0;
	close(fd);
	return err;
}

/* One of the programs, what it needs, and what it has told. */
struct run {
	struct walk *walk;
	const char *section;
	u32 target, size; /* of a record */
	u32 room;         /* for records */
	/* A descriptor of each kind, by which the program knows others: the map is that of records, program and link its own. */
	int fds[WALK_KINDS];
	bool is_of_files; /* else those of BTF and an event are not needed */
	u8 *told;         /* mapped: the head, then count records */
	u32 count;
};

static struct run run_of(struct walk *w, const char *section, u32 target, u32 size, u32 room)
{
	return (struct run){ .walk = w,
			     .section = section,
			     .target = target,
			     .size = size,
			     .room = room,
			     .fds = { -1, -1, -1, -1, -1 } };
}

static void run_close(struct run *r)
{
	if (r->told)
		munmap(r->told, (size_t)(r->room + 1) * r->size);
	r->told = NULL;
	for (u32 i = 0; i < WALK_KINDS; i++) {
		if (r->fds[i] >= 0)
			close(r->fds[i]);
		r->fds[i] = -1;
	}
}

/* Gives what has been opened the number that was kept for it. */
static int put_in_place(int fd, int place)
{
	int err = fd < 0 ? fd : dup3(fd, place, O_CLOEXEC) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* A number for each kind, in a row, kept by something. */
static int keep_row(int fd, int row[WALK_KINDS])
{
	int from = 0;

	for (int i = 0; i < WALK_KINDS; i++) {
		row[i] = fcntl(fd, F_DUPFD_CLOEXEC, from);
		if (row[i] < 0)
			return -errno;
		from = row[i] + 1;
		if (row[i] == row[0] + i)
			continue;
		/* There is one in between: it begins again behind that. */
		from = row[i];
		for (; i >= 0; i--) {
			close(row[i]);
			row[i] = -1;
		}
	}
	return 0;
}

/* The numbers are in the code, and what they belong to comes one by one: until then they are kept by the map. */
static int open_fds(struct run *r)
{
	int map = make_map(BPF_MAP_TYPE_ARRAY, r->size, r->room + 1, BPF_F_MMAPABLE), err;
	u32 id = 0;

	if (map < 0)
		return map;
	err = keep_row(map, r->fds);
	close(map);
	if (err)
		return err;
	r->walk->numbers[WALK_TOLD] = (u32)r->fds[WALK_MAP];
	r->walk->numbers[WALK_FD] = (u32)r->fds[0];
	if (!r->is_of_files)
		return 0;
	/* There is the kernel's at least, or this would have come to nothing before. */
	err = handle_next(HANDLE_BTF, &id);
	if (!err)
		err = put_in_place(handle_open(HANDLE_BTF, id), r->fds[WALK_BTF]);
	return err ? err : put_in_place(make_event(), r->fds[WALK_EVENT]);
}

static int run_once(struct run *r)
{
	int err = open_fds(r);
	void *told;

	if (!err)
		err = put_in_place(load(r->walk, r->section, r->target), r->fds[WALK_PROG]);
	if (!err)
		err = put_in_place(make_link(r->fds[WALK_PROG]), r->fds[WALK_LINK]);
	if (!err)
		err = iterate(r->fds[WALK_LINK]);
	if (err)
		return err;
	told = mmap(NULL, (size_t)(r->room + 1) * r->size, PROT_READ, MAP_SHARED, r->fds[WALK_MAP],
		    0);
	if (told == MAP_FAILED)
		return -errno;
	r->told = told;
	r->count = ((const struct walk_head *)told)->told;
	return 0;
}

/* Until there was room for all; they may become more meanwhile, but not for long. 0 or -errno; run_close() in either case. */
static int run(struct run *r)
{
	int err = run_once(r);

	while (!err && r->count > r->room) {
		u32 more = r->count + r->count / 4;

		if (more > MAX_TOLD / r->size)
			return -E2BIG;
		run_close(r);
		r->room = more;
		err = run_once(r);
	}
	return err;
}

u64 walk_memory(u32 pages)
{
	return (u64)pages * (u64)sysconf(_SC_PAGESIZE);
}

/* ---- descriptors */

/* Whether each of our own descriptors is among what was told, as what it is. */
static bool tells_own_files(const struct run *r, const struct walk_file *told, u32 own)
{
	u32 found = 0;

	for (u32 kind = 0; kind < WALK_KINDS; kind++) {
		u32 id = kind == WALK_EVENT ? 0 : handle_id((enum handle_kind)kind, r->fds[kind]);

		for (u32 i = 0; i < r->count; i++)
			found += told[i].process == own && (int)told[i].fd == r->fds[kind] &&
				 told[i].kind == kind && told[i].id == id &&
				 (id || kind == WALK_EVENT);
	}
	return found == WALK_KINDS;
}

int walk_files(struct walk *w, void (*fn)(void *arg, const struct walk_file *f), void *arg)
{
	struct run r = run_of(w, "files", w->files, sizeof(struct walk_file), FILE_ROOM);
	const struct walk_file *told;
	u32 own = (u32)getpid();
	int err;

	r.is_of_files = true;
	err = run(&r);
	told = (const struct walk_file *)(const void *)r.told + 1;
	if (!err && !tells_own_files(&r, told, own))
		err = -EPROTO;
	for (u32 i = 0; !err && i < r.count; i++)
		if (told[i].process != own)
			fn(arg, &told[i]);
	run_close(&r);
	return err;
}

/* ---- programs */

void walk_info(const struct walk *w, const struct walk_prog *p, struct bpf_prog_info *out)
{
	*out = (struct bpf_prog_info){
		.type = p->type,
		.id = p->id,
		.jited_prog_len = p->func_count ? p->funcs_len : p->jited_len,
		.xlated_prog_len = p->insns * (u32)sizeof(struct bpf_insn),
		.load_time = p->load_time,
		.created_by_uid = p->uid,
		.nr_map_ids = p->map_count,
		.gpl_compatible = p->gpl >> w->gpl_bit & 1u,
		.nr_jited_ksyms = p->func_count ? p->func_count : 1,
		.btf_id = p->btf,
		.run_time_ns = p->ns,
		.run_cnt = p->runs,
		.recursion_misses = p->misses,
		.verified_insns = p->verified_insns,
		.attach_btf_obj_id = p->attach_btf,
		.attach_btf_id = p->attach_type,
	};
	memcpy(out->tag, &p->tag, sizeof(out->tag));
	memcpy(out->name, p->name, sizeof(out->name));
}

/* Whether what is told of our own program is what bpf(2) tells of it. */
static bool is_own(const struct walk *w, const struct walk_prog *p, const struct bpf_prog_info *own)
{
	struct bpf_prog_info i;

	walk_info(w, p, &i);
	return i.id == own->id && i.type == own->type && i.load_time == own->load_time &&
	       i.jited_prog_len == own->jited_prog_len &&
	       i.xlated_prog_len == own->xlated_prog_len &&
	       i.created_by_uid == own->created_by_uid && i.nr_map_ids == own->nr_map_ids &&
	       i.gpl_compatible == own->gpl_compatible && i.btf_id == own->btf_id &&
	       i.nr_jited_ksyms == own->nr_jited_ksyms && i.verified_insns == own->verified_insns &&
	       i.attach_btf_obj_id == own->attach_btf_obj_id &&
	       i.attach_btf_id == own->attach_btf_id && !memcmp(i.tag, own->tag, sizeof(i.tag)) &&
	       !memcmp(i.name, own->name, sizeof(i.name)) && p->pages && p->map_count == 2;
}

int walk_progs(struct walk *w, void (*fn)(void *arg, const struct walk_prog *p), void *arg)
{
	struct run r = run_of(w, "progs", w->progs, sizeof(struct walk_prog), PROG_ROOM);
	int per_cpu = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(u64), 1, 0), err;
	struct bpf_prog_info own = { 0 };
	const struct walk_prog *told;
	bool found = false;

	w->numbers[WALK_PER_CPU] = (u32)per_cpu;
	err = per_cpu < 0 ? per_cpu : run(&r);
	told = (const struct walk_prog *)(const void *)r.told + 1;
	if (!err)
		err = handle_info(r.fds[WALK_PROG], &own, sizeof(own));
	for (u32 i = 0; !err && i < r.count; i++)
		found |= is_own(w, &told[i], &own);
	if (!err && !found)
		err = -EPROTO;
	for (u32 i = 0; !err && i < r.count; i++)
		if (told[i].id != own.id)
			fn(arg, &told[i]);
	run_close(&r);
	if (per_cpu >= 0)
		close(per_cpu);
	return err;
}

bool walk_pays_for_files(void)
{
	struct sysinfo info;

	return !sysinfo(&info) && info.procs > FEW_PROCESSES;
}

bool walk_pays_for_progs(u32 known)
{
	u32 id = 0, n = 0;

	while (known <= FEW_PROGS && n <= FEW_PROGS && !handle_next(HANDLE_PROG, &id))
		n++;
	return known > FEW_PROGS || n > FEW_PROGS;
}
