/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which helpers a type of programs may call. One program calls many of them, with arguments that are right as far as the tables
 * tell; when it is rejected, the call that the verifier has stopped at says so itself, all before it may be called, and the rest
 * is tried again:
 *
 *	r1 = r6; r2 = 0; call A		passed
 *	r1 = r10 - 64; r2 = 8; call B	"program of this type cannot use helper": no
 *	r1 = r6; call C			not seen yet: begins the next program
 *
 * What is wrong with a call's arguments is found only once the call itself is allowed, so it need not be right.
 * A helper that wants a socket, a lock or the like is called alone, and with nothing.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/survey_impl.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

enum {
	BATCH = 64,      /* calls in a program */
	CALL_INSNS = 11, /* at most, with the arguments */
	ROOM = 64,       /* bytes of the stack that arguments point to */
	SIZE = 8,        /* of what they point to */
	HEAD_INSNS = 16,
};

struct call_batch {
	struct bpf_insn insns[HEAD_INSNS + BATCH * CALL_INSNS];
	u32 n;
	u32 at[BATCH]; /* where the calls are */
	u32 count;
	int map; /* of the call that is being put */
};

/* As programs of the type have it, else as most do. */
static const struct helper_info *find_form(u32 helper, u32 type)
{
	const struct helper_info *h = helper_info_for(helper, type);

	return h ? h : helper_info(helper);
}

/* A map that the helper takes, made when it is first needed; -1: none. */
static int find_map(struct survey *s, const struct survey_prog *p, u32 helper)
{
	/* Those that sleep take few types of maps, and the verifier says so before it looks at calls. */
	for (u32 type = 1; type < MAP_TYPE_COUNT && !(p->flags & BPF_F_SLEEPABLE); type++) {
		if (!map_type_takes(type, helper, p->type, p->attach) || s->maps[type] == -1)
			continue;
		if (!s->maps[type])
			s->maps[type] = survey_map(s, type, -1, -1);
		if (s->maps[type] > 0)
			return s->maps[type];
		s->maps[type] = -1;
	}
	return -1;
}

/*
 * Whether it is called alone, without arguments: it fails at them, if not before. So are those that want what cannot be had so
 * simply: small programs are rejected sooner.
 */
static bool is_plain(const struct helper_info *h)
{
	if (!h || h->flags & (HELPER_ACQUIRES | HELPER_RELEASES | HELPER_SLEEPS))
		return true;
	for (u32 i = 0; i < HELPER_ARGS; i++) {
		switch (h->args[i]->kind) {
		case HELPER_KIND_NONE:
		case HELPER_KIND_ANY:
		case HELPER_KIND_SCALAR:
		case HELPER_KIND_CTX:
		case HELPER_KIND_MAP:
		case HELPER_KIND_KEY:
		case HELPER_KIND_VALUE:
		case HELPER_KIND_MEM:
		case HELPER_KIND_SIZE:
		case HELPER_KIND_ALLOC_SIZE:
			continue;
		default:
			return true;
		}
	}
	return false;
}

static void put(struct call_batch *b, struct bpf_insn insn)
{
	b->insns[b->n++] = insn;
}

static void put_argument(struct call_batch *b, u8 reg, const struct helper_arg *arg)
{
	switch (arg->kind) {
	case HELPER_KIND_NONE:
		break;
	case HELPER_KIND_CTX:
		put(b, insn_mov64_reg(reg, 6));
		break;
	case HELPER_KIND_MAP:
		insn_ld_imm64(&b->insns[b->n], reg, BPF_PSEUDO_MAP_FD, (u32)b->map);
		b->n += 2;
		break;
	case HELPER_KIND_KEY:
	case HELPER_KIND_VALUE:
	case HELPER_KIND_MEM:
		put(b, insn_mov64_reg(reg, 10));
		put(b, insn_alu64_imm(BPF_ADD, reg, -ROOM));
		break;
	case HELPER_KIND_SIZE:
	case HELPER_KIND_ALLOC_SIZE:
		put(b, insn_mov64_imm(reg, SIZE));
		break;
	default:
		put(b, insn_mov64_imm(reg, 0));
	}
}

static void put_call(struct call_batch *b, u32 helper, u32 type, int map)
{
	const struct helper_info *h = find_form(helper, type);

	b->map = map;

	for (u8 i = 0; i < HELPER_ARGS; i++)
		put_argument(b, (u8)(i + 1), h->args[i]);
	b->at[b->count++] = b->n;
	put(b, insn_call((s32)helper));
}

static void begin(struct call_batch *b)
{
	b->n = b->count = 0;
	put(b, insn_mov64_reg(6, 1));
	put(b, insn_mov64_imm(0, 0));
	for (s16 off = -ROOM; off < 0; off = (s16)(off + 8))
		put(b, insn_store_reg(BPF_DW, 10, off, 0));
}

static void end(struct call_batch *b, const struct survey_prog *p)
{
	s32 min = 0, max;

	prog_type_range(p->type, p->attach, &min, &max);
	put(b, insn_mov64_imm(0, min));
	put(b, insn_exit());
}

/* The last instruction that the log shows, "12: (85) call"; -1: none. */
static long last_insn(const char *log)
{
	long last = -1;

	for (const char *line = log; line; line = strchr(line, '\n')) {
		char *rest;
		long n;

		line += *line == '\n';
		if (!isdigit((unsigned char)*line))
			continue;
		n = strtol(line, &rest, 10);
		if (!strncmp(rest, ": (", 3))
			last = n;
	}
	return last;
}

static bool is_refused(const char *log)
{
	return strstr(log, "unknown func ") || strstr(log, "cannot use helper") ||
	       strstr(log, "invalid func ") || strstr(log, "helper call is not allowed");
}

static void note(struct survey *s, u32 type, u32 helper, bool yes, int err)
{
	struct survey_row *row =
		survey_add(s, SURVEY_HELPERS, helper_name(helper), yes ? SURVEY_YES : SURVEY_NO);
	const char *config;

	row->group = prog_type_info(type)->name;
	row->id = helper;
	if (yes)
		return;
	config = survey_config_why(s, since_helper_config(helper));
	if (config)
		row->why = config;
	else
		survey_explain(s, row, since_helper(helper), err);
}

/*
 * The first of the calls that has not been passed, by the newest log; count if all have. What fails after the verifier has gone
 * through it all, such as a map of another program's, has only the count of instructions in the log.
 */
static u32 find_stop(const struct call_batch *b, const char *log)
{
	long insn = last_insn(log);
	u32 i = 0;

	if (!strncmp(log, "processed ", strlen("processed ")))
		return b->count;
	while (i < b->count && (long)b->at[i] < insn)
		i++;
	return i;
}

static void ask_one(struct survey *s, const struct survey_prog *p, u32 helper)
{
	const struct bpf_insn insns[] = {
		insn_call((s32)helper),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	int err = survey_load(s, p, insns, ARRAY_SIZE(insns));

	note(s, p->type, helper, !err || (*s->log && !is_refused(s->log)), -err);
}

static void ask_many(struct survey *s, const struct survey_prog *p, const u32 *helpers, u32 n)
{
	struct call_batch *b = arena_new(s->arena, struct call_batch);
	u32 done = 0, stop;

	while (done < n) {
		int err;

		begin(b);
		for (u32 i = done; i < n && b->count < BATCH; i++)
			put_call(b, helpers[i], p->type, find_map(s, p, helpers[i]));
		end(b, p);
		err = survey_load(s, p, b->insns, b->n);
		stop = err ? find_stop(b, s->log) : b->count;
		for (u32 i = 0; i < stop; i++)
			note(s, p->type, helpers[done + i], true, 0);
		/* What has stopped it may be an argument, which the type does not have as others do. */
		if (stop < b->count && is_refused(s->log))
			note(s, p->type, helpers[done + stop++], false, -err);
		else if (stop < b->count)
			ask_one(s, p, helpers[done + stop++]);
		done += stop;
	}
}

/* Those that warn in the kernel's log when they are loaded. */
static bool is_loud(u32 helper)
{
	return helper == HELPER_trace_printk || helper == HELPER_trace_vprintk ||
	       helper == HELPER_probe_write_user;
}

/* The tables say of Linux 6.12 who may call what; later ones let more do so. */
static bool is_candidate(const struct survey *s, u32 helper, u32 type)
{
	if (!helper_name(helper) || (is_loud(helper) && !s->is_full))
		return false;
	return s->is_full || helper_info_for(helper, type) || since_helper_widened(helper);
}

static bool wants_map(const struct helper_info *h)
{
	for (u32 i = 0; i < HELPER_ARGS; i++) {
		if (h->args[i]->kind == HELPER_KIND_MAP)
			return true;
	}
	return false;
}

static void ask_type(struct survey *s, const struct survey_prog *p)
{
	u32 *many = arena_array(s->arena, u32, HELPER_NUMBERS), n = 0;

	for (u32 h = 1; h < HELPER_NUMBERS; h++) {
		if (!is_candidate(s, h, p->type))
			continue;
		if (is_plain(find_form(h, p->type)) ||
		    (wants_map(find_form(h, p->type)) && find_map(s, p, h) < 0))
			ask_one(s, p, h);
		else
			many[n++] = h;
	}
	ask_many(s, p, many, n);
}

static int by_number(const void *a, const void *b)
{
	const struct survey_row *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void survey_helpers(struct survey *s)
{
	struct survey_list *list = &s->parts[SURVEY_HELPERS];

	survey_ask(s, SURVEY_PROGS);
	for (size_t i = 0; i < s->parts[SURVEY_PROGS].rows.n; i++) {
		const struct survey_row *row = &s->parts[SURVEY_PROGS].rows.at[i];
		size_t before = list->rows.n;
		struct survey_prog p;

		if (row->state != SURVEY_YES || !survey_prog_of(s, row->id, &p) ||
		    row->id == PROG_EXT || row->id == PROG_STRUCT_OPS)
			continue;
		ask_type(s, &p);
		qsort(list->rows.at + before, list->rows.n - before, sizeof(*list->rows.at),
		      by_number);
	}
}
