/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Part by part: what is there, in lines of many names; then each thing that is not, with the reason. */
#include <string.h>

#include "cmd/feature/feature.h"

enum { WIDTH = 100, NAME_WIDTH = 28 };

static const char *const titles[SURVEY_PARTS] = {
	[SURVEY_SYSTEM] = "System",
	[SURVEY_CONFIG] = "Kernel options",
	[SURVEY_PROGS] = "Program types",
	[SURVEY_ATTACHES] = "Attach types",
	[SURVEY_LINKS] = "Link types",
	[SURVEY_MAPS] = "Map types",
	[SURVEY_HELPERS] = "Helpers",
	[SURVEY_KFUNCS] = "Kernel functions",
	[SURVEY_ITERS] = "Iterators",
	[SURVEY_ISA] = "Instructions",
	[SURVEY_BTF] = "BTF",
	[SURVEY_LIMITS] = "Limits",
	[SURVEY_MISC] = "More",
};

struct text {
	struct out *out;
	const struct survey *s;
	u32 column;
};

/* Names one after the other, in lines that begin with some spaces. */
static void put_word(struct text *t, const char *word, u32 spaces)
{
	u32 len = (u32)strlen(word);

	if (t->column && t->column + 1 + len > WIDTH) {
		out_puts(t->out, "\n");
		t->column = 0;
	}
	if (!t->column) {
		out_printf(t->out, "%*s%s", (int)spaces, "", word);
		t->column = spaces + len;
	} else {
		out_printf(t->out, " %s", word);
		t->column += 1 + len;
	}
}

static void end_words(struct text *t)
{
	if (t->column)
		out_puts(t->out, "\n");
	t->column = 0;
}

static bool same_group(const struct survey_row *row, const char *group)
{
	return group ? row->group && !strcmp(row->group, group) : !row->group;
}

static u32 count(const struct survey_list *list, const char *group, enum survey_state state)
{
	u32 n = 0;

	for (size_t i = 0; i < list->rows.n; i++)
		n += list->rows.at[i].state == state && same_group(&list->rows.at[i], group);
	return n;
}

static void put_names(struct text *t, const struct survey_list *list, const char *group, u32 spaces)
{
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];
		const char *name = row->name;

		if (row->state != SURVEY_YES || !same_group(row, group))
			continue;
		put_word(t, group && !strncmp(name, "bpf_", 4) ? name + 4 : name, spaces);
	}
	end_words(t);
}

static bool is_missing(const struct survey_row *row)
{
	return !row->group && (row->state == SURVEY_NO || row->state == SURVEY_UNKNOWN);
}

static bool is_alike(const struct survey_row *a, const struct survey_row *b)
{
	return is_missing(a) && is_missing(b) && a->state == b->state && a->why && b->why &&
	       !strcmp(a->why, b->why);
}

/* Those that are not there for the same reason as a row, which is the first of them. */
static void put_alike(struct text *t, const struct survey_list *list, const struct survey_row *row)
{
	out_printf(t->out, "  %s: %s\n", row->state == SURVEY_NO ? "no" : "?", row->why);
	for (size_t i = 0; i < list->rows.n; i++) {
		if (is_alike(row, &list->rows.at[i]))
			put_word(t, list->rows.at[i].name, 6);
	}
	end_words(t);
}

static void put_missing(struct text *t, const struct survey_list *list)
{
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];
		u32 before = 0, after = 0;

		if (!is_missing(row))
			continue;
		for (size_t k = 0; k < list->rows.n; k++) {
			if (k != i && is_alike(row, &list->rows.at[k]))
				*(k < i ? &before : &after) += 1;
		}
		if (before)
			continue;
		if (after)
			put_alike(t, list, row);
		else
			out_printf(t->out, "  %s %-*s%s%s\n", row->state == SURVEY_NO ? "no" : "? ",
				   row->why ? NAME_WIDTH : 0, row->name, row->why ? "  " : "",
				   row->why ? row->why : "");
	}
}

/* "Map types: 33 of 33" and what they are. */
static void put_list(struct text *t, enum survey_part part, bool names)
{
	const struct survey_list *list = &t->s->parts[part];
	u32 yes = count(list, NULL, SURVEY_YES), no = count(list, NULL, SURVEY_NO),
	    unknown = count(list, NULL, SURVEY_UNKNOWN);

	if (no + unknown)
		out_printf(t->out, "%s: %u of %u\n", titles[part], yes, yes + no + unknown);
	else
		out_printf(t->out, "%s: %u\n", titles[part], yes);
	if (names)
		put_names(t, list, NULL, 2);
	else
		out_printf(t->out, "  (skep feature probe section %s: their names)\n",
			   survey_part_name(part));
	put_missing(t, list);
	out_puts(t->out, "\n");
}

/* A line for each: name, value, what it means. */
static void put_values(struct text *t, enum survey_part part)
{
	const struct survey_list *list = &t->s->parts[part];

	out_printf(t->out, "%s\n", titles[part]);
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];
		const char *value = row->state == SURVEY_YES       ? "yes"
				    : row->state == SURVEY_NO      ? "no"
				    : row->state == SURVEY_UNKNOWN ? "?"
				    : row->state == SURVEY_ABSENT  ? "-"
								   : row->value;
		bool why = row->why && *row->why;

		out_printf(t->out, "  %-*s  %-*s%s%s\n", NAME_WIDTH, row->name, why ? 10 : 0, value,
			   why ? "  " : "", why ? row->why : "");
	}
	out_puts(t->out, "\n");
}

/* Of options only those in lines that are set; of the others the names. */
static void put_options(struct text *t)
{
	const struct survey_list *list = &t->s->parts[SURVEY_CONFIG];

	out_printf(t->out, "%s\n", titles[SURVEY_CONFIG]);
	if (!t->s->has_config && list->rows.n) {
		out_printf(t->out, "  %s\n\n", list->rows.at[0].why);
		return;
	}
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < list->rows.n; i++) {
			const struct survey_row *row = &list->rows.at[i];
			bool set = row->state == SURVEY_TEXT;
			char word[128];

			if (set == (pass != 0))
				continue;
			snprintf(word, sizeof(word), "%.80s%s%.32s", row->name + strlen("CONFIG_"),
				 set ? "=" : "", set ? row->value : "");
			if (pass && !t->column)
				put_word(t, "not set:", 2);
			put_word(t, word, pass ? 4 : 2);
		}
		end_words(t);
	}
	out_puts(t->out, "\n");
}

/* How many each type has, or which. */
static void put_by_type(struct text *t, enum survey_part part, bool names_all)
{
	const struct survey_list *list = &t->s->parts[part], *types = &t->s->parts[SURVEY_PROGS];

	out_printf(t->out, "%s by program type\n", titles[part]);
	for (size_t i = 0; i < types->rows.n; i++) {
		const char *type = types->rows.at[i].name;
		u32 n = count(list, type, SURVEY_YES);
		char word[64];

		if (!n)
			continue;
		if (names_all) {
			out_printf(t->out, "  %s: %u\n", type, n);
			put_names(t, list, type, 4);
		} else {
			snprintf(word, sizeof(word), "%s %u%s", type, n,
				 i + 1 < types->rows.n ? "," : "");
			put_word(t, word, 2);
		}
	}
	end_words(t);
	if (!names_all)
		out_puts(t->out, "  (skep feature probe section helpers: their names)\n");
	out_puts(t->out, "\n");
}

/* Helpers that were expected, but no type has. */
static void put_missing_helpers(struct text *t)
{
	const struct survey_list *list = &t->s->parts[SURVEY_HELPERS];

	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];
		bool known = false;

		for (size_t k = 0; k < list->rows.n && !known; k++)
			known = list->rows.at[k].id == row->id &&
				(k < i || list->rows.at[k].state == SURVEY_YES);
		if (!known && row->why)
			out_printf(t->out, "  no %-*s  %s\n", NAME_WIDTH, row->name, row->why);
	}
}

void feature_text(struct out *out, const struct survey *s, bool has_syscall, bool names_all)
{
	struct text t = { .out = out, .s = s };

	if (!has_syscall)
		out_puts(out, "This kernel has no bpf() (CONFIG_BPF_SYSCALL).\n\n");
	for (int i = 0; i < SURVEY_PARTS; i++) {
		enum survey_part part = (enum survey_part)i;

		if (!s->asked[part] ||
		    (part == SURVEY_PROGS && s->asked[SURVEY_HELPERS] && !s->asked[SURVEY_MAPS]))
			continue;
		if (part == SURVEY_SYSTEM || part == SURVEY_LIMITS)
			put_values(&t, part);
		else if (part == SURVEY_CONFIG)
			put_options(&t);
		else if (part == SURVEY_HELPERS)
			put_by_type(&t, part, names_all);
		else
			put_list(&t, part, names_all || part != SURVEY_KFUNCS);
		if (part == SURVEY_HELPERS && names_all)
			put_missing_helpers(&t);
		if (part == SURVEY_KFUNCS && s->is_full)
			put_by_type(&t, part, true);
	}
}
