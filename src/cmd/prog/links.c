/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/prog/links.h"

void prog_links_init(struct prog_links *l, struct arena *a)
{
	*l = (struct prog_links){ .arena = a };
	link_view_init(&l->view, a);
	/* Without the right to list them none are told, and then programs cannot be listed either. */
	linkinfo_read_all(a, &l->all);
}

void prog_links_done(struct prog_links *l)
{
	link_view_done(&l->view);
}

struct prog_link_list prog_links_of(struct prog_links *l, u32 prog)
{
	struct prog_link_list list = { 0 };

	for (size_t i = 0; i < l->all.n; i++) {
		const struct linkinfo *info = &l->all.at[i];

		if (info->abi.prog_id == prog && prog)
			*vec_add(l->arena, &list.links) = (struct prog_link){
				.id = info->abi.id,
				.type = link_type_name(info->abi.type),
				.where = link_view_where(&l->view, info),
			};
	}
	return list;
}
