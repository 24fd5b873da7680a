/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep feature probe: tries it all, or some parts. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/feature/feature.h"

struct probe_words {
	bool is_full, is_unprivileged, has_macros, has_parts;
	bool parts[SURVEY_PARTS];
	const char *prefix, *dev;
	u32 ifindex;
};

static int take_part(struct noun_args *a, struct probe_words *w)
{
	struct nearest near;
	const char *name;
	int part;

	if (noun_need(a, "the section", &name))
		return -EINVAL;
	part = survey_part_find(name);
	if (part >= 0) {
		w->parts[part] = w->has_parts = true;
		return 0;
	}
	noun_usage(a, "there is no section '%s'", name);
	near = nearest_to(name);
	for (int i = 0; i < SURVEY_PARTS; i++)
		nearest_try(&near, survey_part_name((enum survey_part)i));
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag,
			  "sections are system, config, prog_types, attach_types, link_types, "
			  "map_types, helpers, kfuncs, iterators, isa, btf, limits and misc");
	return -EINVAL;
}

static int take_dev(struct noun_args *a, struct probe_words *w)
{
	if (noun_need(a, "the device", &w->dev))
		return -EINVAL;
	w->ifindex = if_nametoindex(w->dev);
	if (!w->ifindex)
		return diag_errno(a->diag, errno, "no device %s", w->dev);
	w->parts[SURVEY_PROGS] = w->parts[SURVEY_MAPS] = w->parts[SURVEY_HELPERS] = true;
	w->has_parts = true;
	return 0;
}

static int take_words(struct noun_args *a, struct probe_words *w)
{
	int err = 0;

	while (noun_peek(a) && !err) {
		if (noun_take(a, "kernel"))
			continue;
		if (noun_take(a, "full"))
			w->is_full = true;
		else if (noun_take(a, "unprivileged"))
			w->is_unprivileged = true;
		else if (noun_take(a, "section"))
			err = take_part(a, w);
		else if (noun_take(a, "dev"))
			err = take_dev(a, w);
		else if (noun_take(a, "macros"))
			w->has_macros = true;
		else if (w->has_macros && noun_take(a, "prefix"))
			err = noun_need(a, "the prefix", &w->prefix);
		else
			return noun_end(a);
	}
	if (!err && w->has_macros && a->out->json)
		return noun_usage(a, "macros are C, there is no JSON of them");
	return err;
}

/* For good: this process then sees what one without privilege sees. */
static int drop_capabilities(struct noun_args *a)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capset, &head, data))
		return diag_errno(a->diag, errno, "cannot give up capabilities");
	return 0;
}

static bool has_bpf_syscall(void)
{
	return syscall(SYS_bpf, -1, NULL, 0) >= 0 || errno != ENOSYS;
}

static int run(struct noun_args *a)
{
	struct probe_words w = { .prefix = "" };
	struct survey *s = arena_new(a->arena, struct survey);
	int err = take_words(a, &w);
	bool has_syscall;

	if (!err && w.is_unprivileged)
		err = drop_capabilities(a);
	if (err)
		return err;
	s->is_full = w.is_full;
	s->is_unprivileged = w.is_unprivileged;
	s->ifindex = w.ifindex;
	has_syscall = has_bpf_syscall();
	survey_init(s, a->arena);
	for (int i = 0; i < SURVEY_PARTS; i++) {
		if (!w.has_parts || w.parts[i])
			survey_ask(s, (enum survey_part)i);
	}
	if (w.has_macros)
		feature_macros(a->out, s, has_syscall, w.prefix);
	else if (a->out->json)
		feature_json(a->out, s, has_syscall);
	else
		feature_text(a->out, s, has_syscall, w.is_full || w.has_parts);
	survey_done(s);
	return 0;
}

const struct noun_verb feature_probe = {
	.name = "probe",
	.args = "[kernel|dev NAME] [full] [unprivileged] [section NAME...] [macros [prefix "
		"PREFIX]]",
	.help = "Try what the kernel can do.\n\n"
		"Loads tiny programs, makes maps and asks for links that cannot be, leaves nothing "
		"behind,\n"
		"and tells what there is and why the rest is not. full: also helpers of types that "
		"are\n"
		"not known to have them, kernel functions by type, and what warns in the kernel's "
		"log;\n"
		"unprivileged: as one sees it who may do nothing. Sections: system, config, "
		"prog_types,\n"
		"attach_types, link_types, map_types, helpers, kfuncs, iterators, isa, btf, "
		"limits, misc.\n",
	.run = run,
};
