/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program on many functions: kprobe.multi/PATTERN, uprobe.multi/PATH:PATTERN and their sessions. libbpf 1.1 knows the first of
 * them only, and takes functions that the kernel does not trace, which refuses all for one such.
 */
#include <string.h>

#include "host/host_impl.h"
#include "isa/prog_type.h"
#include "kernel/multi.h"
#include "probe/probe.h"

struct multi {
	struct host *h;
	const struct host_prog *p;
	const struct probe_target *targets;
	u32 failed;
	int err;           /* of the first that failed */
	const char *first; /* its name */
};

static void linked(void *arg, int link, u32 count)
{
	struct multi *m = arg;

	(void)count;
	host_hold(m->h, m->p, NULL, link);
}

static bool failed(void *arg, u32 target, int err)
{
	struct multi *m = arg;

	if (!m->failed++) {
		m->err = err;
		m->first = m->targets[target].name;
	}
	return err != EPERM && err != EACCES && err != ENOMEM && err != EMFILE;
}

/* What the section says behind its slash; for uprobes up to the first colon it is the file. */
static int read_section(struct host *h, const struct host_prog *p, bool is_user,
			struct probe_spec *out, struct diag *d)
{
	bool is_return = p->section.flags & SECTION_RETURN;
	const char *rest = p->section.rest, *colon = is_user ? strchr(rest, ':') : NULL;
	const char *pattern = colon ? colon + 1 : rest;

	if (!*pattern || (is_user && (!colon || colon == rest))) {
		diag_error(d, LOC_NONE, "%s: the section does not say where to attach",
			   host_prog_text(h, p));
		diag_hint(d, "behind the slash comes %s", p->section.expected);
		return -EINVAL;
	}
	*out = (struct probe_spec){
		.kind = is_user     ? is_return ? ATTACH_URETPROBE : ATTACH_UPROBE
			: is_return ? ATTACH_KRETPROBE
				    : ATTACH_KPROBE,
		.text = arena_printf(&h->arena, "%s:%s", is_user ? "uprobe" : "kprobe", rest),
		.module = colon ? arena_strndup(&h->arena, rest, (size_t)(colon - rest)) : NULL,
		.func = pattern,
	};
	out->is_wild = strpbrk(pattern, "*?") || (out->module && strpbrk(out->module, "*?"));
	return 0;
}

/* A link for each file, one for all functions of the kernel. */
static void attach_all(struct multi *m, const probe_targets *t, bool is_user)
{
	const struct host_prog *p = m->p;
	const char **syms = arena_array(&m->h->arena, const char *, t->n);
	u64 *offsets = arena_array(&m->h->arena, u64, t->n);
	const struct multi_sink sink = { linked, failed, m };
	struct multi_targets all = {
		.prog = bpf_program__fd(p->prog),
		.attach = p->section.attach,
		.flags = p->section.flags & SECTION_RETURN ? MULTI_RETURN : 0,
		.syms = is_user ? NULL : syms,
		.values = offsets,
	};
	bool goes_on = true;

	for (size_t i = 0; i < t->n; i++) {
		syms[i] = t->at[i].func;
		offsets[i] = t->at[i].offset;
	}
	for (size_t i = 0, n; i < t->n && goes_on; i += n) {
		for (n = 1; i + n < t->n; n++)
			if (is_user && strcmp(t->at[i].module, t->at[i + n].module) != 0)
				break;
		all.path = is_user ? t->at[i].module : NULL;
		goes_on = multi_link(&all, (u32)i, (u32)n, &sink);
	}
}

static int report(struct multi *m, size_t count, u32 links, struct diag *d)
{
	struct host *h = m->h;

	if (!m->failed)
		return 0;
	if (links) {
		diag_warning(d, LOC_NONE, "%s is not attached to %u of %zu functions; %s: %s",
			     host_prog_text(h, m->p), m->failed, count, m->first, strerror(m->err));
		return 0;
	}
	diag_errno(d, m->err, "%s cannot be attached to %s", host_prog_text(h, m->p), m->first);
	if (m->err == EOPNOTSUPP || m->err == EINVAL)
		diag_hint(d, "this kernel may have no links of many functions: SEC(\"kprobe/...\") "
			     "and SEC(\"uprobe/...\") do with one");
	return -m->err;
}

int host_link_multi(struct host *h, const struct host_prog *p, struct diag *d)
{
	bool is_user = p->section.attach == AT_TRACE_UPROBE_MULTI ||
		       p->section.attach == AT_TRACE_UPROBE_SESSION;
	struct multi m = { .h = h, .p = p };
	u32 before = host_attached(h);
	struct types *types;
	struct probe_context c;
	struct probe_spec spec;
	probe_targets targets = { 0 };
	int err = read_section(h, p, is_user, &spec, d);

	if (err)
		return err;
	types = types_new(&h->arena);
	probe_init(&c, &h->arena, types);
	err = probe_expand(&c, &spec, &targets, d);
	if (!err) {
		m.targets = targets.at;
		attach_all(&m, &targets, is_user);
		err = report(&m, targets.n, host_attached(h) - before, d);
	}
	probe_done(&c);
	types_free(types);
	return err;
}
