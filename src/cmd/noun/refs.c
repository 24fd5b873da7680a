/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/noun/refs.h"

#include <string.h>

void noun_refs_read(struct noun_refs *r, struct arena *a)
{
	refs_read_holders(&r->holders, a);
	refs_read_pins(&r->pins, a);
}

void noun_refs_json(const struct noun_refs *r, struct out *out, enum handle_kind kind, u32 id)
{
	const struct ref_list *pins = refs_of(&r->pins, kind, id);
	const struct ref_list *holders = refs_of(&r->holders, kind, id);

	if (pins->refs.n) {
		out_json_open(out, "pinned", '[');
		for (size_t i = 0; i < pins->refs.n; i++)
			out_json_str(out, NULL, pins->refs.at[i].text,
				     strlen(pins->refs.at[i].text));
		out_json_close(out, ']');
	}
	if (!holders->refs.n)
		return;
	out_json_open(out, "pids", '[');
	for (size_t i = 0; i < holders->refs.n; i++) {
		const struct ref *one = &holders->refs.at[i];

		out_json_open(out, NULL, '{');
		out_json_u64(out, "pid", one->pid);
		out_json_str(out, "comm", one->text, strlen(one->text));
		out_json_close(out, '}');
	}
	out_json_close(out, ']');
}

void noun_refs_text(const struct noun_refs *r, struct out *out, enum handle_kind kind, u32 id)
{
	const struct ref_list *pins = refs_of(&r->pins, kind, id);
	const struct ref_list *holders = refs_of(&r->holders, kind, id);

	for (size_t i = 0; i < pins->refs.n; i++)
		out_printf(out, "\tpinned %s\n", pins->refs.at[i].text);
	for (size_t i = 0; i < holders->refs.n; i++)
		out_printf(out, "%s%s(%u)", i ? ", " : "\tpids ", holders->refs.at[i].text,
			   holders->refs.at[i].pid);
	if (holders->refs.n)
		out_puts(out, "\n");
}
