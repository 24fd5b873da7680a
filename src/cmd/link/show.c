/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep link show and tree. Functions of links that have many are listed where a single link was asked for. */
#include <string.h>
#include <unistd.h>

#include "cmd/link/live.h"
#include "cmd/link/view.h"
#include "cmd/noun/json.h"
#include "cmd/noun/refs.h"
#include "cmd/noun/select.h"
#include "isa/prog_type.h"

struct show {
	struct noun_args *args;
	struct link_view view;
	struct noun_refs refs;
	bool is_one;
};

static void show_json(struct show *s, const struct linkinfo *l)
{
	struct out *out = s->args->out;

	out_json_open(out, NULL, '{');
	out_json_u64(out, "id", l->abi.id);
	noun_json_name(out, "type", link_type_name(l->abi.type), l->abi.type);
	out_json_u64(out, "prog_id", l->abi.prog_id);
	link_view_json(&s->view, out, l);
	noun_json_text(out, "prog_name", naming_prog(s->view.names, l->abi.prog_id)->name);
	noun_refs_json(&s->refs, out, HANDLE_LINK, l->abi.id);
	out_json_close(out, '}');
}

static void show_function(struct show *s, u64 address)
{
	const char *module = link_view_module(&s->view, address);

	out_printf(s->args->out, "\t%016llx %s", (unsigned long long)address,
		   link_view_symbol(&s->view, address));
	if (*module)
		out_printf(s->args->out, " [%s]", module);
}

static void show_places(struct show *s, const struct linkinfo *l)
{
	struct out *out = s->args->out;

	for (u32 i = 0; i < l->count; i++) {
		if (l->abi.type == LINK_KPROBE_MULTI)
			show_function(s, l->places[i]);
		else
			out_printf(out, "\t+0x%llx", (unsigned long long)l->places[i]);
		if (l->semaphores && l->semaphores[i])
			out_printf(out, "  semaphore +0x%llx",
				   (unsigned long long)l->semaphores[i]);
		if (l->cookies[i])
			out_printf(out, "  cookie %llu", (unsigned long long)l->cookies[i]);
		out_puts(out, "\n");
	}
}

static u64 cookie_of(const struct linkinfo_abi *i)
{
	switch (i->type) {
	case LINK_RAW_TRACEPOINT:
		return i->raw_tracepoint.cookie;
	case LINK_TRACING:
		return i->tracing.cookie;
	case LINK_PERF_EVENT:
		switch (i->perf_event.kind) {
		case LINK_EVENT_UPROBE:
		case LINK_EVENT_URETPROBE:
			return i->perf_event.uprobe.cookie;
		case LINK_EVENT_KPROBE:
		case LINK_EVENT_KRETPROBE:
			return i->perf_event.kprobe.cookie;
		case LINK_EVENT_TRACEPOINT:
			return i->perf_event.tracepoint.cookie;
		case LINK_EVENT_EVENT:
			return i->perf_event.event.cookie;
		}
	}
	return 0;
}

static u64 missed_of(const struct linkinfo_abi *i)
{
	if (i->type == LINK_KPROBE_MULTI)
		return i->kprobe_multi.missed;
	if (i->type == LINK_PERF_EVENT &&
	    (i->perf_event.kind == LINK_EVENT_KPROBE || i->perf_event.kind == LINK_EVENT_KRETPROBE))
		return i->perf_event.kprobe.missed;
	return 0;
}

static void show_text(struct show *s, const struct linkinfo *l)
{
	struct out *out = s->args->out;
	const char *type = link_type_name(l->abi.type);
	const char *name = naming_prog(s->view.names, l->abi.prog_id)->name;
	s32 attach = linkinfo_attach_type(l);

	out_printf(out, "%u: ", l->abi.id);
	if (type)
		out_puts(out, type);
	else
		out_printf(out, "type %u", l->abi.type);
	/* Those of struct_ops have a map instead. */
	if (l->abi.prog_id)
		out_printf(out, "  prog %u%s%s", l->abi.prog_id, *name ? " " : "", name);
	out_printf(out, "  %s", link_view_where(&s->view, l));
	if (linkinfo_is_return(l) && l->abi.type != LINK_PERF_EVENT)
		out_puts(out, " on return");
	if (attach >= 0 && attach_type_name((u32)attach))
		out_printf(out, "  %s", attach_type_name((u32)attach));
	else if (attach >= 0)
		out_printf(out, "  attach type %d", attach);
	if (l->abi.type == LINK_UPROBE_MULTI && l->abi.uprobe_multi.pid)
		out_printf(out, "  of process %u", l->abi.uprobe_multi.pid);
	if (cookie_of(&l->abi))
		out_printf(out, "  cookie %llu", (unsigned long long)cookie_of(&l->abi));
	if (missed_of(&l->abi))
		out_printf(out, "  missed %llu", (unsigned long long)missed_of(&l->abi));
	out_puts(out, "\n");
	if (s->is_one)
		show_places(s, l);
	noun_refs_text(&s->refs, out, HANDLE_LINK, l->abi.id);
}

static int show_one(void *arg, int fd, u32 id)
{
	struct show *s = arg;
	struct linkinfo l;
	int err = linkinfo_read(fd, s->view.arena, &l);

	if (err)
		return diag_errno(s->args->diag, -err, "cannot read link %u", id);
	if (s->args->out->json)
		show_json(s, &l);
	else
		show_text(s, &l);
	return 0;
}

static void begin(struct show *s)
{
	link_view_init(&s->view, s->args->arena);
	noun_refs_read(&s->refs, s->args->arena);
}

static int run_show(struct noun_args *a)
{
	struct show s = { .args = a };
	struct select which;
	int err = noun_select(a, HANDLE_LINK, &which);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	begin(&s);
	s.is_one = which.by != SELECT_ALL;
	/* One is an object, all are an array: as bpftool has it. */
	if (a->out->json && !s.is_one)
		out_json_open(a->out, NULL, '[');
	err = select_each(&which, show_one, &s, a->diag);
	if (a->out->json && !s.is_one)
		out_json_close(a->out, ']');
	if (a->out->json && (!err || !s.is_one))
		out_json_end(a->out);
	link_view_done(&s.view);
	return err;
}

/* ---- the tree */

static void tree_row(struct show *s, const struct linkinfo *l, int width)
{
	const struct ref_list *pins = refs_of(&s->refs.pins, HANDLE_LINK, l->abi.id);
	const struct ref_list *holders = refs_of(&s->refs.holders, HANDLE_LINK, l->abi.id);
	s32 attach = linkinfo_attach_type(l);
	struct out *out = s->args->out;

	out_printf(out, "  %-*s  %u: prog %u %s", width, link_view_where(&s->view, l), l->abi.id,
		   l->abi.prog_id, naming_prog(s->view.names, l->abi.prog_id)->name);
	if (attach >= 0 && attach_type_name((u32)attach))
		out_printf(out, "  %s", attach_type_name((u32)attach));
	for (size_t i = 0; i < holders->refs.n; i++)
		out_printf(out, "%s%s(%u)", i ? ", " : "  held by ", holders->refs.at[i].text,
			   holders->refs.at[i].pid);
	for (size_t i = 0; i < pins->refs.n; i++)
		out_printf(out, "  pinned %s", pins->refs.at[i].text);
	out_puts(out, "\n");
}

static void tree_of_type(struct show *s, const linkinfo_list *links, u32 type)
{
	enum { MAX_WIDTH = 48 };
	const char *name = link_type_name(type);
	bool is_first = true;
	int width = 0;

	for (size_t i = 0; i < links->n; i++)
		if (links->at[i].abi.type == type) {
			int n = (int)strlen(link_view_where(&s->view, &links->at[i]));

			if (n > width && n <= MAX_WIDTH)
				width = n;
		}
	for (size_t i = 0; i < links->n; i++) {
		if (links->at[i].abi.type != type)
			continue;
		if (is_first && name)
			out_printf(s->args->out, "%s\n", name);
		else if (is_first)
			out_printf(s->args->out, "type %u\n", type);
		is_first = false;
		tree_row(s, &links->at[i], width);
	}
}

static int run_tree(struct noun_args *a)
{
	struct show s = { .args = a };
	linkinfo_list links = { 0 };
	u32 last = 0;
	int err = noun_end(a);

	if (err)
		return err;
	err = linkinfo_read_all(a->arena, &links);
	if (err) {
		diag_errno(a->diag, -err, "cannot list the links");
		if (err == -EPERM)
			diag_hint(a->diag, "this needs root (CAP_SYS_ADMIN)");
		return err;
	}
	begin(&s);
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	for (size_t i = 0; i < links.n; i++) {
		if (a->out->json)
			show_json(&s, &links.at[i]);
		else if (links.at[i].abi.type > last)
			last = links.at[i].abi.type;
	}
	for (u32 type = 0; !a->out->json && type <= last; type++)
		tree_of_type(&s, &links, type);
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
	link_view_done(&s.view);
	return 0;
}

const struct noun_verb link_show = {
	.name = "show",
	.args = "[id ID|pinned PATH]",
	.help = "List links, or show one.\n\n"
		"Of each: its kind, its program, what that is attached to, its pins and the "
		"processes\n"
		"that hold it. Of one that has many functions or places also these.\n",
	.nothing = "there are no links",
	.run = run_show,
};

const struct noun_verb link_tree = {
	.name = "tree",
	.args = "",
	.help = "What is attached where, a line for each, by kinds.\n",
	.nothing = "there are no links",
	.run = run_tree,
};
