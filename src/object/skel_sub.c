/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subskeleton finds its parts in an object that somebody else has opened, by their names. Static variables are nobody else's, so it
 * has none of them; and where a variable lies only libbpf knows, which puts its address into a pointer:
 *
 *	types of variables | struct @ | open | destroy
 */
#include <string.h>

#include "object/image_impl.h"
#include "object/skel_impl.h"

static bool is_section(const struct image_map *m)
{
	return m->origin != IMAGE_MAP_BTF && m->variables.n;
}

static const char *field_of(struct skel *s, const struct image_map *m)
{
	return skel_identifier(s->arena, m->name + (*m->name == '.'));
}

/* The variable as a member, if others may use it. */
static bool take_variable(struct skel *s, const struct image_variable *v, struct skel_member *out)
{
	const struct btf_type *var = rawbtf_type(s->img->btf, v->type);

	if (!var || image_type_kind(var) != BTF_KIND_VAR ||
	    ((const struct btf_var *)(var + 1))->linkage == BTF_VAR_STATIC)
		return false;
	*out = (struct skel_member){ .name = v->name, .type = var->type, .size = v->size };
	return true;
}

/* Calls fn for each variable of a section; how many there are. */
static u32 each_variable(struct skel *s, const struct image_map *m,
			 void (*fn)(void *arg, const char *section, const struct skel_member *v),
			 void *arg)
{
	const char *field = field_of(s, m);
	struct skel_member member;
	u32 n = 0;

	for (size_t i = 0; is_section(m) && i < m->variables.n; i++) {
		if (!take_variable(s, &m->variables.at[i], &member))
			continue;
		n++;
		if (fn)
			fn(arg, field, &member);
	}
	return n;
}

static void define(void *arg, const char *section, const struct skel_member *v)
{
	(void)section;
	skel_types_define(arg, v->type);
}

static void put_pointer(void *arg, const char *section, const struct skel_member *v)
{
	(void)section;
	skel_types_pointer(arg, v);
}

static void put_struct(struct skel *s, struct skel_types *types)
{
	skel_put(s, "struct @ {\n\tstruct bpf_object *obj;\n"
		    "\tstruct bpf_object_subskeleton *subskel;\n");
	skel_put_handles(s);
	for (size_t i = 0; i < s->img->maps.n; i++) {
		const struct image_map *m = &s->img->maps.at[i];

		if (!each_variable(s, m, NULL, NULL))
			continue;
		buf_printf(s->out, "\tstruct {\n");
		each_variable(s, m, put_pointer, types);
		buf_printf(s->out, "\t} %s;\n", field_of(s, m));
	}
	skel_put(s, "#ifdef __cplusplus\n"
		    "\tstatic inline struct @ *open(const struct bpf_object *object);\n"
		    "\tstatic inline void destroy(struct @ *s);\n"
		    "#endif\n"
		    "};\n\n");
}

/* ---- what libbpf is told */

struct rows {
	struct skel *skel;
	u32 n;
};

static void put_row(void *arg, const char *section, const struct skel_member *v)
{
	struct rows *r = arg;

	buf_printf(r->skel->out,
		   "\tk->vars[%u].name = \"%s\";\n\tk->vars[%u].map = &s->maps.%s;\n"
		   "\tk->vars[%u].addr = (void **)&s->%s.%s;\n",
		   r->n, v->name, r->n, section, r->n, section,
		   skel_identifier(r->skel->arena, v->name));
	r->n++;
}

static void put_variable_table(struct skel *s)
{
	struct rows rows = { s, 0 };
	u32 n = 0;

	for (size_t i = 0; i < s->img->maps.n; i++)
		n += each_variable(s, &s->img->maps.at[i], NULL, NULL);
	if (!n)
		return;
	buf_printf(s->out,
		   "\tk->var_cnt = %u;\n"
		   "\tk->var_skel_sz = (int)sizeof(*k->vars);\n"
		   "\tk->vars = (struct bpf_var_skeleton *)calloc(%u, sizeof(*k->vars));\n"
		   "\tif (!k->vars)\n\t\treturn -ENOMEM;\n",
		   n, n);
	for (size_t i = 0; i < s->img->maps.n; i++)
		each_variable(s, &s->img->maps.at[i], put_row, &rows);
}

static void put_verbs(struct skel *s)
{
	skel_put(s, "/* Tells libbpf what there is; destroy frees it. */\n"
		    "static inline int @__describe(struct @ *s)\n{\n"
		    "\tstruct bpf_object_subskeleton *k;\n\n"
		    "\tk = (struct bpf_object_subskeleton *)calloc(1, sizeof(*k));\n"
		    "\tif (!k)\n\t\treturn -ENOMEM;\n"
		    "\ts->subskel = k;\n"
		    "\tk->sz = sizeof(*k);\n"
		    "\tk->obj = s->obj;\n");
	skel_put_tables(s);
	put_variable_table(s);
	skel_put(s,
		 "\treturn 0;\n}\n\n"
		 "/* The object stays its owner's; NULL will do. */\n"
		 "static inline void @__destroy(struct @ *s)\n{\n"
		 "\tif (!s)\n\t\treturn;\n"
		 "\tif (s->subskel)\n\t\tbpf_object__destroy_subskeleton(s->subskel);\n"
		 "\tfree(s);\n}\n\n"
		 "/* Of an object that has all of this, before or after it is loaded. To be "
		 "destroyed "
		 "before it; NULL with errno set. */\n"
		 "static inline struct @ *@__open(const struct bpf_object *object)\n{\n"
		 "\tstruct @ *s = (struct @ *)calloc(1, sizeof(*s));\n"
		 "\tint err;\n\n"
		 "\tif (!s)\n\t\treturn NULL;\n"
		 "\ts->obj = (struct bpf_object *)object;\n"
		 "\terr = @__describe(s);\n"
		 "\tif (!err)\n\t\terr = bpf_object__open_subskeleton(s->subskel);\n"
		 "\tif (!err)\n\t\treturn s;\n"
		 "\t@__destroy(s);\n\terrno = -err;\n\treturn NULL;\n}\n\n"
		 "#ifdef __cplusplus\n"
		 "struct @ *@::open(const struct bpf_object *object) { return @__open(object); }\n"
		 "void @::destroy(struct @ *s) { @__destroy(s); }\n"
		 "#endif\n\n"
		 "#undef @__CHECK\n#endif\n");
}

void skel_sub_write(struct skel *s)
{
	struct skel_types types;

	skel_put_head(s, "subskeleton");
	skel_types_init(&types, s->arena, s->img->btf, s->opts->name, s->opts->is_own_types,
			s->out);
	for (size_t i = 0; i < s->img->maps.n; i++)
		each_variable(s, &s->img->maps.at[i], define, &types);
	put_struct(s, &types);
	put_verbs(s);
}
