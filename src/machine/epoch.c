/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock advances with each deferral, and stamps it. A reader that is inside since a time at or after a stamp entered when
 * the thing could no longer be found, so a stamp is over when every reader that is inside entered at it or later. Whoever
 * defers looks for what is over; nobody else ever has to.
 */
#include "machine/epoch.h"

#include <pthread.h>
#include <stdlib.h>

struct deferred {
	struct deferred *next;
	u64 stamp;
	void (*fn)(void *arg);
	void *arg;
};

struct epoch {
	pthread_mutex_t lock; /* of readers and what waits */
	u64 now;              /* from 1 */
	struct epoch_reader *readers;
	struct deferred *first, **last; /* ascending stamps */
};

struct epoch *epoch_new(void)
{
	struct epoch *e = calloc(1, sizeof(*e));

	if (e) {
		pthread_mutex_init(&e->lock, NULL);
		e->now = 1;
		e->last = &e->first;
	}
	return e;
}

static void run_all(struct deferred *d)
{
	while (d) {
		struct deferred *next = d->next;

		d->fn(d->arg);
		free(d);
		d = next;
	}
}

void epoch_free(struct epoch *e)
{
	if (!e)
		return;
	run_all(e->first);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

void epoch_join(struct epoch *e, struct epoch_reader *r)
{
	*r = (struct epoch_reader){ .epoch = e, .now = &e->now };
	pthread_mutex_lock(&e->lock);
	r->next = e->readers;
	e->readers = r;
	pthread_mutex_unlock(&e->lock);
}

void epoch_part(struct epoch_reader *r)
{
	struct epoch *e = r->epoch;

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	for (struct epoch_reader **at = &e->readers; *at; at = &(*at)->next) {
		if (*at == r) {
			*at = r->next;
			break;
		}
	}
	pthread_mutex_unlock(&e->lock);
	r->epoch = NULL;
}

/* Takes off the list what no reader can see; the lock is held. */
static struct deferred *take_over(struct epoch *e)
{
	struct deferred *over = e->first, **end = &over;
	u64 oldest = e->now;

	for (const struct epoch_reader *r = e->readers; r; r = r->next) {
		u64 since = __atomic_load_n(&r->since, __ATOMIC_SEQ_CST);

		if (since && since < oldest)
			oldest = since;
	}
	while (*end && (*end)->stamp <= oldest)
		end = &(*end)->next;
	e->first = *end;
	if (!e->first)
		e->last = &e->first;
	*end = NULL;
	return over;
}

void epoch_defer(struct epoch *e, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = e ? malloc(sizeof(*d)) : NULL, *over;

	if (!e) {
		fn(arg);
		return;
	}
	/* Without the memory to remember it, it is never freed, which is the only thing that is safe. */
	if (!d)
		return;
	*d = (struct deferred){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&e->lock);
	d->stamp = __atomic_add_fetch(&e->now, 1, __ATOMIC_SEQ_CST);
	*e->last = d;
	e->last = &d->next;
	over = take_over(e);
	pthread_mutex_unlock(&e->lock);
	run_all(over);
}
