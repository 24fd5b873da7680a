/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's half of bpf/walk.bpf.c. What it has found in the kernel's types is tried on objects of its own before any of it is believed:
 * its program has to be told as bpf(2) tells it, and descriptors of it, its maps and its link as what they are.
 */
#include "inspect/walk.h"

#include <errno.h>
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
	TRACE_ITER = 28, /* BPF_TRACE_ITER */
	MAX_INSNS = 512,
	MAX_TOLD = 256 << 20, /* bytes */
	FEW_PROCESSES = 100,
	FEW_PROGS = 32,
	PROG_ROOM = 512, /* that are given room at first */
	FILE_ROOM = 2048,
	DEPTH = 4, /* of types within types */
};

static const struct {
	const char *record, *member;
	u32 bytes; /* 0: a bit */
} fields[WALK_FIELDS] = {
#define FIELD(name, record, member, bytes) { #record, #member, bytes },
#include "bpf/walk.def"
#undef FIELD
};

/* Objects of our own, by which what is told is tried, too. */
enum { OWN_PROG, OWN_TOLD, OWN_PER_CPU, OWN_LINK, OWN };

struct walk {
	u32 numbers[WALK_NUMBERS];
	u32 gpl_bit;        /* of the byte */
	u32 iterator, cast; /* functions: what iterators of programs are for, bpf_rdonly_cast() */
	u32 room[2];        /* for programs, for files */
	int fds[OWN];
	struct walk_head *told; /* mapped: it and the records; NULL: nothing has been told */
	size_t bytes;
	u32 own; /* the id of the program that told it */
};

_Static_assert((u32)WALK_KINDS == HANDLE_KINDS && (u32)WALK_PROG == HANDLE_PROG &&
		       (u32)WALK_MAP == HANDLE_MAP && (u32)WALK_LINK == HANDLE_LINK &&
		       (u32)WALK_BTF == HANDLE_BTF,
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

/* A member, or one of a member's that is a struct: "a.b". Its type; 0: there is none such. */
static u32 find_path(const struct rawbtf *b, u32 record, const char *path, u32 *at, bool *has_bits)
{
	const struct btf_member *m;
	u32 offset;

	*at = 0;
	while (*path) {
		char name[32];
		size_t len = strcspn(path, ".");

		if (len >= sizeof(name))
			return 0;
		memcpy(name, path, len);
		name[len] = '\0';
		m = find_member(b, record, name, DEPTH, &offset, has_bits);
		if (!m)
			return 0;
		*at += offset;
		record = m->type;
		rawbtf_skip(b, &record, NULL);
		path += len + (path[len] == '.');
	}
	return record;
}

static int find_field(struct walk *w, const struct rawbtf *b, u32 field, u32 record)
{
	bool has_bits = false;
	u32 at, type = find_path(b, record, fields[field].member, &at, &has_bits);

	if (!type || has_bits != !fields[field].bytes ||
	    (!has_bits && size_of(b, type, DEPTH) != fields[field].bytes))
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
	enum { ITERATOR, CAST, FUNCS };
	struct rawbtf_want wants[FUNCS + WALK_FIELDS] = {
		[ITERATOR] = { "bpf_iter_bpf_prog", BTF_KIND_FUNC, 0 },
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
	w->iterator = wants[ITERATOR].id;
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
	memset(w->fds, -1, sizeof(w->fds));
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

/* ---- a run */

static void close_fds(struct walk *w)
{
	for (u32 i = 0; i < OWN; i++) {
		if (w->fds[i] >= 0)
			close(w->fds[i]);
		w->fds[i] = -1;
	}
}

static void forget(struct walk *w)
{
	close_fds(w);
	if (w->told)
		munmap(w->told, w->bytes);
	w->told = NULL;
}

void walk_close(struct walk *w)
{
	if (w)
		forget(w);
	free(w);
}

static const struct walk_prog *progs_of(const struct walk *w)
{
	return (const struct walk_prog *)(w->told + 1);
}

static const struct walk_file *files_of(const struct walk *w)
{
	return (const void *)((const u8 *)w->told + w->numbers[WALK_FILES_AT]);
}

/* Gives numbers their values. */
static int fill_in(const struct walk *w, struct bpf_insn *insns, u32 count)
{
	for (struct bpf_insn *insn = insns; insn < insns + count; insn++) {
		bool is_load = BPF_CLASS(insn->code) == BPF_LDX, is_wide = insn_is_ld_imm64(insn);
		u32 n = is_load ? (u32)insn->off - WALK_PLACE : (u32)insn->imm;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->imm == WALK_CAST) {
			insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
			insn->imm = (s32)w->cast;
		} else if (is_load && n < WALK_FIELDS) {
			if (w->numbers[n] > INT16_MAX)
				return -ERANGE;
			insn->off = (s16)w->numbers[n];
		} else if (is_wide && (u32)insn[1].imm == (u32)(WALK_MARK >> 32) &&
			   n < WALK_NUMBERS) {
			insn->src_reg = n == WALK_PER_CPU ? BPF_PSEUDO_MAP_FD
					: n == WALK_TOLD  ? BPF_PSEUDO_MAP_VALUE
							  : 0;
			insn->imm = (s32)w->numbers[n];
			insn[1].imm = 0;
		}
		insn += is_wide;
	}
	return 0;
}

/* A descriptor or -errno. */
static int load(const struct walk *w)
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
				  "walk", &bytes, &size, &d);
	arena_done(&arena);
	if (err || size > sizeof(insns))
		return err ? err : -E2BIG;
	memcpy(insns, bytes, size);
	err = fill_in(w, insns, (u32)(size / sizeof(*insns)));
	if (err)
		return err;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = TRACE_ITER;
	attr.attach_btf_id = w->iterator;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = (u32)(size / sizeof(*insns));
	attr.license = (u64)(uintptr_t) "GPL";
	strcpy(attr.prog_name, NAME);
	return handle_call(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* A descriptor of an array of one value, or -errno. */
static int make_map(enum bpf_map_type type, u32 size, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = sizeof(u32);
	attr.value_size = size;
	attr.max_entries = 1;
	attr.map_flags = flags;
	strcpy(attr.map_name, NAME);
	return handle_call(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int open_maps(struct walk *w, u32 what)
{
	u64 files_at, bytes;
	void *told;

	w->numbers[WALK_PROG_ROOM] = what & WALK_PROGS ? w->room[0] : 0;
	w->numbers[WALK_FILE_ROOM] = what & WALK_FILES ? w->room[1] : 0;
	files_at = sizeof(struct walk_head) +
		   (u64)w->numbers[WALK_PROG_ROOM] * sizeof(struct walk_prog);
	/* Files that there is no room for are all put where the last one would be. */
	bytes = files_at + ((u64)w->numbers[WALK_FILE_ROOM] + 1) * sizeof(struct walk_file);
	if (bytes > MAX_TOLD)
		return -E2BIG;
	w->fds[OWN_PER_CPU] = make_map(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(u64), 0);
	if (w->fds[OWN_PER_CPU] < 0)
		return w->fds[OWN_PER_CPU];
	w->fds[OWN_TOLD] = make_map(BPF_MAP_TYPE_ARRAY, (u32)bytes, BPF_F_MMAPABLE);
	if (w->fds[OWN_TOLD] < 0)
		return w->fds[OWN_TOLD];
	told = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fds[OWN_TOLD], 0);
	if (told == MAP_FAILED)
		return -errno;
	w->told = told;
	w->bytes = bytes;
	w->told->wants_progs = !!(what & WALK_PROGS);
	w->told->wants_files = !!(what & WALK_FILES);
	w->told->own = (u32)w->fds[OWN_TOLD];
	w->numbers[WALK_FILES_AT] = (u32)files_at;
	w->numbers[WALK_PER_CPU] = (u32)w->fds[OWN_PER_CPU];
	w->numbers[WALK_TOLD] = (u32)w->fds[OWN_TOLD];
	return 0;
}

static int make_link(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (u32)prog;
	attr.link_create.attach_type = TRACE_ITER;
	return handle_call(BPF_LINK_CREATE, &attr, sizeof(attr));
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

static int run_once(struct walk *w, u32 what)
{
	int err = open_maps(w, what);

	if (err)
		return err;
	w->fds[OWN_PROG] = load(w);
	if (w->fds[OWN_PROG] < 0)
		return w->fds[OWN_PROG];
	w->fds[OWN_LINK] = make_link(w->fds[OWN_PROG]);
	if (w->fds[OWN_LINK] < 0)
		return w->fds[OWN_LINK];
	err = iterate(w->fds[OWN_LINK]);
	return err || !(what & WALK_FILES) || w->told->has_all_files ? err : -EAGAIN;
}

/* ---- what was told */

void walk_link(const struct walk_file *f, char out[WALK_LINK_TEXT])
{
	static const char prefix[] = "anon_inode:";
	const size_t len = sizeof(prefix) - 1;

	_Static_assert(sizeof(prefix) + sizeof(f->name) <= WALK_LINK_TEXT, "it fits");
	memcpy(out, prefix, len);
	memcpy(out + len, f->name, sizeof(f->name));
	out[len + sizeof(f->name)] = '\0';
}

static bool walk_kind(const struct walk_file *f, enum handle_kind *kind)
{
	char link[WALK_LINK_TEXT];

	walk_link(f, link);
	return handle_kind_of_link(link, kind);
}

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

/* Whether our own program and its link and maps are among what was told, as what bpf(2) says. */
static bool tells_own_files(const struct walk *w)
{
	static const enum walk_kind kinds[] = { WALK_PROG, WALK_MAP, WALK_MAP, WALK_LINK };
	const struct walk_file *told = files_of(w);
	u32 found = 0, own = (u32)getpid();
	enum handle_kind kind;

	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		u32 id = handle_id((enum handle_kind)kinds[k], w->fds[k]);

		for (u32 i = 0; id && i < w->told->files; i++)
			found += told[i].process == own && (int)told[i].fd == w->fds[k] &&
				 walk_kind(&told[i], &kind) && (u32)kind == kinds[k] &&
				 told[i].ids[kind] == id;
	}
	return found == ARRAY_SIZE(kinds);
}

static bool tells_own_prog(const struct walk *w)
{
	const struct walk_prog *told = progs_of(w);
	struct bpf_prog_info own = { 0 };
	bool found = false;

	if (handle_info(w->fds[OWN_PROG], &own, sizeof(own)))
		return false;
	for (u32 i = 0; i < w->told->progs; i++)
		found |= told[i].id == own.id && is_own(w, &told[i], &own);
	return found;
}

int walk_run(struct walk *w, u32 what)
{
	int err;

	w->room[0] = PROG_ROOM;
	w->room[1] = FILE_ROOM;
	for (;;) {
		forget(w);
		err = run_once(w, what);
		/* Until there was room for all; they may become more meanwhile, but not for long. */
		if (err || (w->told->progs <= w->numbers[WALK_PROG_ROOM] &&
			    w->told->files <= w->numbers[WALK_FILE_ROOM]))
			break;
		w->room[0] = w->told->progs + w->told->progs / 4;
		w->room[1] = w->told->files + w->told->files / 4;
	}
	if (!err && ((what & WALK_PROGS && !tells_own_prog(w)) ||
		     (what & WALK_FILES && !tells_own_files(w))))
		err = -EPROTO;
	if (!err)
		w->own = handle_id(HANDLE_PROG, w->fds[OWN_PROG]);
	else
		forget(w);
	close_fds(w);
	return err;
}

void walk_each_file(const struct walk *w, void (*fn)(void *arg, const struct walk_file *f),
		    void *arg)
{
	u32 own = (u32)getpid();

	for (u32 i = 0; w->told && i < w->told->files; i++)
		if (files_of(w)[i].process != own)
			fn(arg, &files_of(w)[i]);
}

void walk_each_prog(const struct walk *w, void (*fn)(void *arg, const struct walk_prog *p),
		    void *arg)
{
	for (u32 i = 0; w->told && i < w->told->progs; i++)
		if (progs_of(w)[i].id != w->own)
			fn(arg, &progs_of(w)[i]);
}

u64 walk_memory(u32 pages)
{
	return (u64)pages * (u64)sysconf(_SC_PAGESIZE);
}

bool walk_pays_for_files(void)
{
	struct sysinfo info;

	return !sysinfo(&info) && info.procs > FEW_PROCESSES;
}

bool walk_pays_for_progs(void)
{
	u32 id = 0, n = 0;

	while (n <= FEW_PROGS && !handle_next(HANDLE_PROG, &id))
		n++;
	return n > FEW_PROGS;
}
