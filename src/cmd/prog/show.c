/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog show: all is gathered first, as who holds and pins programs is found in one walk for all. */
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "cmd/prog/print.h"
#include "inspect/naming.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct options {
	bool no_pids;
};

struct show {
	struct arena *arena;
	struct prog_reader reader;
	struct naming *names;
	vec_of(struct prog) progs;
	vec_of(u64)
		memory; /* of each, where holders, who tell it along the way, are not looked for */
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
	*vec_add(s->arena, &s->progs) = prog;
	*vec_add(s->arena, &s->memory) = s->no_pids && !prog.is_orphaned ? handle_memory(fd) : 0;
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
	u64 memory = holders->memory;
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

static void print_progs(struct noun_args *a, struct show *s, const struct refs *holders,
			bool is_list)
{
	struct prog_links links;
	struct refs pins;

	refs_read_pins(&pins, a->arena);
	prog_links_init(&links, a->arena);
	if (a->out->json && is_list)
		out_json_open(a->out, NULL, '[');
	for (size_t i = 0; i < s->progs.n; i++) {
		const struct prog *p = &s->progs.at[i];
		struct prog_link_list own = prog_links_of(&links, p->info.id);
		struct prog_view v = {
			.prog = p,
			.holders = refs_of(holders, HANDLE_PROG, p->info.id),
			.pins = refs_of(&pins, HANDLE_PROG, p->info.id),
			.links = &own,
		};

		v.memory = s->no_pids ? s->memory.at[i] : memory_of(p, v.holders);
		if (!a->out->json)
			v.map_names = map_names(s, p);
		prog_print(a->out, a->arena, &v);
	}
	prog_links_done(&links);
	if (a->out->json && is_list)
		out_json_close(a->out, ']');
	if (a->out->json)
		out_json_end(a->out);
	if (holders->is_partial && !a->out->json)
		diag_warning(a->diag, LOC_NONE,
			     "not all processes could be looked at: pids may be missing");
}

static int show(struct noun_args *a, const struct select *which)
{
	struct show s = { .arena = a->arena };
	const struct options *own = a->own;
	struct refs_walk *walk = NULL;
	struct arena beside; /* of the walk, which is a thread */
	struct refs holders;
	int err;

	arena_init(&beside);
	prog_reader_init(&s.reader, a->arena);
	s.names = naming_new(a->arena);
	refs_init(&holders, &beside);
	s.no_pids = own->no_pids;
	if (!s.no_pids)
		walk = refs_begin_holders(&holders, &beside);
	err = select_each(which, gather, &s, a->diag);
	if (walk)
		refs_end_holders(walk);
	if (!err && s.err && !s.progs.n && which->by != SELECT_ALL)
		err = diag_errno(a->diag, -s.err, "the kernel does not tell of this program");
	if (!err)
		print_progs(a, &s, &holders, which->by == SELECT_ALL || s.progs.n > 1);
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

static int take(struct noun_args *a, int i, const char *value)
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
	.take = take,
	.nothing = "there are no programs",
	.run = run_show,
};
