/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftests/annotation.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "comment:test_"
#define KIND_DECL_TAG 17 /* younger than some headers that this is built with */

static const struct {
	const char *name;
	u32 flag;
} flags[] = {
	{ "BPF_F_STRICT_ALIGNMENT", 1u << 0 },    { "BPF_F_ANY_ALIGNMENT", 1u << 1 },
	{ "BPF_F_TEST_RND_HI32", 1u << 2 },       { "BPF_F_TEST_STATE_FREQ", 1u << 3 },
	{ "BPF_F_SLEEPABLE", 1u << 4 },           { "BPF_F_XDP_HAS_FRAGS", 1u << 5 },
	{ "BPF_F_TEST_REG_INVARIANTS", 1u << 7 },
};

static u32 flag_value(const char *text)
{
	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!strcmp(text, flags[i].name))
			return flags[i].flag;
	}
	return (u32)strtoul(text, NULL, 0);
}

/* What is behind "name=", or NULL if the tag is another one. */
static const char *value_of(const char *tag, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(tag, name, n) && tag[n] == '=' ? tag + n + 1 : NULL;
}

struct arches {
	bool any, here;
};

/* "0=text", as there may be many. */
static void take_message(struct annotation_case *c, const char *value)
{
	const char *text = strchr(value, '=');

	if (!c->message[0])
		c->message = text ? text + 1 : value;
}

static void take(struct annotation *out, struct arches *arches, bool *is_unprivileged,
		 const char *tag)
{
	const char *value;

	if (!strcmp(tag, "expect_success"))
		out->privileged.verdict = ANNOTATION_ACCEPT;
	else if (!strcmp(tag, "expect_failure"))
		out->privileged.verdict = ANNOTATION_REJECT;
	else if (!strcmp(tag, "expect_success_unpriv"))
		out->unprivileged.verdict = ANNOTATION_ACCEPT;
	else if (!strcmp(tag, "expect_failure_unpriv"))
		out->unprivileged.verdict = ANNOTATION_REJECT;
	else if (!strcmp(tag, "auxiliary") || !strcmp(tag, "auxiliary_unpriv"))
		out->is_auxiliary = true;
	else if ((value = value_of(tag, "prog_flags")))
		out->flags |= flag_value(value);
	else if ((value = value_of(tag, "expect_msg")))
		take_message(&out->privileged, value);
	else if ((value = value_of(tag, "expect_msg_unpriv")))
		take_message(&out->unprivileged, value);
	else if ((value = value_of(tag, "arch"))) {
		arches->any = true;
		arches->here |= !strcmp(value, "X86_64");
	}
	size_t n = strcspn(tag, "="), end = sizeof("_unpriv") - 1;
	*is_unprivileged |= n > end && !strncmp(tag + n - end, "_unpriv", end);
}

void annotation_read(const struct image *img, const struct image_prog *p, struct annotation *out)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;
	struct arches arches = { 0 };
	bool is_unprivileged = false;

	*out = (struct annotation){ .privileged.message = "", .unprivileged.message = "" };
	if (!img->btf || !p->funcs.n || !p->funcs.at[0].type)
		return;
	while ((t = rawbtf_next(img->btf, &it))) {
		const char *tag = rawbtf_str(img->btf, t->name_off);
		if (BTF_INFO_KIND(t->info) != KIND_DECL_TAG || t->type != p->funcs.at[0].type ||
		    *(const s32 *)(t + 1) != -1 || strncmp(tag, PREFIX, sizeof(PREFIX) - 1) != 0)
			continue;
		take(out, &arches, &is_unprivileged, tag + sizeof(PREFIX) - 1);
	}
#ifdef __x86_64__
	out->is_elsewhere = arches.any && !arches.here;
#else
	out->is_elsewhere = arches.any;
#endif
	/* Any tag of the kind makes it a case; what it does not say is as with privilege. */
	if (!is_unprivileged)
		return;
	if (out->unprivileged.verdict == ANNOTATION_NONE)
		out->unprivileged.verdict = out->privileged.verdict;
	if (!out->unprivileged.message[0])
		out->unprivileged.message = out->privileged.message;
}
