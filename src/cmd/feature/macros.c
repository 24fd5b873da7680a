/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is as macros of C, with the names that bpftool gives them. */
#include <ctype.h>
#include <string.h>

#include "cmd/feature/feature.h"

struct macros {
	struct out *out;
	const struct survey *s;
	const char *prefix;
};

static void put_macro(const struct macros *m, const char *name, const char *suffix, bool yes)
{
	out_printf(m->out, "#define %s%sHAVE_", m->prefix, yes ? "" : "NO_");
	for (const char *c = name; *c; c++)
		out_printf(m->out, "%c", toupper((unsigned char)*c));
	out_printf(m->out, "%s\n", suffix);
}

static void put_part(const struct macros *m, enum survey_part part, const char *title,
		     const char *suffix)
{
	const struct survey_list *list = &m->s->parts[part];

	if (!m->s->asked[part])
		return;
	out_printf(m->out, "/*** %s ***/\n", title);
	for (size_t i = 0; i < list->rows.n; i++)
		put_macro(m, list->rows.at[i].name, suffix, list->rows.at[i].state == SURVEY_YES);
	out_puts(m->out, "\n");
}

static void put_helpers(const struct macros *m)
{
	const struct survey_list *list = &m->s->parts[SURVEY_HELPERS];

	if (!m->s->asked[SURVEY_HELPERS])
		return;
	out_printf(m->out,
		   "/*** eBPF helper functions ***/\n"
		   "/* %sHAVE_PROG_TYPE_HELPER(xdp, bpf_redirect): whether programs of a type have "
		   "it. */\n"
		   "#define %sHAVE_PROG_TYPE_HELPER(prog_type, helper)\t\\\n"
		   "\t%sBPF__PROG_TYPE_ ## prog_type ## __HELPER_ ## helper\n",
		   m->prefix, m->prefix, m->prefix);
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];

		out_printf(m->out, "#define %sBPF__PROG_TYPE_%s__HELPER_%s %d\n", m->prefix,
			   row->group, row->name, row->state == SURVEY_YES);
	}
	out_puts(m->out, "\n");
}

void feature_macros(struct out *out, const struct survey *s, bool has_syscall, const char *prefix)
{
	struct macros m = { out, s, prefix };
	const struct survey_row *hz = survey_find(s, SURVEY_CONFIG, "CONFIG_HZ");

	if (hz && hz->value)
		out_printf(out, "/*** Misc kernel config items ***/\n#define %sCONFIG_HZ %s\n\n",
			   prefix, hz->value);
	out_puts(out, "/*** System call availability ***/\n");
	put_macro(&m, "bpf_syscall", "", has_syscall);
	out_puts(out, "\n");
	put_part(&m, SURVEY_PROGS, "eBPF program types", "_PROG_TYPE");
	put_part(&m, SURVEY_MAPS, "eBPF map types", "_MAP_TYPE");
	put_helpers(&m);
	put_part(&m, SURVEY_MISC, "eBPF misc features", "");
	put_part(&m, SURVEY_ATTACHES, "attach types", "_ATTACH_TYPE");
	put_part(&m, SURVEY_LINKS, "link types", "_LINK_TYPE");
	put_part(&m, SURVEY_ISA, "instructions", "_INSTRUCTIONS");
	put_part(&m, SURVEY_BTF, "BTF", "_BTF");
}
