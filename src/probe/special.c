/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes of skep itself: begin, end, and signals that it gets (self:signal:SIGUSR1). */
#include <signal.h>
#include <string.h>

#include "probe/providers.h"

/* Signals that a script may have for itself: those by which nobody expects to end skep. */
static const struct {
	const char *name;
	u32 number;
} signals[] = {
	{ "SIGUSR1", SIGUSR1 },
	{ "SIGUSR2", SIGUSR2 },
	{ "SIGWINCH", SIGWINCH },
};

static int special_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			 struct diag *d)
{
	(void)c, (void)p, (void)out, (void)d;
	return 0;
}

static void special_list(struct collect *col)
{
	collect_add(col, (struct probe_target){ .name = attach_info(col->kind)->name });
}

const struct provider special_provider = {
	.parse = special_parse,
	.expand = provider_expand_one,
	.list = special_list,
};

static int self_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
		      struct diag *d)
{
	const struct part *name = &p->at[2];
	struct nearest near;

	(void)c;
	if (p->n != 3 || strcmp(p->at[1].text, "signal") != 0)
		return provider_form_error(ATTACH_SELF, p->loc, d);
	near = nearest_to(name->text);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		nearest_try(&near, signals[i].name);
		if (strcmp(name->text, signals[i].name) != 0)
			continue;
		out->module = "signal";
		out->func = signals[i].name;
		out->signal = signals[i].number;
		return 0;
	}
	diag_error(d, name->loc, "signal '%s' cannot be probed", name->text);
	diag_hint(d, "use SIGUSR1, SIGUSR2 or SIGWINCH");
	if (nearest_name(&near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

static void self_list(struct collect *col)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		collect_add(col, (struct probe_target){
					 .name = arena_printf(col->c->arena, "self:signal:%s",
							      signals[i].name),
					 .module = "signal",
					 .func = signals[i].name,
					 .signal = signals[i].number,
				 });
}

const struct provider self_provider = {
	.form = "signal:SIGUSR1",
	.parse = self_parse,
	.expand = provider_expand_one,
	.list = self_list,
};
