/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog show: all is gathered first, as who holds and pins programs is found in one walk for all. */
#include "cmd/noun_select.h"
#include "cmd/prog.h"
#include "cmd/prog_print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct row {
	struct prog prog;
	u64 memory;
};

struct show {
	struct arena *arena;
	struct prog_reader reader;
	struct table map_names; /* by id */
	vec_of(struct row) rows;
	int err; /* why the last one could not be read */
};

static int gather(void *arg, int fd, u32 id)
{
	struct show *s = arg;
	struct row row = { 0 };
	int err = prog_read(&s->reader, fd, id, &row.prog);

	if (err) {
		s->err = err;
		return 0;
	}
	row.memory = prog_memory(fd);
	*vec_add(s->arena, &s->rows) = row;
	return 0;
}

/* "" for one that is gone or has no name. */
static const char *map_name(struct show *s, u32 id)
{
	const char *known = table_get(&s->map_names, &id, sizeof(id));
	struct bpf_map_info info = { 0 };
	char *name;
	int fd;

	if (known)
		return known;
	fd = handle_open(HANDLE_MAP, id);
	if (fd >= 0) {
		handle_info(fd, &info, sizeof(info));
		close(fd);
	}
	name = arena_strndup(s->arena, info.name, sizeof(info.name));
	table_set(&s->map_names, &id, sizeof(id), name);
	return name;
}

static const char *const *map_names(struct show *s, const struct prog *p)
{
	const char **names = arena_array(s->arena, const char *, p->info.nr_map_ids + 1);

	for (u32 i = 0; i < p->info.nr_map_ids; i++)
		names[i] = map_name(s, p->map_ids[i]);
	return names;
}

static void print_rows(struct noun_args *a, struct show *s, bool is_list)
{
	struct refs holders, pins;

	refs_read_holders(&holders, a->arena);
	refs_read_pins(&pins, a->arena);
	if (a->out->json && is_list)
		out_json_open(a->out, NULL, '[');
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct row *row = &s->rows.at[i];
		struct prog_view v = {
			.prog = &row->prog,
			.memory = row->memory,
			.holders = refs_of(&holders, HANDLE_PROG, row->prog.info.id),
			.pins = refs_of(&pins, HANDLE_PROG, row->prog.info.id),
		};

		if (!a->out->json)
			v.map_names = map_names(s, &row->prog);
		prog_print(a->out, a->arena, &v);
	}
	if (a->out->json && is_list)
		out_json_close(a->out, ']');
	if (a->out->json)
		out_json_end(a->out);
	if (holders.is_partial)
		diag_warning(a->diag, LOC_NONE,
			     "not all processes could be looked at: pids may be missing");
}

static int run_show(struct noun_args *a)
{
	struct show s = { .arena = a->arena };
	struct select which;
	int err = noun_select(a, HANDLE_PROG, &which);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	prog_reader_init(&s.reader, a->arena);
	table_init(&s.map_names, a->arena);
	err = select_each(&which, gather, &s, a->diag);
	if (!err && s.err && !s.rows.n && which.by != SELECT_ALL)
		err = diag_errno(a->diag, -s.err, "the kernel does not tell of this program");
	if (!err)
		print_rows(a, &s, which.by == SELECT_ALL || s.rows.n > 1);
	prog_reader_done(&s.reader);
	return err;
}

const struct noun_verb prog_show = {
	.name = "show",
	.args = NOUN_SELECT_PROG_ARGS,
	.help = "Show programs: what they are, who holds them, what they cost.\n"
		"\n"
		"Without a word that names some, all of them. JSON has bpftool's keys, and more.\n"
		"Runs and their time are counted only while somebody asks the kernel to:\n"
		"'skep prog profile' does, or the sysctl kernel.bpf_stats_enabled.\n",
	.run = run_show,
};
