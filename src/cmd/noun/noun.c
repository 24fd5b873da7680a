/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and words are told apart first; then the verb takes its words one by one. */
#include "cmd/noun/noun.h"

#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { NOUN_MAX_OPTS = 24 }; /* of a verb, with the common ones */

static const struct opt common[] = {
	{ 'f', "format", "text|json", "how to write it (text)" },
	{ 'j', "json", NULL, "the same as -f json" },
	{ 'p', "pretty", NULL, "JSON, indented" },
	{ 'h', "help", NULL, "show this" },
};
enum { COMMON_FORMAT, COMMON_JSON, COMMON_PRETTY, COMMON_HELP };

/* The whole of one call. */
struct noun_call {
	const struct noun *noun;
	const struct noun_verb *verb;
	struct noun_args args;
	struct opt opts[NOUN_MAX_OPTS];
	size_t n_opts;
	bool is_usage; /* the mistake is one of the command line's */
	bool is_help;
};

static struct noun_call *call_of(struct noun_args *a)
{
	return (struct noun_call *)((char *)a - offsetof(struct noun_call, args));
}

int noun_usage(struct noun_args *a, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	call_of(a)->is_usage = true;
	diag_error(a->diag, LOC_NONE, "%s", text);
	return -EINVAL;
}

/* Whether it is called by itself, without the name of its only verb. */
static bool is_bare(const struct noun *noun)
{
	return noun->n == 1 && !noun->needs_verb;
}

/* "prog show", "gc". */
static const char *call_name(const struct noun_call *c)
{
	if (is_bare(c->noun))
		return c->noun->name;
	return arena_printf(c->args.arena, "%s %s", c->noun->name, c->verb->name);
}

static void hint_usage(const struct noun_call *c)
{
	diag_hint(c->args.diag, "usage: skep %s %s", call_name(c), c->verb->args);
}

int noun_misused(struct noun_args *a)
{
	call_of(a)->is_usage = true;
	return -EINVAL;
}

const char *noun_peek(const struct noun_args *a)
{
	return a->at < a->count ? a->words[a->at] : NULL;
}

const char *noun_next(struct noun_args *a)
{
	return a->at < a->count ? a->words[a->at++] : NULL;
}

/* From two letters on; min-btf is min_btf, too. */
static bool is_short_for(const char *word, const char *whole)
{
	size_t i = 0;

	while (word[i] && (word[i] == whole[i] || (word[i] == '-' && whole[i] == '_')))
		i++;
	return i >= 2 && !word[i];
}

bool noun_take(struct noun_args *a, const char *keyword)
{
	const char *word = noun_peek(a);

	if (!word || (strcmp(word, keyword) != 0 && !is_short_for(word, keyword)))
		return false;
	a->at++;
	return true;
}

int noun_need(struct noun_args *a, const char *what, const char **out)
{
	const struct noun_call *c = call_of(a);
	const char *word = noun_next(a);

	if (!word) {
		noun_usage(a, "%s is missing", what);
		hint_usage(c);
		return -EINVAL;
	}
	*out = word;
	return 0;
}

int noun_need_u64(struct noun_args *a, const char *what, u64 max, u64 *out)
{
	const char *word;
	u64 v;
	int err = noun_need(a, what, &word);

	if (err)
		return err;
	if (!text_u64(word, &v) || v > max) {
		noun_usage(a, "%s is a number of at most %llu, not '%s'", what,
			   (unsigned long long)max, word);
		return -EINVAL;
	}
	*out = v;
	return 0;
}

int noun_count_option(struct noun_args *a, const char *value, u64 *out)
{
	u64 v;

	if (!text_u64(value, &v) || !v)
		return noun_usage(a, "a number of at least 1 is needed, not '%s'", value);
	*out = v;
	return 0;
}

int noun_seconds_option(struct noun_args *a, const char *value, u64 *out)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= 0.001 && v <= 1e6))
		return noun_usage(a, "seconds from 0.001 to 1000000 are needed, not '%s'", value);
	*out = (u64)(v * 1e9);
	return 0;
}

int noun_end(struct noun_args *a)
{
	const struct noun_call *c = call_of(a);

	if (a->at >= a->count)
		return 0;
	noun_usage(a, "'skep %s' takes no '%s'", call_name(c), noun_peek(a));
	hint_usage(c);
	return -EINVAL;
}

/* The verb that a word names, by its whole name or the beginning of one; NULL if none. */
static const struct noun_verb *find_verb(const struct noun *noun, const char *word)
{
	for (size_t i = 0; i < noun->n; i++)
		if (!strcmp(noun->verbs[i]->name, word))
			return noun->verbs[i];
	if (!strcmp(word, "list") && !noun->needs_verb)
		return noun->verbs[0];
	for (size_t i = 0; i < noun->n; i++)
		if (is_short_for(word, noun->verbs[i]->name))
			return noun->verbs[i];
	return NULL;
}

static void print_noun(const struct noun *noun)
{
	size_t width = 0;

	printf("usage: skep %s %s [OPTIONS]\n\n%s.\n\n", noun->name,
	       noun->needs_verb ? "COMMAND" : "[COMMAND]", noun->brief);
	for (size_t i = 0; i < noun->n; i++)
		if (strlen(noun->verbs[i]->name) > width)
			width = strlen(noun->verbs[i]->name);
	for (size_t i = 0; i < noun->n; i++) {
		const char *help = noun->verbs[i]->help;

		printf("  %-*s  %.*s\n", (int)width, noun->verbs[i]->name, (int)strcspn(help, "\n"),
		       help);
	}
	printf("\n'skep %s COMMAND --help' shows more of each.", noun->name);
	if (!noun->needs_verb)
		printf(" Without a command it is '%s'.", noun->verbs[0]->name);
	putchar('\n');
}

static void print_verb(const struct noun_call *c)
{
	printf("usage: skep %s%s%s [OPTIONS]\n\n%s\n", call_name(c), *c->verb->args ? " " : "",
	       c->verb->args, c->verb->help);
	opt_help(c->opts, c->n_opts, stdout);
}

static int take_common(struct noun_call *c, size_t i, const char *value)
{
	struct out *out = c->args.out;

	switch (i) {
	case COMMON_HELP:
		c->is_help = true;
		return 0;
	case COMMON_PRETTY:
		out->pretty = true;
		out->json = true;
		return 0;
	case COMMON_JSON:
		out->json = true;
		return 0;
	case COMMON_FORMAT:
		out->json = !strcmp(value, "json");
		if (out->json || !strcmp(value, "text"))
			return 0;
	}
	noun_usage(&c->args, "unknown format '%s'", value);
	diag_hint(c->args.diag, "formats are text and json");
	return -EINVAL;
}

/* Options to whom they belong, words to a->words. 0 or -EINVAL. */
static int read_words(struct noun_call *c, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	size_t own = c->verb ? c->verb->n : 0;
	struct noun_args *a = &c->args;
	const char *value = NULL;
	bool all = false; /* nothing is an option any more */

	while (state.pos < argc) {
		/* No option is a digit, but numbers may be below zero. */
		bool is_number = argv[state.pos][0] == '-' && isdigit((u8)argv[state.pos][1]);
		int i = all || is_number ? -1
					 : opt_next(&state, c->opts, c->n_opts, &value, a->diag);

		if (i < -1) {
			c->is_usage = true;
			return -EINVAL;
		}
		if (i < 0) {
			if (!all && state.pos > 1 && !strcmp(argv[state.pos - 1], "--"))
				all = true;
			if (state.pos < argc)
				a->words[a->count++] = argv[state.pos++];
			continue;
		}
		if ((size_t)i >= own ? take_common(c, (size_t)i - own, value)
				     : c->verb->take(a, i, value)) {
			c->is_usage = true;
			return -EINVAL;
		}
	}
	return 0;
}

static void set_options(struct noun_call *c)
{
	const struct noun_verb *v = c->verb;

	c->n_opts = 0;
	for (size_t i = 0; v && i < v->n && i + ARRAY_SIZE(common) < NOUN_MAX_OPTS; i++)
		c->opts[c->n_opts++] = v->opts[i];
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		c->opts[c->n_opts++] = common[i];
}

static int unknown_verb(struct noun_call *c, const char *word)
{
	struct nearest near = nearest_to(word);

	for (size_t i = 0; i < c->noun->n; i++)
		nearest_try(&near, c->noun->verbs[i]->name);
	noun_usage(&c->args, "unknown command '%s' of skep %s", word, c->noun->name);
	if (nearest_name(&near))
		diag_hint(c->args.diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(c->args.diag, "'skep %s --help' lists them", c->noun->name);
	return -EINVAL;
}

static bool is_help_word(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "-h") || !strcmp(word, "--help");
}

static int missing_verb(struct noun_call *c)
{
	noun_usage(&c->args, "what is skep %s to do?", c->noun->name);
	diag_hint(c->args.diag, "'skep %s --help' lists its commands", c->noun->name);
	return -EINVAL;
}

/* Finds the verb and runs it. */
static int noun_do(struct noun_call *c, int argc, char **argv)
{
	struct noun_args *a = &c->args;
	int err;

	if (argc > 1 && is_help_word(argv[1]) && !is_bare(c->noun)) {
		print_noun(c->noun);
		return 0;
	}
	c->verb = c->noun->verbs[0];
	if (c->noun->needs_verb && (argc < 2 || *argv[1] == '-'))
		return missing_verb(c);
	if (!is_bare(c->noun) && argc > 1 && *argv[1] != '-') {
		c->verb = find_verb(c->noun, argv[1]);
		if (!c->verb)
			return unknown_verb(c, argv[1]);
		argc--;
		argv++;
	}
	set_options(c);
	a->own = arena_alloc(a->arena, c->verb->own_size + 1);
	a->words = arena_array(a->arena, char *, (size_t)argc + 1);
	err = read_words(c, argc, argv);
	if (err)
		return err;
	if (c->is_help || (argc > 1 && is_help_word(argv[1]))) {
		print_verb(c);
		return 0;
	}
	err = c->verb->run(a);
	if (!err && !a->out->used && !a->out->json && c->verb->nothing)
		out_printf(a->out, "%s\n", c->verb->nothing);
	return err;
}

int noun_run(const struct noun *noun, int argc, char **argv)
{
	struct noun_call c = { .noun = noun };
	struct arena arena;
	struct diag diag;
	struct out out;
	int err;

	arena_init(&arena);
	diag_init(&diag, &arena);
	out_init(&out, STDOUT_FILENO, false);
	c.args.arena = &arena;
	c.args.diag = &diag;
	c.args.out = &out;
	err = noun_do(&c, argc, argv);
	out_done(&out);
	if (out.failed && out.error != EPIPE)
		err = diag_errno(&diag, out.error, "cannot write");
	diag_render(&diag, stderr);
	arena_done(&arena);
	if (!err)
		return NOUN_DONE;
	return c.is_usage ? NOUN_USAGE : NOUN_FAILED;
}
