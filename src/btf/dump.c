/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface, and what bounds the whole. */
#include <stdlib.h>
#include <string.h>

#include "btf/dump_impl.h"

enum {
	STEPS_PER_BYTE = 64,      /* of BTF: the kernel's needs less than one */
	STEPS_AT_LEAST = 1 << 20, /* for small ones */
};

void dump_fail(struct dump *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (d->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->failed = true;
	diag_error(d->diag, LOC_NONE, "malformed BTF: %s", text);
}

bool dump_spend(struct dump *d, u64 n)
{
	if (n <= d->left) {
		d->left -= n;
		return !d->failed;
	}
	dump_fail(d, "its types written as C are more than %u times as long as itself",
		  (u32)STEPS_PER_BYTE);
	return false;
}

bool dump_descend(struct dump *d, u32 id)
{
	if (d->failed || !dump_spend(d, 1))
		return false;
	if (d->depth == DUMP_MAX_DEPTH) {
		dump_fail(d, "type [%u] is nested too deeply, or made of itself", id);
		return false;
	}
	d->depth++;
	return true;
}

const struct btf_type *dump_type(struct dump *d, u32 id)
{
	if (id < d->end)
		return d->types[id];
	dump_fail(d, "there is no type [%u], which another refers to", id);
	return NULL;
}

u32 dump_kind(struct dump *d, u32 id)
{
	const struct btf_type *t = dump_type(d, id);

	return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

bool dump_is_record(u32 kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

bool dump_is_qualifier(u32 kind)
{
	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT;
}

/* As large as a long, which has the size of a pointer wherever Linux runs. */
static u32 pointer_size(const struct dump *d)
{
	for (u32 id = 1; id < d->end; id++) {
		const struct btf_type *t = d->types[id];
		const char *name = rawbtf_str(d->btf, t->name_off);

		if (BTF_INFO_KIND(t->info) == BTF_KIND_INT && (t->size == 4 || t->size == 8) &&
		    (!strcmp(name, "long") || !strcmp(name, "long int") ||
		     !strcmp(name, "unsigned long") || !strcmp(name, "long unsigned int")))
			return t->size;
	}
	return 8;
}

static void note_types(struct dump *d, const struct rawbtf *b, u64 *bytes)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(b, &it)) != NULL)
		d->types[it.id] = t;
	*bytes += it.pos;
}

static void *zeroes(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		arena_exhausted();
	return p;
}

struct dump *dump_new(const struct rawbtf *b, struct out *out, struct diag *diag)
{
	struct dump *d = zeroes(1, sizeof(*d));
	u64 bytes = 0;

	d->btf = b;
	d->out = out;
	d->diag = diag;
	d->end = rawbtf_end(b);
	arena_init(&d->arena);
	d->types = zeroes(d->end, sizeof(*d->types));
	d->states = zeroes(d->end, sizeof(*d->states));
	d->layouts = zeroes(d->end, sizeof(*d->layouts));
	d->names = zeroes(d->end, sizeof(*d->names));
	for (const struct rawbtf *part = b; part; part = rawbtf_base(part))
		note_types(d, part, &bytes);
	d->left = STEPS_AT_LEAST + bytes * STEPS_PER_BYTE;
	d->ptr_size = pointer_size(d);
	dump_names_init(d);
	return d;
}

void dump_free(struct dump *d)
{
	if (!d)
		return;
	free(d->types);
	free(d->states);
	free(d->layouts);
	free(d->names);
	free(d->used.slots);
	buf_done(&d->text);
	arena_done(&d->arena);
	free(d);
}

void dump_begin(struct dump *d)
{
	out_puts(d->out, "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\n"
			 "#if defined(__bpf__) && defined(__clang__) && "
			 "!defined(BPF_NO_PRESERVE_ACCESS_INDEX)\n"
			 "#pragma clang attribute push (__attribute__((preserve_access_index)), "
			 "apply_to = record)\n"
			 "#endif\n\n");
}

void dump_end(struct dump *d)
{
	out_puts(d->out, "#if defined(__bpf__) && defined(__clang__) && "
			 "!defined(BPF_NO_PRESERVE_ACCESS_INDEX)\n"
			 "#pragma clang attribute pop\n"
			 "#endif\n\n"
			 "#endif /* __VMLINUX_H__ */\n");
}

/* Enums without a name are written by themselves if no type has them inside. */
static void mark_used(struct dump *d, u32 id)
{
	if (id < d->end)
		d->states[id] |= DUMP_USED;
}

static void mark_targets(struct dump *d, const struct btf_type *t)
{
	const struct btf_member *m = (const void *)(t + 1);
	const struct btf_param *p = (const void *)(t + 1);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
			mark_used(d, m[i].type);
		break;
	case BTF_KIND_FUNC_PROTO:
		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
			mark_used(d, p[i].type);
		mark_used(d, t->type);
		break;
	case BTF_KIND_ARRAY:
		mark_used(d, ((const struct btf_array *)(const void *)(t + 1))->type);
		break;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
	case BTF_KIND_DATASEC:
		break;
	default:
		mark_used(d, t->type);
	}
}

int dump_all(struct dump *d)
{
	for (u32 id = 1; id < d->end; id++)
		mark_targets(d, d->types[id]);
	for (u32 id = rawbtf_first(d->btf); id < d->end && !d->failed; id++) {
		const struct btf_type *t = d->types[id];

		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_FWD:
			if (t->name_off)
				dump_need(d, id, true);
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (t->name_off || !(d->states[id] & DUMP_USED))
				dump_define(d, id);
			break;
		}
	}
	return d->failed ? -EINVAL : 0;
}

/* extern int foo(int a); */
static void declare_func(struct dump *d, u32 id, const char *attributes)
{
	const struct btf_type *t = d->types[id];

	if (d->states[id] & DUMP_DEFINED)
		return;
	d->states[id] |= DUMP_DEFINED;
	dump_need(d, t->type, false);
	if (d->failed)
		return;
	buf_puts(&d->text, "extern ");
	dump_declarator(d, t->type, dump_name(d, id), 0);
	buf_puts(&d->text, attributes);
	dump_finish(d, ";\n\n");
}

int dump_root(struct dump *d, u32 id)
{
	const struct btf_type *t = dump_type(d, id);

	if (!t)
		return d->failed ? -EINVAL : 0;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_FUNC:
		declare_func(d, id, "");
		break;
	case BTF_KIND_VAR:
		dump_need(d, t->type, true);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		dump_define(d, id);
		break;
	default:
		dump_need(d, id, true);
	}
	return d->failed ? -EINVAL : 0;
}

int dump_follow(struct dump *d, u32 steps)
{
	size_t done = 0;

	while (steps-- && done < d->pointed.n && !d->failed)
		for (size_t end = d->pointed.n; done < end && !d->failed; done++)
			dump_need(d, d->pointed.at[done], true);
	return d->failed ? -EINVAL : 0;
}

int dump_kfuncs(struct dump *d)
{
	out_puts(d->out,
		 "#ifndef __weak\n#define __weak __attribute__((weak))\n#endif\n"
		 "#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n\n");
	for (size_t i = 0; i < d->n_tags && !d->failed; i++) {
		u32 id = d->tags[i].type;

		if (!strcmp(d->tags[i].text, "bpf_kfunc") && id >= rawbtf_first(d->btf) &&
		    dump_kind(d, id) == BTF_KIND_FUNC)
			declare_func(d, id, " __weak __ksym");
	}
	return d->failed ? -EINVAL : 0;
}

const char *dump_declare(struct dump *d, u32 id, const char *name)
{
	d->is_line = true;
	buf_clear(&d->text);
	dump_declarator(d, id, name, 0);
	d->is_line = false;
	return d->failed ? NULL : buf_str(&d->text);
}
