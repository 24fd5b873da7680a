/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work queues: a field of a map's value that a function is attached to, which runs later, by itself, and may sleep. Its arguments
 * are those of a timer's callback.
 */
#include <string.h>

#include "verify/kfunc.h"

static bool give_field(struct engine *e, struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);
	const char *who = c->k->info->name;

	if (p->kind != REG_VALUE || p->maybe_null || !scalar_is_const(&p->n))
		return engine_fail_argument(e, who, r, "a field of a map value");
	const struct field *f = fields_find(engine_map_fields(e, p->map), FIELD_WORK_QUEUE);
	if (!f || (s64)p->off + (s64)p->n.bits.value != f->offset)
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "argument %u of %s() has to point to the struct bpf_wq of the "
				   "value",
				   r, who);
	c->object = *p;
	return true;
}

static bool give_map(struct engine *e, const struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);

	if (p->kind != REG_MAP || p->maybe_null)
		return engine_fail_argument(e, c->k->info->name, r, "a map");
	return p->map == c->object.map ||
	       engine_fail(e, VERIFY_ARGUMENT, "give it the map that the value is of",
			   "argument %u of %s() is map %s, and the work queue is in a value of %s",
			   r, c->k->info->name, e->img->maps.at[p->map].name,
			   e->img->maps.at[c->object.map].name);
}

bool work_argument(struct engine *e, struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);
	const char *name = c->k->info->name;

	if (r == 1)
		return give_field(e, c, r);
	if (r == 2 && !strcmp(name, "bpf_wq_init"))
		return give_map(e, c, r);
	if (r == 2 && !strcmp(name, "bpf_wq_set_callback_impl")) {
		if (p->kind != REG_FUNC)
			return engine_fail_argument(e, name, r, "a function");
		c->func = p->size;
		return c->has_func = true;
	}
	return p->kind == REG_SCALAR || engine_fail_argument(e, name, r, "a number");
}
