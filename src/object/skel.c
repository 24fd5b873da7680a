/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header is written from pieces of text in which @ stands for the skeleton's name:
 *
 *	types of variables | struct @ | what libbpf is told of it | verbs | the object's bytes
 */
#include "object/skel.h"

#include <ctype.h>
#include <string.h>

#include "object/image_impl.h"
#include "object/skel_impl.h"

enum { LINE_BYTES = 100 };

bool skel_is_name(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > SKEL_MAX_NAME || isdigit((unsigned char)*name))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	}
	return true;
}

const char *skel_default_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);

	if (n > 2 && !strcmp(base + n - 2, ".o"))
		n -= 2;
	if (n > SKEL_MAX_NAME - 2)
		n = SKEL_MAX_NAME - 2;
	return skel_identifier(a, n ? arena_strndup(a, base, n) : "object");
}

void skel_put(struct skel *s, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "@");

		buf_put(s->out, text, n);
		text += n;
		if (*text == '@') {
			buf_puts(s->out, s->opts->name);
			text++;
		}
	}
}

/* ---- maps */

/* libbpf makes a map of each variable here. */
static void find_ops(struct skel *s)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (s->img->btf && (t = rawbtf_next(s->img->btf, &it)) != NULL) {
		const char *name = rawbtf_str(s->img->btf, t->name_off);
		const struct btf_var_secinfo *vars = (const struct btf_var_secinfo *)(t + 1);

		if (image_type_kind(t) != BTF_KIND_DATASEC ||
		    (strcmp(name, ".struct_ops") != 0 && strcmp(name, ".struct_ops.link") != 0))
			continue;
		for (u32 i = 0; i < image_type_count(t); i++) {
			const struct btf_type *var = rawbtf_type(s->img->btf, vars[i].type);
			const char *text = var ? rawbtf_str(s->img->btf, var->name_off) : "";

			if (!*text)
				continue;
			*vec_add(s->arena, &s->maps) = (struct skel_map){
				.name = text,
				.field = skel_identifier(s->arena, text),
				.is_ops = true,
			};
			s->has_ops = true;
		}
	}
}

static int find_maps(struct skel *s, struct diag *d)
{
	for (size_t i = 0; i < s->img->maps.n; i++) {
		const struct image_map *m = &s->img->maps.at[i];
		struct skel_map *map;

		if (m->origin == IMAGE_MAP_LEGACY)
			return diag_error(d, LOC_NONE,
					  "map '%s' is declared in the old way, which libbpf 1.0 "
					  "and newer do not load",
					  m->name);
		if (!strcmp(m->name, ".common"))
			return diag_error(d, LOC_NONE,
					  "the object has variables that no section has "
					  "(-fcommon), which libbpf does not load");
		map = vec_add(s->arena, &s->maps);
		map->name = m->name;
		map->field = skel_identifier(s->arena, m->name + (*m->name == '.'));
		if (m->origin != IMAGE_MAP_BTF && m->variables.n)
			map->data = map->field;
	}
	find_ops(s);
	return 0;
}

/* ---- variables */

static void put_section(struct skel *s, struct skel_types *types, const struct image_map *m)
{
	u32 n = (u32)m->variables.n;
	struct skel_member *members = arena_array(s->arena, struct skel_member, n + 1);

	for (u32 i = 0; i < n; i++) {
		const struct image_variable *v = &m->variables.at[i];
		const struct btf_type *var = rawbtf_type(s->img->btf, v->type);

		members[i] = (struct skel_member){
			.name = v->name,
			.type = var ? var->type : 0,
			.size = v->size,
			.bit_offset = (u64)v->offset * 8,
		};
		/* Static variables of several functions may have one name. */
		for (u32 k = 0; k < i; k++) {
			if (!strcmp(members[k].name, v->name))
				members[i].name =
					arena_printf(s->arena, "%s_%u", v->name, v->offset);
		}
		skel_types_define(types, members[i].type);
	}
	skel_types_struct(types,
			  arena_printf(s->arena, "%s__%s", s->opts->name,
				       skel_identifier(s->arena, m->name + 1)),
			  members, n);
}

static void put_types(struct skel *s)
{
	struct skel_types types;

	skel_types_init(&types, s->arena, s->img->btf, s->opts->name, s->opts->is_own_types,
			s->out);
	for (size_t i = 0; i < s->img->maps.n; i++) {
		const struct image_map *m = &s->img->maps.at[i];

		if (m->origin != IMAGE_MAP_BTF && m->variables.n)
			put_section(s, &types, m);
	}
}

/* ---- the struct */

void skel_put_handles(struct skel *s)
{
	if (s->maps.n) {
		skel_put(s, "\tstruct {\n");
		for (size_t i = 0; i < s->maps.n; i++)
			buf_printf(s->out, "\t\tstruct bpf_map *%s;\n", s->maps.at[i].field);
		skel_put(s, "\t} maps;\n");
	}
	if (s->img->progs.n) {
		skel_put(s, "\tstruct {\n");
		for (size_t i = 0; i < s->img->progs.n; i++)
			buf_printf(s->out, "\t\tstruct bpf_program *%s;\n",
				   skel_identifier(s->arena, s->img->progs.at[i].name));
		skel_put(s, "\t} progs;\n");
	}
}

static void put_fields(struct skel *s)
{
	skel_put(s, "struct @ {\n\tstruct bpf_object_skeleton *skeleton;\n"
		    "\tstruct bpf_object *obj;\n");
	skel_put_handles(s);
	if (s->img->progs.n || s->has_ops) {
		skel_put(s, "\tstruct {\n");
		for (size_t i = 0; i < s->img->progs.n; i++)
			buf_printf(s->out, "\t\tstruct bpf_link *%s;\n",
				   skel_identifier(s->arena, s->img->progs.at[i].name));
		for (size_t i = 0; i < s->maps.n; i++) {
			if (s->maps.at[i].is_ops)
				buf_printf(s->out, "\t\tstruct bpf_link *%s;\n",
					   s->maps.at[i].field);
		}
		skel_put(s, "\t} links;\n");
	}
	for (size_t i = 0; i < s->maps.n; i++) {
		if (s->maps.at[i].data)
			buf_printf(s->out, "\tstruct %s__%s *%s;\n", s->opts->name,
				   s->maps.at[i].data, s->maps.at[i].data);
	}
	skel_put(s, "#ifdef __cplusplus\n"
		    "\tstatic inline struct @ *open(const struct bpf_object_open_opts *opts = "
		    "nullptr);\n"
		    "\tstatic inline struct @ *open_and_load();\n"
		    "\tstatic inline int load(struct @ *s);\n"
		    "\tstatic inline int attach(struct @ *s);\n"
		    "\tstatic inline void detach(struct @ *s);\n"
		    "\tstatic inline void destroy(struct @ *s);\n"
		    "\tstatic inline const void *elf_bytes(size_t *size);\n"
		    "#endif\n"
		    "};\n\n");
}

/* ---- what libbpf is told */

static void put_map_table(struct skel *s)
{
	if (!s->maps.n)
		return;
	buf_printf(s->out,
		   "\tk->map_cnt = %zu;\n"
		   "\tk->map_skel_sz = (int)sizeof(*k->maps);\n"
		   "\tk->maps = (struct bpf_map_skeleton *)calloc(%zu, sizeof(*k->maps));\n"
		   "\tif (!k->maps)\n\t\treturn -ENOMEM;\n",
		   s->maps.n, s->maps.n);
	for (size_t i = 0; i < s->maps.n; i++) {
		const struct skel_map *m = &s->maps.at[i];

		buf_printf(s->out,
			   "\tk->maps[%zu].name = \"%s\";\n\tk->maps[%zu].map = &s->maps.%s;\n", i,
			   m->name, i, m->field);
		if (m->data && !s->opts->is_sub)
			buf_printf(s->out, "\tk->maps[%zu].mmaped = (void **)&s->%s;\n", i,
				   m->data);
		if (m->is_ops && !s->opts->is_sub)
			buf_printf(
				s->out,
				"#ifdef %s__MAPS_HAVE_LINKS\n\tk->maps[%zu].link = &s->links.%s;\n"
				"#endif\n",
				s->opts->name, i, m->field);
	}
}

static void put_prog_table(struct skel *s)
{
	size_t n = s->img->progs.n;

	if (!n)
		return;
	buf_printf(s->out,
		   "\tk->prog_cnt = %zu;\n"
		   "\tk->prog_skel_sz = (int)sizeof(*k->progs);\n"
		   "\tk->progs = (struct bpf_prog_skeleton *)calloc(%zu, sizeof(*k->progs));\n"
		   "\tif (!k->progs)\n\t\treturn -ENOMEM;\n",
		   n, n);
	for (size_t i = 0; i < n; i++) {
		const char *name = s->img->progs.at[i].name;
		const char *field = skel_identifier(s->arena, name);

		buf_printf(s->out,
			   "\tk->progs[%zu].name = \"%s\";\n\tk->progs[%zu].prog = &s->progs.%s;\n",
			   i, name, i, field);
		if (!s->opts->is_sub)
			buf_printf(s->out, "\tk->progs[%zu].link = &s->links.%s;\n", i, field);
	}
}

void skel_put_tables(struct skel *s)
{
	put_map_table(s);
	put_prog_table(s);
}

static void put_describe(struct skel *s)
{
	skel_put(s, "static inline const void *@__elf_bytes(size_t *size);\n\n"
		    "/* Tells libbpf what there is; destroy frees it. */\n"
		    "static inline int @__describe(struct @ *s)\n{\n"
		    "\tstruct bpf_object_skeleton *k;\n\n"
		    "\tk = (struct bpf_object_skeleton *)calloc(1, sizeof(*k));\n"
		    "\tif (!k)\n\t\treturn -ENOMEM;\n"
		    "\ts->skeleton = k;\n"
		    "\tk->sz = sizeof(*k);\n"
		    "\tk->name = \"@\";\n"
		    "\tk->obj = &s->obj;\n"
		    "\tk->data = @__elf_bytes(&k->data_sz);\n");
	skel_put_tables(s);
	skel_put(s, "\treturn 0;\n}\n\n");
}

/* ---- verbs */

/* Before libbpf 1.5 a skeleton attaches programs only. */
static void put_ops(struct skel *s)
{
	if (!s->has_ops)
		return;
	skel_put(s, "/* What libbpf before 1.5 leaves to the skeleton: maps of struct_ops. */\n"
		    "static inline int @__attach_ops(struct @ *s)\n{\n"
		    "#ifdef @__MAPS_HAVE_LINKS\n\t(void)s;\n#else\n");
	for (size_t i = 0; i < s->maps.n; i++) {
		const char *f = s->maps.at[i].field;

		if (s->maps.at[i].is_ops)
			buf_printf(s->out,
				   "\tif (!s->links.%s) {\n"
				   "\t\ts->links.%s = bpf_map__attach_struct_ops(s->maps.%s);\n"
				   "\t\tif (!s->links.%s)\n\t\t\treturn -errno;\n\t}\n",
				   f, f, f, f);
	}
	skel_put(s, "#endif\n\treturn 0;\n}\n\n"
		    "static inline void @__detach_ops(struct @ *s)\n{\n"
		    "#ifdef @__MAPS_HAVE_LINKS\n\t(void)s;\n#else\n");
	for (size_t i = 0; i < s->maps.n; i++) {
		const char *f = s->maps.at[i].field;

		if (s->maps.at[i].is_ops)
			buf_printf(s->out,
				   "\tbpf_link__destroy(s->links.%s);\n\ts->links.%s = NULL;\n", f,
				   f);
	}
	skel_put(s, "#endif\n}\n\n");
}

static void put_verbs(struct skel *s)
{
	put_ops(s);
	skel_put(s, "/* 0, or the negative error, with errno set. */\n"
		    "static inline int @__load(struct @ *s)\n{\n"
		    "\treturn bpf_object__load_skeleton(s->skeleton);\n}\n\n"
		    "static inline void @__detach(struct @ *s)\n{\n");
	if (s->has_ops)
		skel_put(s, "\t@__detach_ops(s);\n");
	skel_put(s, "\tbpf_object__detach_skeleton(s->skeleton);\n}\n\n"
		    "static inline int @__attach(struct @ *s)\n{\n");
	if (s->has_ops)
		skel_put(s, "\tint err = bpf_object__attach_skeleton(s->skeleton);\n\n"
			    "\treturn err ? err : @__attach_ops(s);\n}\n\n");
	else
		skel_put(s, "\treturn bpf_object__attach_skeleton(s->skeleton);\n}\n\n");
	skel_put(s, "/* Detaches, unloads and frees; NULL will do. */\n"
		    "static inline void @__destroy(struct @ *s)\n{\n"
		    "\tif (!s)\n\t\treturn;\n");
	if (s->has_ops)
		skel_put(s, "\t@__detach_ops(s);\n");
	skel_put(
		s,
		"\tbpf_object__destroy_skeleton(s->skeleton);\n\tfree(s);\n}\n\n"
		"/* To be destroyed; NULL with errno set. opts may be NULL. */\n"
		"static inline struct @ *@__open_opts(const struct bpf_object_open_opts *opts)\n{\n"
		"\tstruct @ *s = (struct @ *)calloc(1, sizeof(*s));\n"
		"\tint err;\n\n"
		"\tif (!s)\n\t\treturn NULL;\n"
		"\terr = @__describe(s);\n"
		"\tif (!err)\n\t\terr = bpf_object__open_skeleton(s->skeleton, opts);\n"
		"\tif (!err)\n\t\treturn s;\n"
		"\t@__destroy(s);\n\terrno = -err;\n\treturn NULL;\n}\n\n"
		"static inline struct @ *@__open(void)\n{\n\treturn @__open_opts(NULL);\n}\n\n"
		"static inline struct @ *@__open_and_load(void)\n{\n"
		"\tstruct @ *s = @__open();\n"
		"\tint err = s ? @__load(s) : 0;\n\n"
		"\tif (!err)\n\t\treturn s;\n"
		"\t@__destroy(s);\n\terrno = -err;\n\treturn NULL;\n}\n\n");
}

static void put_cpp(struct skel *s)
{
	skel_put(s, "#ifdef __cplusplus\n"
		    "struct @ *@::open(const struct bpf_object_open_opts *opts) { return "
		    "@__open_opts(opts); }\n"
		    "struct @ *@::open_and_load() { return @__open_and_load(); }\n"
		    "int @::load(struct @ *s) { return @__load(s); }\n"
		    "int @::attach(struct @ *s) { return @__attach(s); }\n"
		    "void @::detach(struct @ *s) { @__detach(s); }\n"
		    "void @::destroy(struct @ *s) { @__destroy(s); }\n"
		    "const void *@::elf_bytes(size_t *size) { return @__elf_bytes(size); }\n"
		    "#endif\n\n");
}

/* ---- bytes */

static bool is_octal(u8 c)
{
	return c >= '0' && c <= '7';
}

/* As short as C has it; a question mark might begin a trigraph. */
static void put_bytes(struct skel *s, const u8 *data, size_t len)
{
	size_t line = s->out->len;

	buf_puts(s->out, "\t\t\"");
	for (size_t i = 0; i < len; i++) {
		u8 c = data[i];

		if (s->out->len - line > LINE_BYTES) {
			buf_puts(s->out, "\"\n\t\t\"");
			line = s->out->len;
		}
		if (isprint(c) && c != '"' && c != '\\' && c != '?')
			buf_putc(s->out, (char)c);
		else
			buf_printf(s->out, i + 1 < len && is_octal(data[i + 1]) ? "\\%03o" : "\\%o",
				   c);
	}
	buf_puts(s->out, "\";\n");
}

void skel_put_head(struct skel *s, const char *kind)
{
	const char *slash = strrchr(s->opts->source, '/');
	char *source = arena_strdup(s->arena, slash ? slash + 1 : s->opts->source);

	/* Nothing in it may end the comment. */
	for (char *c = source; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("._-+", *c))
			*c = '_';
	}
	buf_printf(
		s->out,
		"/* SPDX-License-Identifier: 0BSD */\n/* Made by skep gen %s: the next time it is "
		"made, changes are lost. */\n/* From %s%s. */\n",
		kind, source, s->opts->is_sub ? "" : ", whose licence the bytes at the end have");
	skel_put(s, "#ifndef @__SKEL_H\n#define @__SKEL_H\n\n"
		    "#include <errno.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include "
		    "<stdlib.h>\n"
		    "#include <linux/types.h>\n#include <bpf/libbpf.h>\n\n"
		    "#ifdef __cplusplus\n#define @__CHECK(fact) static_assert(fact, #fact)\n"
		    "#else\n#define @__CHECK(fact) _Static_assert(fact, #fact)\n#endif\n");
	if (s->has_ops && !s->opts->is_sub)
		skel_put(s, "#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5\n"
			    "#define @__MAPS_HAVE_LINKS\n#endif\n");
	buf_putc(s->out, '\n');
}

int skel_write(struct buf *out, const struct image *img, const void *elf, size_t len,
	       const struct skel_options *opts, struct diag *d)
{
	struct skel s = { .arena = img->arena, .img = img, .opts = opts, .out = out };
	int err = find_maps(&s, d);

	if (err)
		return err;
	if (opts->is_sub) {
		skel_sub_write(&s);
		return 0;
	}
	skel_put_head(&s, "skeleton");
	put_types(&s);
	put_fields(&s);
	put_describe(&s);
	put_verbs(&s);
	put_cpp(&s);
	skel_put(&s, "/* The object itself. */\n"
		     "static inline const void *@__elf_bytes(size_t *size)\n{\n"
		     "\tstatic const char bytes[] __attribute__((aligned(8))) =\n");
	put_bytes(&s, elf, len);
	skel_put(&s,
		 "\n\t*size = sizeof(bytes) - 1;\n\treturn bytes;\n}\n\n#undef @__CHECK\n#endif\n");
	return 0;
}
