/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of timers and work queues behind one lock; a number is an index into it, plus one, and counts only from the field that it was given
 * to. The lock is never held while a callback runs or a map is used: maps call timers_drop() with locks of theirs held.
 */
#include "machine/timer.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "machine/code.h"
#include "machine/machine.h"
#include "machine/mapimpl.h"

#define TIMER_MAX_CLOCKS 16 /* flags of bpf_timer_init() below this are a clock */
#define TIMER_ABS 1u        /* flags of bpf_timer_start(), newer than some headers */
#define TIMER_CPU_PIN 2u

struct timer {
	u64 *field; /* NULL: the place is free */
	struct map *map;
	const struct code *code; /* of the callback; NULL: there is none yet */
	u64 func;
	u64 expires; /* ns on the clock */
	u64 round;   /* that it was last started in, see machine_run_timers() */
	int clock;
	u32 at;       /* bytes from the beginning of the value to the field */
	bool is_work; /* due as soon as it is started; expires is its turn then */
	bool is_active;
	const struct run *running; /* its callback, now */
	u32 next_free;             /* index + 1 */
};

struct watch {
	struct timers *timers;
	struct map *map;
	u32 at; /* of the field */
	struct watch *next;
};

struct timers {
	pthread_mutex_t lock;
	struct timer *at;
	u32 count, room, free; /* free: index + 1 */
	u64 round, turns;      /* turns: of work that was started, ever */
	struct watch *watches;
};

u64 run_clock(const struct run *run, int clock)
{
	struct timespec t = { 0 };

	if (run->now)
		return run->now;
	clock_gettime(clock, &t);
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

struct timers *timers_new(void)
{
	struct timers *t = calloc(1, sizeof(*t));

	if (!t)
		arena_exhausted();
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void timers_free(struct timers *t)
{
	if (!t)
		return;
	for (struct watch *w = t->watches, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	pthread_mutex_destroy(&t->lock);
	free(t->at);
	free(t);
}

/* What the field has of either; NULL: nothing. With the lock held. */
static struct timer *any_of(struct timers *t, const u64 *field)
{
	u64 number = *field;

	if (!number || number > t->count || t->at[number - 1].field != field)
		return NULL;
	return &t->at[number - 1];
}

static struct timer *timer_of(struct timers *t, const u64 *field)
{
	struct timer *timer = any_of(t, field);

	return timer && !timer->is_work ? timer : NULL;
}

static struct timer *work_of(struct timers *t, const u64 *field)
{
	struct timer *timer = any_of(t, field);

	return timer && timer->is_work ? timer : NULL;
}

static void release(struct timers *t, struct timer *timer)
{
	*timer = (struct timer){ .next_free = t->free };
	t->free = (u32)(timer - t->at) + 1;
}

static void drop(void *arg, void *value)
{
	struct watch *w = arg;
	u64 *field = (u64 *)((u8 *)value + w->at);
	struct timer *timer;

	pthread_mutex_lock(&w->timers->lock);
	timer = any_of(w->timers, field);
	if (timer)
		release(w->timers, timer);
	*field = 0;
	pthread_mutex_unlock(&w->timers->lock);
}

static void watch(struct timers *t, struct map *m, s32 at)
{
	struct watch *w;

	if (at < 0)
		return;
	w = calloc(1, sizeof(*w));
	if (!w)
		arena_exhausted();
	*w = (struct watch){ t, m, (u32)at, t->watches };
	t->watches = w;
	map_on_drop(m, drop, w);
}

void timers_watch(struct timers *t, struct map *m)
{
	watch(t, m, map_spec(m)->timer);
	watch(t, m, map_spec(m)->work);
}

/* A place in the table; 0 if there is none left. */
static u32 take(struct timers *t)
{
	u32 number = t->free;

	if (number) {
		t->free = t->at[number - 1].next_free;
		return number;
	}
	if (t->count == TIMERS_MAX)
		return 0;
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 16;
		t->at = realloc(t->at, t->room * sizeof(*t->at));
		if (!t->at)
			arena_exhausted();
	}
	return ++t->count;
}

static s64 init(struct timers *t, const struct timer *new)
{
	u64 *field = new->field;
	s64 err = 0;
	u32 number;

	pthread_mutex_lock(&t->lock);
	number = any_of(t, field) ? 0 : take(t);
	if (any_of(t, field)) {
		err = -EBUSY;
	} else if (!number) {
		err = -ENOMEM;
	} else {
		t->at[number - 1] = *new;
		*field = number;
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

s64 timer_init(struct timers *t, struct map *m, u64 *field, u64 flags)
{
	s32 at = map_spec(m)->timer;

	if (flags >= TIMER_MAX_CLOCKS ||
	    (flags != CLOCK_MONOTONIC && flags != CLOCK_REALTIME && flags != CLOCK_BOOTTIME))
		return -EINVAL;
	if (at < 0)
		return -EINVAL;
	return init(
		t, &(struct timer){ .field = field, .map = m, .clock = (int)flags, .at = (u32)at });
}

s64 work_init(struct timers *t, struct map *m, u64 *field, u64 flags)
{
	s32 at = map_spec(m)->work;

	if (flags || at < 0)
		return -EINVAL;
	return init(t, &(struct timer){ .field = field, .map = m, .at = (u32)at, .is_work = true });
}

static s64 set_callback(struct timers *t, const u64 *field, bool is_work, const struct code *code,
			u64 func)
{
	struct timer *timer;

	pthread_mutex_lock(&t->lock);
	timer = is_work ? work_of(t, field) : timer_of(t, field);
	if (timer) {
		timer->code = code;
		timer->func = func;
	}
	pthread_mutex_unlock(&t->lock);
	return timer ? 0 : -EINVAL;
}

s64 timer_set_callback(struct timers *t, const u64 *field, const struct code *code, u64 func)
{
	return set_callback(t, field, false, code, func);
}

s64 work_set_callback(struct timers *t, const u64 *field, const struct code *code, u64 func,
		      u64 flags)
{
	return flags ? -EINVAL : set_callback(t, field, true, code, func);
}

/* What waits for its turn already keeps it. */
s64 work_start(struct timers *t, const u64 *field, u64 flags)
{
	struct timer *work;
	s64 err = -EINVAL;

	if (flags)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	work = work_of(t, field);
	if (work && work->code) {
		if (!work->is_active) {
			work->expires = ++t->turns;
			work->round = t->round;
		}
		work->is_active = true;
		err = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

s64 timer_start(struct timers *t, const u64 *field, u64 ns, u64 flags, const struct run *run)
{
	struct timer *timer;
	s64 err = -EINVAL;

	if (flags & ~(u64)(TIMER_ABS | TIMER_CPU_PIN))
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	timer = timer_of(t, field);
	if (timer && timer->code) {
		u64 from = flags & TIMER_ABS ? 0 : run_clock(run, timer->clock);

		timer->expires = ns > UINT64_MAX - from ? UINT64_MAX : from + ns;
		timer->is_active = true;
		timer->round = t->round;
		err = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

/* Waits for a callback that runs elsewhere; one that would wait for itself, or for what may wait for it, does not. */
s64 timer_cancel(struct timers *t, const u64 *field, struct run *run)
{
	struct timer *timer;
	s64 result = -EINVAL;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		timer = timer_of(t, field);
		if (!timer || !timer->running)
			break;
		if (timer->running == run || run->is_timer) {
			pthread_mutex_unlock(&t->lock);
			return -EDEADLK;
		}
		pthread_mutex_unlock(&t->lock);
		sched_yield();
		pthread_mutex_lock(&t->lock);
	}
	if (timer) {
		result = timer->is_active;
		timer->is_active = false;
		timer->code = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	return result;
}

/* ---- firing */

static u64 left(const struct timer *timer, const struct run *run)
{
	u64 now = timer->is_work ? 0 : run_clock(run, timer->clock);

	return !timer->is_work && timer->expires > now ? timer->expires - now : 0;
}

/* Work comes before timers. */
static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->is_work != b->is_work ? a->is_work : a->expires < b->expires;
}

/* The one that is due first, of those that were started before this round; its copy, as the table may move. */
static bool take_due(struct timers *t, u64 round, struct run *run, struct timer *out)
{
	struct timer *first = NULL;

	pthread_mutex_lock(&t->lock);
	for (u32 i = 0; i < t->count; i++) {
		struct timer *timer = &t->at[i];

		if (timer->is_active && timer->round < round && !timer->running &&
		    !left(timer, run) && (!first || is_before(timer, first)))
			first = timer;
	}
	if (first) {
		first->is_active = false;
		first->running = run;
		*out = *first;
	}
	pthread_mutex_unlock(&t->lock);
	return first;
}

static void has_run(struct timers *t, const u64 *field, const struct run *run)
{
	struct timer *timer;

	pthread_mutex_lock(&t->lock);
	timer = any_of(t, field); /* unless its callback deleted the value */
	if (timer && timer->running == run)
		timer->running = NULL;
	pthread_mutex_unlock(&t->lock);
}

static void fire(const struct timer *timer, struct run *run)
{
	const struct map_spec *spec = map_spec(timer->map);
	u8 *value = (u8 *)timer->field - timer->at;
	u32 index;
	const void *key = map_key_of(timer->map, value, &index);

	run->code = timer->code;
	run->is_timer = !timer->is_work;
	run_add_region(run, key, spec->key_size, false, "key");
	run_add_region(run, value, spec->value_size, true, "value");
	run_callback(run, timer->func, (u64)(uintptr_t)timer->map, (u64)(uintptr_t)key,
		     (u64)(uintptr_t)value, 0);
	run_remove_region(run, key);
	run_remove_region(run, value);
}

u32 machine_run_timers(struct machine *m, struct run *run)
{
	struct timers *t = machine_timers(m);
	struct timer timer;
	u64 round;
	u32 fired = 0;

	pthread_mutex_lock(&t->lock);
	round = ++t->round;
	pthread_mutex_unlock(&t->lock);
	run_begin(run);
	machine_add_data(m, run);
	map_enter(run);
	while (!run->trap && take_due(t, round, run, &timer)) {
		fire(&timer, run);
		has_run(t, timer.field, run);
		fired++;
	}
	map_leave(run);
	run->is_timer = false;
	return fired;
}

u64 machine_timer_wait(struct machine *m, const struct run *run)
{
	struct timers *t = machine_timers(m);
	u64 least = UINT64_MAX;

	pthread_mutex_lock(&t->lock);
	for (u32 i = 0; i < t->count; i++) {
		if (t->at[i].is_active && left(&t->at[i], run) < least)
			least = left(&t->at[i], run);
	}
	pthread_mutex_unlock(&t->lock);
	return least;
}

u32 machine_timer_count(struct machine *m)
{
	struct timers *t = machine_timers(m);
	u32 n = 0;

	pthread_mutex_lock(&t->lock);
	for (u32 i = 0; i < t->count; i++)
		n += t->at[i].is_active;
	pthread_mutex_unlock(&t->lock);
	return n;
}
