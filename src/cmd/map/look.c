/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/map/look.h"

#include "inspect/mapread.h"

struct deletions {
	map_look_fn fn;
	void *arg;
	bool is_first;
};

int map_look_init(struct map_look *l, struct noun_args *a, int fd, const struct mapinfo *m)
{
	*l = (struct map_look){ .args = a, .fd = fd, .m = m };
	mapsnap_init(&l->snap, m->info.key_size, (u32)m->value_bytes);
	if (!mapread_refusal(m))
		return 0;
	return diag_error(a->diag, LOC_NONE, "map %u cannot be gone through: %s", m->info.id,
			  mapread_refusal(m));
}

void map_look_done(struct map_look *l)
{
	mapsnap_done(&l->snap);
}

static void deleted(void *arg, const u8 *key, const u8 *value)
{
	const struct deletions *d = arg;

	if (!d->is_first)
		d->fn(d->arg, key, NULL, value);
}

int map_look(struct map_look *l, map_look_fn fn, void *arg)
{
	struct deletions gone = { fn, arg, !l->looks++ };
	struct diag *d = l->args->diag;
	struct mapentry at;
	struct mapread r;
	bool is_all;
	int got = mapread_begin(&r, l->fd, l->m);

	if (got)
		return diag_errno(d, -got, "cannot read map %u", l->m->info.id);
	mapsnap_begin(&l->snap);
	while ((got = mapread_next(&r, &at)) > 0) {
		const u8 *old = NULL;
		enum mapsnap_change change;

		if (at.err)
			continue;
		change = mapsnap_put(&l->snap, at.key, at.value, &old);
		if (change == MAPSNAP_FULL) {
			mapread_end(&r);
			return diag_error(d, LOC_NONE, "map %u is too large to be kept",
					  l->m->info.id);
		}
		if (change != MAPSNAP_SAME && !gone.is_first)
			fn(arg, at.key, at.value, old);
	}
	/* Where the walk may have missed some, nothing is said to have gone. */
	is_all = !r.changed;
	mapread_end(&r);
	if (got < 0)
		return diag_errno(d, -got, "cannot read map %u", l->m->info.id);
	if (is_all)
		mapsnap_end(&l->snap, deleted, &gone);
	return 0;
}
