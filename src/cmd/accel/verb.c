/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of a sub-command, then what it does, then its messages. */
#include "cmd/accel/verb.h"

enum { HELP_MAX = 16 }; /* options of a sub-command, with --help */

static void print_help(const struct accel_verb *v)
{
	static const struct opt help = { 'h', "help", NULL, "show this" };

	printf("usage: skep accel %s%s%s\n\n%s\n", v->name, *v->args ? " " : "", v->args, v->help);
	opt_help(v->opts, v->n, stdout);
	opt_help(&help, 1, stdout);
}

/* 1 if there is nothing more to do. */
static int read_options(const struct accel_verb *v, struct accel_args *a, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	struct opt opts[HELP_MAX] = { 0 };
	const char *value = NULL;
	int i;

	for (size_t k = 0; k < v->n && k + 1 < HELP_MAX; k++)
		opts[k] = v->opts[k];
	opts[v->n] = (struct opt){ 'h', "help", NULL, "show this" };
	while ((i = opt_next(&state, opts, v->n + 1, &value, a->diag)) >= 0) {
		if ((size_t)i == v->n) {
			print_help(v);
			return 1;
		}
		if (v->take(a, i, value))
			return -EINVAL;
	}
	if (i < -1)
		return -EINVAL;
	if (state.pos >= argc)
		return 0;
	diag_error(a->diag, LOC_NONE, "'skep accel %s' takes no '%s'", v->name, argv[state.pos]);
	diag_hint(a->diag, "usage: skep accel %s %s", v->name, v->args);
	return -EINVAL;
}

int accel_verb_run(const struct accel_verb *v, int argc, char **argv)
{
	struct accel_args args = { 0 };
	struct arena arena;
	struct diag diag;
	int code;

	arena_init(&arena);
	diag_init(&diag, &arena);
	args.arena = &arena;
	args.diag = &diag;
	code = read_options(v, &args, argc, argv);
	if (code)
		code = code > 0 ? ACCEL_DONE : ACCEL_USAGE;
	else
		code = v->run(&args) ? ACCEL_FAILED : ACCEL_DONE;
	diag_render(&diag, stderr);
	arena_done(&arena);
	return code;
}

int accel_verb_open(struct accel_view *v, struct diag *d)
{
	int err = accel_open(v, d);

	if (err || v->abi == ACCEL_ABI)
		return err;
	diag_error(
		d, LOC_NONE,
		"accel was turned on by another version of skep (its maps have version %u, not %u)",
		v->abi, ACCEL_ABI);
	diag_hint(d, "skep accel off, then skep accel on");
	accel_done(v);
	return -EPROTO;
}
