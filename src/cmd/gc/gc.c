/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep gc: what was left behind in the kernel, and on request its end. What is removed is first listed and confirmed, and looked at
 * once more when its turn comes: it may be another thing then.
 */
#include "cmd/gc/gc.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/gc/select.h"
#include "cmd/link/view.h"
#include "cmd/net/show.h"
#include "cmd/noun/json.h"
#include "isa/prog_type.h"

struct gc_options {
	bool all, remove, yes;
};

enum { OPT_ALL, OPT_REMOVE, OPT_YES };

static const struct opt options[] = {
	{ 'a', "all", NULL, "pins that are in use, too" },
	{ 0, "remove", NULL, "remove what is meant, once that is confirmed" },
	{ 'y', "yes", NULL, "do not ask" },
};

struct gc {
	struct noun_args *args;
	struct gc_select select;
	struct usage usage;
	struct link_view view;
	leftover_list found;
	u64 now;
	size_t count, failed;
	size_t spared; /* pins of what somebody may have without the kernel's telling */
};

static int take(struct noun_args *a, int i, const char *value)
{
	struct gc_options *o = a->own;

	(void)value;
	if (i == OPT_ALL)
		o->all = true;
	else if (i == OPT_REMOVE)
		o->remove = true;
	else
		o->yes = true;
	return 0;
}

/* ---- what it is */

static const char *where_attached(struct gc *g, const struct leftover *l)
{
	struct arena *a = g->args->arena;
	const struct nethook *h = l->hook;
	const char *at, *space;

	if (l->object.kind == HANDLE_MAP)
		return "struct_ops";
	if (l->cgroup)
		return arena_printf(a, "%s of %s", attach_type_name(l->cgroup->attach_type),
				    l->cgroup->path);
	if (l->sockmap)
		return arena_printf(a, "%s of map %u", attach_type_name(l->sockmap->attach_type),
				    l->sockmap->map_id);
	space = link_view_space_name(&g->view, h->netns);
	switch (h->kind) {
	case NETHOOK_XDP:
		at = arena_printf(a, "xdp (%s) of %s", net_show_mode(h->at), h->dev);
		break;
	case NETHOOK_TC:
		at = arena_printf(a, "tc %s of %s", h->where, h->dev);
		break;
	case NETHOOK_ACTION:
		at = arena_printf(a, "an action of tc %s of %s", h->where, h->dev);
		break;
	case NETHOOK_TCX:
	case NETHOOK_NETKIT:
		at = arena_printf(a, "%s of %s", attach_type_name(h->at), h->dev);
		break;
	default:
		at = attach_type_name(h->at);
	}
	return *space ? arena_printf(a, "%s in %s", at, space) : at;
}

/* The route that has a program of this name; of the program itself the kernel does not tell. */
static const struct netroute *find_route(const struct gc *g, const struct leftover *l)
{
	for (size_t i = 0; i < g->usage.routes.n; i++)
		if (*l->name && !strcmp(g->usage.routes.at[i].name, l->name))
			return &g->usage.routes.at[i];
	return NULL;
}

static const char *why_unknown(struct gc *g, const struct leftover *l)
{
	const struct usage_prog *p = usage_find_prog(&g->usage, l->object.id);
	const char *hidden = p ? usage_hidden_by(p->type) : NULL;
	const struct netroute *route = find_route(g, l);
	struct arena *a = g->args->arena;

	if (!hidden)
		return "neither pin nor process holds it, nor is it found to be attached";
	if (strcmp(hidden, "routes"))
		return arena_printf(a, "%s may have it, of which the kernel does not tell", hidden);
	return route ? arena_printf(a, "the route to %s has a program of this name", route->to)
		     : "routes may have it, of which the kernel tells but a name";
}

/* Why it is listed. */
static const char *why(struct gc *g, const struct leftover *l)
{
	struct arena *a = g->args->arena;

	switch (l->state) {
	case LEFTOVER_IDLE:
		return l->object.kind == HANDLE_MAP
			       ? "only pins keep it: no process and no program in use has it"
			       : "not attached, and no process holds it";
	case LEFTOVER_KEPT:
		return arena_printf(a, "its pin alone keeps it attached to %s",
				    link_view_where(&g->view, l->link));
	case LEFTOVER_ATTACHED:
		if (l->object.kind == HANDLE_MAP)
			return "registered as struct_ops without a link, and no process holds it";
		return arena_printf(a, "attached to %s without a link, and no process holds it",
				    where_attached(g, l));
	case LEFTOVER_UNKNOWN:
		return why_unknown(g, l);
	case LEFTOVER_USED:
		break;
	}
	return "in use";
}

static const char *state_name(const struct leftover *l)
{
	static const char *const names[] = {
		[LEFTOVER_USED] = "used",        [LEFTOVER_IDLE] = "idle",
		[LEFTOVER_KEPT] = "pinned-link", [LEFTOVER_ATTACHED] = "attached",
		[LEFTOVER_UNKNOWN] = "unknown",
	};

	return names[l->state];
}

static const char *kind_name(const struct leftover *l)
{
	static const char *const names[HANDLE_KINDS] = { "prog", "map", "link", "btf" };

	return names[l->object.kind];
}

static const char *age(struct gc *g, const struct leftover *l)
{
	u64 s = g->now > l->since ? g->now - l->since : 0;
	struct arena *a = g->args->arena;

	if (!l->since)
		return "?";
	if (s < 120)
		return arena_printf(a, "%llus", (unsigned long long)s);
	if (s < 7200)
		return arena_printf(a, "%llum", (unsigned long long)s / 60);
	if (s < 172800)
		return arena_printf(a, "%lluh", (unsigned long long)s / 3600);
	return arena_printf(a, "%llud", (unsigned long long)s / 86400);
}

/* ---- listing */

static void list_text(struct gc *g, const struct leftover *l)
{
	const struct ref_list *holders = refs_of(&g->usage.holders, l->object.kind, l->object.id);
	struct out *out = g->args->out;

	out_printf(out, "%-5s %s %u%s%s  uid %u", age(g, l), kind_name(l), l->object.id,
		   *l->name ? " " : "", l->name, l->uid);
	if (l->pin)
		out_printf(out, "  %s", l->pin);
	out_puts(out, "\n      ");
	out_puts(out, why(g, l));
	for (size_t i = 0; i < holders->refs.n; i++)
		out_printf(out, "%s%s(%u)", i ? ", " : ", held by ", holders->refs.at[i].text,
			   holders->refs.at[i].pid);
	if (gc_select_is_spared(&g->select, l))
		out_puts(out, "; of skep accel");
	out_puts(out, "\n");
}

static void list_json(struct gc *g, const struct leftover *l, const char *done, int err)
{
	const struct ref_list *holders = refs_of(&g->usage.holders, l->object.kind, l->object.id);
	struct out *out = g->args->out;

	out_json_open(out, NULL, '{');
	noun_json_text(out, "state", state_name(l));
	noun_json_text(out, "kind", kind_name(l));
	out_json_u64(out, "id", l->object.id);
	noun_json_text(out, "name", l->name);
	if (l->pin)
		noun_json_text(out, "pinned", l->pin);
	if (l->link)
		noun_json_text(out, "where", link_view_where(&g->view, l->link));
	else if (l->state == LEFTOVER_ATTACHED)
		noun_json_text(out, "where", where_attached(g, l));
	noun_json_text(out, "why", why(g, l));
	out_json_u64(out, "uid", l->uid);
	if (l->since) {
		out_json_u64(out, "since", l->since);
		out_json_u64(out, "age", g->now > l->since ? g->now - l->since : 0);
	}
	out_json_open(out, "pids", '[');
	for (size_t i = 0; i < holders->refs.n; i++)
		out_json_u64(out, NULL, holders->refs.at[i].pid);
	out_json_close(out, ']');
	if (gc_select_is_spared(&g->select, l))
		out_json_bool(out, "spared", true);
	if (done)
		out_json_bool(out, done, !err);
	out_json_close(out, '}');
}

/* Leaves only what is meant. */
static void narrow(struct gc *g, const struct gc_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < g->found.n; i++) {
		const struct leftover *l = &g->found.at[i];
		bool is_left = l->state != LEFTOVER_USED || (o->all && !o->remove);
		bool is_meant = is_left && gc_select_is_meant(&g->select, l, g->now);

		g->spared += o->remove && is_meant && l->state == LEFTOVER_UNKNOWN && l->pin;
		if (o->remove &&
		    (l->state == LEFTOVER_UNKNOWN || gc_select_is_spared(&g->select, l) ||
		     (l->hook && l->hook->kind == NETHOOK_ACTION)))
			continue;
		if (is_meant)
			g->found.at[n++] = *l;
	}
	g->found.n = n;
}

static void list(struct gc *g)
{
	for (size_t i = 0; i < g->found.n; i++)
		if (g->args->out->json)
			list_json(g, &g->found.at[i], NULL, 0);
		else
			list_text(g, &g->found.at[i]);
}

/* ---- removing */

/* What it is in the lines that say what was done. */
static const char *object_name(struct gc *g, const struct leftover *l)
{
	return arena_printf(g->args->arena, "%s %u%s%s", kind_name(l), l->object.id,
			    *l->name ? " " : "", l->name);
}

static void remove_one(struct gc *g, const struct leftover *l)
{
	int err = leftover_remove(&g->usage, l);
	struct out *out = g->args->out;

	if (err) {
		g->failed++;
		diag_errno(g->args->diag, -err, "cannot remove %s%s%s", object_name(g, l),
			   l->pin ? ", " : "", l->pin ? l->pin : "");
		if (err == -ESTALE)
			diag_hint(g->args->diag, "there is something else pinned now");
	}
	if (out->json) {
		list_json(g, l, "removed", err);
		return;
	}
	if (err)
		return;
	if (l->object.kind == HANDLE_MAP && !l->pin)
		out_printf(out, "unregistered %s\n", object_name(g, l));
	else if (l->pin)
		out_printf(out, "removed the pin %s of %s\n", l->pin, object_name(g, l));
	else
		out_printf(out, "detached %s from %s\n", object_name(g, l), where_attached(g, l));
}

static bool confirm(struct gc *g)
{
	char answer[16] = "";

	list(g);
	if (g->usage.holders.is_partial)
		out_puts(g->args->out,
			 "(some processes could not be looked at: they may hold these)\n");
	if (g->found.n == 1)
		out_puts(g->args->out, "remove this? [y/N] ");
	else
		out_printf(g->args->out, "remove these %zu? [y/N] ", g->found.n);
	out_flush(g->args->out);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

static int remove_all(struct gc *g, const struct gc_options *o)
{
	if (!o->yes && g->found.n && !confirm(g)) {
		out_puts(g->args->out, "nothing was removed\n");
		return 0;
	}
	for (size_t i = 0; i < g->found.n; i++)
		remove_one(g, &g->found.at[i]);
	return g->failed ? -EIO : 0;
}

static int check_options(struct noun_args *a, const struct gc *g, const struct gc_options *o)
{
	if (o->remove && !g->select.is_named) {
		noun_usage(a, "what is to be removed?");
		diag_hint(a->diag, "say which, as 'under DIR' or 'older 7d', or 'all'");
		return -EINVAL;
	}
	if (o->yes && !o->remove)
		return noun_usage(a, "--yes goes with --remove");
	if (o->remove && !o->yes && (a->out->json || !isatty(STDIN_FILENO))) {
		noun_usage(a, "there is nobody here to confirm it");
		diag_hint(a->diag, "look at what is listed without --remove, then add --yes");
		return -EINVAL;
	}
	return 0;
}

/* What would have been removed. */
static void note_spared(struct gc *g)
{
	if (!g->spared)
		return;
	diag_warning(g->args->diag, LOC_NONE,
		     "%zu pin%s of programs stay, as the kernel does not tell whether anybody has "
		     "these",
		     g->spared, g->spared == 1 ? "" : "s");
	diag_hint(g->args->diag, "without --remove the reasons are listed");
}

static void warn_partial(struct gc *g)
{
	const struct usage *u = &g->usage;

	if (u->holders.is_partial)
		diag_warning(
			g->args->diag, LOC_NONE,
			"some processes cannot be looked at: what only these hold is listed, too");
	if (u->pins.is_partial)
		diag_warning(g->args->diag, LOC_NONE, "some pins cannot be looked at");
	if (u->routes_partial)
		diag_warning(g->args->diag, LOC_NONE, "not all routes could be looked at");
	if (u->hooks.is_partial)
		diag_warning(
			g->args->diag, LOC_NONE,
			"some network namespaces cannot be looked at: what is attached in these "
			"looks as if it were not");
}

static int run(struct noun_args *a)
{
	const struct gc_options *o = a->own;
	struct gc g = { .args = a, .now = (u64)time(NULL) };
	int err = gc_select_take(a, &g.select);

	if (!err)
		err = check_options(a, &g, o);
	if (!err)
		err = usage_read(&g.usage, a->arena, a->diag);
	if (err)
		return err;
	link_view_init(&g.view, a->arena);
	g.view.hooks = g.usage.hooks;
	g.view.spaces = g.usage.spaces;
	g.view.has_hooks = true;
	leftover_find(&g.usage, &g.found);
	narrow(&g, o);
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	if (o->remove)
		err = remove_all(&g, o);
	else
		list(&g);
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	} else if (!g.found.n) {
		out_puts(a->out, g.select.is_named ? "nothing of this kind was left behind\n"
						   : "nothing was left behind\n");
	}
	note_spared(&g);
	warn_partial(&g);
	link_view_done(&g.view);
	return err;
}

static const struct noun_verb gc_show = {
	.name = "show",
	.args = GC_SELECT_ARGS " [--remove [-y]]",
	.help = "List what was left behind, with its age and who made it.\n\n"
		"That is: pins of programs and maps that nobody uses, links that only a pin "
		"keeps,\n"
		"programs that are attached to interfaces, cgroups or maps without a link, and "
		"programs\n"
		"of which it cannot be found what keeps them. Words narrow it down: to pins of "
		"programs,\n"
		"maps or links, to what is attached, to a folder, to what is older than 12h, say.\n"
		"With --remove, and some of these words, pins are removed and programs detached. "
		"What\n"
		"skep accel has pinned stays, unless its folder is named.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct gc_options),
	.take = take,
	.nothing = "nothing was left behind",
	.run = run,
};

static const struct noun_verb *const verbs[] = { &gc_show };

static const struct noun gc = {
	.name = "gc",
	.brief = "What was left behind in the kernel: pins and attached programs that nobody uses",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_gc(int argc, char **argv)
{
	return noun_run(&gc, argc, argv);
}
