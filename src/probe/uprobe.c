/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uprobe:BINARY:FUNCTION[+OFFSET], uprobe:BINARY:ADDRESS, uretprobe:BINARY:FUNCTION.
 * The kernel sets these by file and offset, so functions are looked up in the ELF file here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe/binary.h"
#include "probe/elf_symbols.h"
#include "probe/providers.h"
#include "probe/register.h"

static int parse_form(const struct parts *p, enum attach kind, struct diag *d)
{
	if (p->n == 4 && !strcmp(p->at[2].text, "cpp"))
		return diag_error(d, p->at[2].loc, "C++ names are not supported yet");
	provider_form_error(kind, p->loc, d);
	if (p->n > 3)
		diag_hint(d, "put a name with colons in quotes");
	return -EINVAL;
}

static int uprobe_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			struct diag *d)
{
	struct part *name = &p->at[2];
	bool has = false;
	int err;

	(void)c;
	if (p->n != 3 || !*name->text)
		return parse_form(p, out->kind, d);
	out->module = p->at[1].text;
	if (name->text[0] == '@')
		return diag_error(d, name->loc, "source lines (@FILE:LINE) are not supported yet");
	if (name->text[0] >= '0' && name->text[0] <= '9' && !name->quoted) {
		out->is_wild = text_is_glob(out->module);
		if (!parts_number(name->text, &out->offset))
			return diag_error(d, name->loc, "'%s' is not an address", name->text);
		return 0;
	}
	err = parts_cut_offset(name, &out->offset, &has, d);
	if (err)
		return err;
	out->func = name->text;
	out->is_wild = text_is_glob(out->func) || text_is_glob(out->module) || !*out->module;
	if (!*out->func)
		return parse_form(p, out->kind, d);
	if (has && text_is_glob(out->func))
		return diag_error(d, name->loc, "a wildcard cannot have an offset");
	if (has && out->kind == ATTACH_URETPROBE)
		return diag_error(d, name->loc, "uretprobe needs a function, without an offset");
	return 0;
}

struct found {
	const char *name;
	u64 offset;
};

/* One spec in one file. */
struct search {
	struct collect *col;
	const struct probe_spec *spec;
	const struct binary *binary;
	bool is_glob;
	vec_of(struct found) all; /* of a wildcard */
	struct elf_symbol match;  /* of a plain name */
	bool has_match;
	struct nearest near;
	size_t binaries_with_match;
};

static bool search_glob(void *arg, const struct elf_symbol *sym)
{
	struct search *s = arg;

	if (!text_glob(s->spec->func, sym->name))
		return true;
	if (s->all.n > PROBE_MAX_TARGETS * 4) {
		s->col->full = true;
		return false;
	}
	*vec_add(s->col->c->arena, &s->all) = (struct found){
		.name = arena_strdup(s->col->c->arena, sym->name),
		.offset = sym->offset,
	};
	return true;
}

static bool search_name(void *arg, const struct elf_symbol *sym)
{
	struct search *s = arg;

	if (strcmp(sym->name, s->spec->func) != 0)
		return true;
	s->match = *sym;
	s->match.name = NULL;
	s->has_match = true;
	return sym->is_ifunc;
}

static bool search_near(void *arg, const struct elf_symbol *sym)
{
	struct search *s = arg;

	provider_nearest(s->col->c->arena, &s->near, sym->name);
	return true;
}

static bool add_target(struct search *s, const char *func, u64 file_offset)
{
	struct arena *a = s->col->c->arena;
	const char *kind = attach_info(s->col->kind)->name;
	const char *shown = s->binary->shown;
	struct probe_target t = {
		.module = s->binary->path,
		.func = func,
		.offset = file_offset,
		.pid = s->col->c->pid,
	};

	if (!func)
		t.name = arena_printf(a, "%s:%s:0x%" PRIx64, kind, shown, s->spec->offset);
	else if (s->spec->offset)
		t.name = arena_printf(a, "%s:%s:%s+%" PRIu64, kind, shown, func, s->spec->offset);
	else
		t.name = arena_printf(a, "%s:%s:%s", kind, shown, func);
	return collect_add(s->col, t);
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* By place, and there the plainest name first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	size_t ux = underscores(x->name), uy = underscores(y->name);

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (ux != uy)
		return ux < uy ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* A function that has several names gets one probe. */
static void add_found(struct search *s)
{
	if (!s->all.n)
		return;
	qsort(s->all.at, s->all.n, sizeof(*s->all.at), compare_found);
	for (size_t i = 0; i < s->all.n; i++) {
		const struct found *f = &s->all.at[i];

		if (i && f->offset == f[-1].offset && !s->col->aliases)
			continue;
		if (!add_target(s, f->name, f->offset))
			break;
	}
	s->binaries_with_match++;
}

static int add_match(struct search *s, struct diag *d)
{
	const struct probe_spec *spec = s->spec;
	const char *func = spec->func;

	if (!s->has_match)
		return 0;
	if (spec->offset && s->match.size && spec->offset >= s->match.size)
		return diag_error(d, spec->loc,
				  "offset %" PRIu64 " is outside of '%s', which has %" PRIu64
				  " bytes",
				  spec->offset, func, s->match.size);
	if (s->match.is_ifunc) {
		diag_warning(d, spec->loc, "'%s' only picks its code when a program starts", func);
		diag_hint(d, "probe what it picks: `skep list 'uprobe:%s:*%s*'`", spec->module,
			  func);
	}
	add_target(s, func, s->match.offset + spec->offset);
	s->binaries_with_match++;
	return 0;
}

static int search_binary(struct search *s, struct elf_symbols *e, struct diag *d)
{
	u64 offset;

	if (!s->spec->func) {
		if (!elf_symbols_offset(e, s->spec->offset, &offset))
			return 0;
		add_target(s, NULL, offset);
		s->binaries_with_match++;
		return 0;
	}
	s->all.n = 0;
	s->has_match = false;
	elf_symbols_each(e, s->is_glob ? search_glob : search_name, s);
	if (s->is_glob)
		add_found(s);
	else
		return add_match(s, d);
	return 0;
}

static int not_found(struct search *s, const binaries *files, struct diag *d)
{
	const struct probe_spec *spec = s->spec;
	const char *kind = attach_info(spec->kind)->name;
	const char *where = files->n == 1 ? files->at[0].path : spec->module;
	const char *why;

	if (!spec->func) {
		diag_error(d, spec->loc, "no executable code at address 0x%" PRIx64 " of %s",
			   spec->offset, where);
		return -ENOENT;
	}
	diag_error(d, spec->loc, "no function '%s' in %s", spec->func, where);
	s->near = nearest_to(spec->func);
	for (size_t i = 0; i < files->n && i < 16; i++) {
		struct elf_symbols *e = elf_symbols_open(files->at[i].path, &why);

		if (e)
			elf_symbols_each(e, search_near, s);
		elf_symbols_close(e);
	}
	if (nearest_name(&s->near))
		diag_hint(d, "did you mean '%s:%s:%s'?", kind, spec->module,
			  nearest_name(&s->near));
	return -ENOENT;
}

static int uprobe_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	struct search s = { .col = col, .spec = spec };
	binaries files = { 0 };
	const char *why;
	int err = binary_find(col->c, spec->module, &files, &why);

	if (err) {
		diag_error(d, spec->loc, "cannot find the binary '%s': %s", spec->module, why);
		return err;
	}
	s.is_glob = spec->func && text_is_glob(spec->func);
	for (size_t i = 0; i < files.n && !err && !col->full; i++) {
		struct elf_symbols *e = elf_symbols_open(files.at[i].path, &why);

		if (!e && files.n == 1) {
			diag_error(d, spec->loc, "cannot probe %s: %s", files.at[i].path, why);
			return -ENOENT;
		}
		s.binary = &files.at[i];
		if (e)
			err = search_binary(&s, e, d);
		elf_symbols_close(e);
	}
	if (!err && !s.binaries_with_match && !s.is_glob)
		return not_found(&s, &files, d);
	return err;
}

static int uprobe_args(struct probe_context *c, const struct probe_target *t,
		       struct probe_args *out, const char **why)
{
	(void)c;
	if (t->kind == ATTACH_URETPROBE) {
		out->retval = &type_u64;
		out->retval_offset = register_return();
		return 0;
	}
	out->arg_count = REGISTER_ARGS;
	*why = "the names of a program's arguments are in its DWARF, which is not supported yet";
	return -ENOENT;
}

/* A whole system's programs are too many to list; a process's are not. */
static void uprobe_list(struct collect *col)
{
	struct probe_spec spec = { .kind = col->kind, .module = "*", .func = "*", .is_wild = true };
	struct arena scratch;
	struct diag unused;

	if (!col->c->pid)
		return;
	arena_init(&scratch);
	diag_init(&unused, &scratch);
	uprobe_expand(col, &spec, &unused);
	arena_done(&scratch);
}

const struct provider uprobe_provider = {
	.form = "BINARY:FUNCTION",
	.parse = uprobe_parse,
	.expand = uprobe_expand,
	.args = uprobe_args,
	.list = uprobe_list,
};

int probe_user_symbol(struct probe_context *c, const char *path, const char *symbol, u64 *addr,
		      u64 *size)
{
	binaries files = { 0 };
	struct elf_symbols *e;
	struct elf_symbol s;
	const char *why;
	bool found;

	if (!path && !c->pid)
		return -ENOENT;
	if (!path)
		path = arena_printf(c->arena, "/proc/%u/exe", c->pid);
	if (binary_find(c, path, &files, &why))
		return -ENOENT;
	e = elf_symbols_open(files.at[0].path, &why);
	if (!e)
		return -EINVAL;
	found = elf_symbols_find(e, symbol, &s);
	elf_symbols_close(e);
	if (!found)
		return -ENOENT;
	*addr = s.address;
	*size = s.size;
	return 0;
}
