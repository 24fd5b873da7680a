/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as messages of netlink about an interface, a filter and a route: what is taken from them has names, and ids other than 0. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/nethook.h"
#include "inspect/netroute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nethook_device dev = { .ifindex = 7, .name = "" };
	netroute_list routes = { 0 };
	struct nethooks h;
	struct arena arena;
	s32 index;

	arena_init(&arena);
	h = (struct nethooks){ .arena = &arena };
	/* Where a filter's message has the interface. */
	if (size >= 8) {
		memcpy(&index, data + 4, sizeof(index));
		dev.ifindex = (u32)index;
	}
	nethook_take_filter(&h, "root", &dev, data, size);
	if (nethook_take_device(&h, data, size, &dev) && (!dev.ifindex || !dev.name))
		abort();
	for (size_t i = 0; i < h.list.n; i++) {
		const struct nethook *one = &h.list.at[i];

		if (!one->dev || !one->where || !one->filter || !one->name)
			abort();
		if (one->kind != NETHOOK_TC && !one->prog_id)
			abort();
		if (one->kind == NETHOOK_ACTION && !i)
			abort();
	}
	netroute_take(&arena, 1, data, size, &routes);
	for (size_t i = 0; i < routes.n; i++)
		if (!routes.at[i].to || !routes.at[i].where || !routes.at[i].name)
			abort();
	arena_done(&arena);
	return 0;
}
