/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog show: who holds and pins programs is found first, in one walk for all. Of many programs the kernel tells in one go; else
 * each is asked for, while a thread looks for holders.
 */
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "cmd/prog/print.h"
#include "inspect/naming.h"
#include "inspect/walk.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct options {
	bool no_pids;
};

struct show {
	struct arena *arena;
	struct out *out;
	struct prog_reader reader;
	struct naming *names;
	struct refs holders, pins;
	struct prog_links links;
	struct walk *walk;         /* NULL: there is none, or it does not pay */
	vec_of(struct prog) progs; /* that were asked for */
	struct prog_time time;
	bool no_pids;
	int err; /* why the last one could not be read */
};

static int gather(void *arg, int fd, u32 id)
{
	struct show *s = arg;
	struct prog prog;
	int err = prog_read(&s->reader, fd, id, &prog);

	if (err) {
		s->err = err;
		return 0;
	}
	/* Holders, where they are looked for, tell the memory along the way. */
	if (s->no_pids && !prog.is_orphaned)
		prog.memory = handle_memory(fd);
	*vec_add(s->arena, &s->progs) = prog;
	return 0;
}

static const char *const *map_names(struct show *s, const struct prog *p)
{
	const char **names = arena_array(s->arena, const char *, p->info.nr_map_ids + 1);

	for (u32 i = 0; i < p->info.nr_map_ids; i++)
		names[i] = naming_map(s->names, p->map_ids[i]);
	return names;
}

/* That of programs which processes hold came along with who does. */
static u64 memory_of(const struct prog *p, const struct ref_list *holders)
{
	u64 memory = p->memory ? p->memory : holders->memory;
	int fd;

	if (memory || p->is_orphaned)
		return memory;
	fd = handle_open(HANDLE_PROG, p->info.id);
	if (fd < 0)
		return 0;
	memory = handle_memory(fd);
	close(fd);
	return memory;
}

static void print(struct show *s, const struct prog *p)
{
	struct prog_link_list links = prog_links_of(&s->links, p->info.id);
	struct prog_view v = {
		.prog = p,
		.holders = refs_of(&s->holders, HANDLE_PROG, p->info.id),
		.pins = refs_of(&s->pins, HANDLE_PROG, p->info.id),
		.links = &links,
		.time = &s->time,
	};

	v.memory = memory_of(p, v.holders);
	if (!s->out->json)
		v.map_names = map_names(s, p);
	prog_print(s->out, s->arena, &v);
}

static void print_told(void *arg, const struct walk_prog *told)
{
	struct show *s = arg;
	struct prog prog;

	/* What has gone meanwhile is passed over. */
	if (!prog_take(&s->reader, s->walk, told, &prog))
		print(s, &prog);
}

static void print_all(struct noun_args *a, struct show *s, const struct select *which)
{
	bool is_list = which->by == SELECT_ALL || s->progs.n > 1;

	refs_read_pins(&s->pins, a->arena);
	prog_links_init(&s->links, a->arena);
	if (a->out->json && is_list)
		out_json_open(a->out, NULL, '[');
	if (s->walk)
		walk_each_prog(s->walk, print_told, s);
	for (size_t i = 0; i < s->progs.n; i++)
		print(s, &s->progs.at[i]);
	prog_links_done(&s->links);
	if (a->out->json && is_list)
		out_json_close(a->out, ']');
	if (a->out->json)
		out_json_end(a->out);
	if (s->holders.is_partial && !a->out->json)
		diag_warning(a->diag, LOC_NONE,
			     "not all processes could be looked at: pids may be missing");
}

/* One walk for all that is wanted, if it pays for some of that. */
static void walk(struct show *s, const struct select *which)
{
	u32 what = (s->no_pids ? 0 : WALK_FILES) | (which->by == SELECT_ALL ? WALK_PROGS : 0);

	if (!(what & WALK_FILES && walk_pays_for_files()) &&
	    !(what & WALK_PROGS && walk_pays_for_progs()))
		return;
	if (!walk_open(&s->walk) && walk_run(s->walk, what)) {
		walk_close(s->walk);
		s->walk = NULL;
	}
}

/* Who holds programs, unless nobody wants to know; not NULL: a thread still looks for it. */
static struct refs_thread *find_holders(struct show *s, struct arena *beside)
{
	if (s->no_pids || (s->walk && !refs_walk_holders(&s->holders, beside, s->walk)))
		return NULL;
	return refs_begin_holders(&s->holders, beside);
}

static int show(struct noun_args *a, const struct select *which)
{
	struct show s = { .arena = a->arena, .out = a->out };
	const struct options *own = a->own;
	struct refs_thread *thread;
	struct arena beside; /* of what looks for holders, which may be a thread */
	int err = 0;

	arena_init(&beside);
	prog_reader_init(&s.reader, a->arena);
	s.names = naming_new(a->arena);
	refs_init(&s.holders, &beside);
	s.no_pids = own->no_pids;
	walk(&s, which);
	thread = find_holders(&s, &beside);
	if (!s.walk || which->by != SELECT_ALL)
		err = select_each(which, gather, &s, a->diag);
	if (thread)
		refs_end_holders(thread);
	if (!err && s.err && !s.progs.n && which->by != SELECT_ALL)
		err = diag_errno(a->diag, -s.err, "the kernel does not tell of this program");
	if (!err)
		print_all(a, &s, which);
	walk_close(s.walk);
	prog_reader_done(&s.reader);
	naming_free(s.names);
	arena_done(&beside);
	return err;
}

static int run_show(struct noun_args *a)
{
	struct select which;
	int err = noun_select(a, HANDLE_PROG, &which);

	if (!err)
		err = noun_end(a);
	return err ? err : show(a, &which);
}

static const struct opt opts[] = {
	{ 0, "no-pids", NULL, "do not look for processes that hold them" },
};

static int take_option(struct noun_args *a, int i, const char *value)
{
	(void)i, (void)value;
	((struct options *)a->own)->no_pids = true;
	return 0;
}

const struct noun_verb prog_show = {
	.name = "show",
	.args = NOUN_SELECT_PROG_ARGS,
	.help = "Show programs: what they are, who holds them, what they cost.\n"
		"\n"
		"Without a word that names some, all of them. JSON has bpftool's keys, and more.\n"
		"Runs and their time are counted only while somebody asks the kernel to:\n"
		"'skep prog profile' does, or the sysctl kernel.bpf_stats_enabled.\n",
	.opts = opts,
	.n = ARRAY_SIZE(opts),
	.own_size = sizeof(struct options),
	.take = take_option,
	.nothing = "there are no programs",
	.run = run_show,
};
