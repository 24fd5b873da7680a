/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep btf find, and types by name for others. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/btf/impl.h"
#include "cmd/btf/source.h"

static const struct {
	const char *word;
	u32 kinds;
} words[] = {
	{ "struct", RAWBTF_KIND(BTF_KIND_STRUCT) },
	{ "union", RAWBTF_KIND(BTF_KIND_UNION) },
	{ "enum", RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64) },
	{ "typedef", RAWBTF_KIND(BTF_KIND_TYPEDEF) },
	{ "func", RAWBTF_KIND(BTF_KIND_FUNC) },
	{ "var", RAWBTF_KIND(BTF_KIND_VAR) },
	{ "int", RAWBTF_KIND(BTF_KIND_INT) },
	{ "float", RAWBTF_KIND(BTF_KIND_FLOAT) },
	{ "fwd", RAWBTF_KIND(BTF_KIND_FWD) },
};

/* What a name alone may mean. */
static const u32 usual =
	RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) | RAWBTF_KIND(BTF_KIND_ENUM) |
	RAWBTF_KIND(BTF_KIND_ENUM64) | RAWBTF_KIND(BTF_KIND_TYPEDEF) | RAWBTF_KIND(BTF_KIND_FUNC) |
	RAWBTF_KIND(BTF_KIND_VAR) | RAWBTF_KIND(BTF_KIND_INT) | RAWBTF_KIND(BTF_KIND_FLOAT);

const char *btf_find_word(u32 kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kinds & RAWBTF_KIND(kind))
			return words[i].word;
	return NULL;
}

int btf_find_split(struct noun_args *a, const char *what, u32 *kinds, const char **name)
{
	size_t len = strcspn(what, ":");

	*kinds = usual;
	*name = what;
	if (!what[len])
		return 0;
	*name = what + len + 1;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strncmp(words[i].word, what, len) != 0 || words[i].word[len])
			continue;
		*kinds = words[i].kinds;
		return 0;
	}
	noun_usage(a, "'%.*s' is no kind of type", (int)len, what);
	diag_hint(a->diag, "kinds: struct, union, enum, typedef, func, var, int, float, fwd");
	return -EINVAL;
}

int btf_find_each(struct noun_args *a, const struct rawbtf *b, const char *what,
		  int (*fn)(void *arg, u32 id), void *arg)
{
	struct nearest near;
	const char *name;
	bool found = false, is_glob;
	u32 kinds;
	int err = btf_find_split(a, what, &kinds, &name);

	if (err)
		return err;
	is_glob = text_is_glob(name);
	near = nearest_to(name);
	for (const struct rawbtf *part = b; part && !found; part = rawbtf_base(part)) {
		struct rawbtf_iter it = { 0 };
		const struct btf_type *t;

		while ((t = rawbtf_next(part, &it)) != NULL && !err) {
			const char *s = rawbtf_str(part, t->name_off);

			if (!*s || !(kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info))))
				continue;
			if (is_glob ? !text_glob(name, s) : strcmp(name, s) != 0)
				continue;
			found = true;
			err = fn(arg, it.id);
		}
	}
	if (err || found)
		return err;
	for (const struct rawbtf *part = b; part; part = rawbtf_base(part)) {
		struct rawbtf_iter it = { 0 };
		const struct btf_type *t;

		while ((t = rawbtf_next(part, &it)) != NULL)
			if (kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info)))
				nearest_try(&near, rawbtf_str(part, t->name_off));
	}
	diag_error(a->diag, LOC_NONE, "there is no type '%s'", what);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	return -ENOENT;
}

/* ---- modules */

static bool is_there(const struct rawbtf *b, u32 kinds, const char *name)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(b, &it)) != NULL)
		if (kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info)) &&
		    text_glob(name, rawbtf_str(b, t->name_off)))
			return true;
	return false;
}

static bool module_has(const struct rawbtf *kernel, const char *module, u32 kinds, const char *name)
{
	struct rawbtf *b = NULL;
	char path[300];
	bool has;

	snprintf(path, sizeof(path), BTFFILE_MODULES "/%s", module);
	if (rawbtf_open(path, kernel, &b))
		return false;
	has = is_there(b, kinds, name);
	rawbtf_free(b);
	return has;
}

void btf_find_hint(struct noun_args *a, const struct btf_source *s, const char *what)
{
	DIR *dir = s->by == BTF_SOURCE_FILE && !strcmp(s->path, BTFFILE_KERNEL)
			   ? opendir(BTFFILE_MODULES)
			   : NULL;
	const struct dirent *e;
	const char *name;
	u32 kinds;

	if (!dir || btf_find_split(a, what, &kinds, &name)) {
		if (dir)
			closedir(dir);
		return;
	}
	while ((e = readdir(dir))) {
		if (*e->d_name == '.' || !strcmp(e->d_name, "vmlinux") ||
		    !module_has(s->file.btf, e->d_name, kinds, name))
			continue;
		diag_hint(a->diag, "module %s has it: give the module as source", e->d_name);
		break;
	}
	closedir(dir);
}

/* ---- the verb */

struct find {
	struct noun_args *args;
	const char *base_path;
	const struct rawbtf *btf;
};

static const struct opt options[] = {
	{ 'B', "base-btf", "FILE", "what the BTF continues (modules: the running kernel's)" },
};

static int take_option(struct noun_args *a, int i, const char *value)
{
	struct find *f = a->own;

	(void)i;
	f->base_path = value;
	return 0;
}

static bool has_size(u32 kind)
{
	return RAWBTF_KIND(kind) & (RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) |
				    RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64) |
				    RAWBTF_KIND(BTF_KIND_INT) | RAWBTF_KIND(BTF_KIND_FLOAT));
}

static int print_found(void *arg, u32 id)
{
	struct find *f = arg;
	struct out *o = f->args->out;
	const struct btf_type *t = rawbtf_type(f->btf, id);
	u32 kind = BTF_INFO_KIND(t->info);
	const char *word = btf_find_word(kind), *name = rawbtf_str(f->btf, t->name_off);

	if (!o->json) {
		out_printf(o, "[%u] %s %s", id, word, name);
		if (has_size(kind))
			out_printf(o, ", %u byte%s", t->size, t->size == 1 ? "" : "s");
		out_puts(o, "\n");
		return 0;
	}
	out_json_open(o, NULL, '{');
	out_json_u64(o, "id", id);
	out_json_str(o, "kind", word, strlen(word));
	out_json_str(o, "name", name, strlen(name));
	if (has_size(kind))
		out_json_u64(o, "size", t->size);
	out_json_close(o, '}');
	return 0;
}

static int run_find(struct noun_args *a)
{
	struct find *f = a->own;
	struct btf_source s;
	const char *what;
	int err = noun_need(a, "the name", &what);

	if (!err)
		err = btf_source_take(a, &s);
	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	err = btf_source_open(a, &s, f->base_path);
	if (!err) {
		f->args = a;
		f->btf = s.file.btf;
		if (a->out->json)
			out_json_open(a->out, NULL, '[');
		err = btf_find_each(a, s.file.btf, what, print_found, f);
		if (err == -ENOENT)
			btf_find_hint(a, &s, what);
		if (a->out->json) {
			out_json_close(a->out, ']');
			out_json_end(a->out);
		}
	}
	btf_source_close(&s);
	return err;
}

const struct noun_verb btf_find_verb = {
	.name = "find",
	.args = "[KIND:]NAME [SOURCE]",
	.help = "Types by their name, which may be a pattern.\n\n"
		"KIND is struct, union, enum, typedef, func, var, int, float or fwd. Without "
		"SOURCE\n"
		"it is the running kernel; 'skep btf dump --help' has the others.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct find),
	.take = take_option,
	.run = run_find,
};
