/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/step.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "machine/mapcopy.h"
#include "machine/owned.h"

#define PACKET_ROOM (PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM)

struct stepper {
	struct machine *m;
	struct run *run;
	struct step_state state;
	u64 begun; /* instructions */
	step_stop stop;
	void *stop_arg;
	bool is_dropped; /* the run is to end where it is, as nobody wants it any more */

	/* What each run begins with. */
	struct step_input first;
	u8 *first_ctx, *ctx;
	struct packet first_packet;
	u8 *first_bytes; /* of the packet's memory */
	struct mapcopy **maps;
	struct heapcopy *objects;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t turned;
	bool is_programs_turn;
};

/* ---- whose turn it is */

static void hand_over(struct stepper *s, bool to_program)
{
	pthread_mutex_lock(&s->lock);
	s->is_programs_turn = to_program;
	pthread_cond_broadcast(&s->turned);
	pthread_mutex_unlock(&s->lock);
}

static void wait_for_turn(struct stepper *s, bool of_program)
{
	pthread_mutex_lock(&s->lock);
	while (s->is_programs_turn != of_program)
		pthread_cond_wait(&s->turned, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

/* ---- in the program's thread */

/* A function is entered by a call, or by the helper that called back: in both cases what was done before. */
static void note(struct step_state *st, const struct run *run, u32 insn, const u64 *regs)
{
	if (run->depth > st->depth && st->depth)
		st->calls[run->depth - 1] = (struct step_call){ st->code, st->insn };
	st->depth = run->depth;
	st->code = run->code;
	st->insn = insn;
	memcpy(st->regs, regs, sizeof(st->regs));
}

static bool before(struct run *run, u32 insn, const u64 *regs)
{
	struct stepper *s = run->step_arg;

	note(&s->state, run, insn, regs);
	s->state.steps = s->begun;
	run->now = s->first.now + s->begun;
	if (s->begun == s->first.fuel) {
		run->trap = RUN_OUT_OF_FUEL;
		return false;
	}
	if (!s->stop || s->stop(s->stop_arg, &s->state)) {
		hand_over(s, false);
		wait_for_turn(s, true);
	}
	if (s->is_dropped) {
		run->trap = RUN_STOPPED;
		return false;
	}
	s->begun++;
	return true;
}

static void *run_program(void *arg)
{
	struct stepper *s = arg;
	size_t size = s->first.ctx_size;
	void *ctx = s->ctx;
	u64 result;

	wait_for_turn(s, true);
	if (s->first.packet)
		ctx = packet_enter(s->first.packet, s->run, &size);
	if (s->first.enter)
		s->first.enter(s->first.enter_arg, s->run, ctx);
	result = machine_run(s->m, s->first.prog, ctx, size, s->run);
	s->state.is_ended = true;
	if (!s->run->trap) {
		s->state.regs[0] = result;
		s->state.steps = s->begun;
	} else if (s->run->trap !=
		   RUN_OUT_OF_FUEL) { /* which is told before the instruction is begun */
		s->state.steps = s->begun;
	}
	hand_over(s, false);
	return NULL;
}

/* ---- from the beginning */

static void drop_run(struct stepper *s)
{
	if (!s->has_thread)
		return;
	s->is_dropped = true;
	if (!s->state.is_ended)
		hand_over(s, true);
	pthread_join(s->thread, NULL);
	s->has_thread = s->is_dropped = false;
}

static void restore(struct stepper *s)
{
	struct run *r = s->run;

	for (u32 i = 0; i < machine_image(s->m)->maps.n; i++)
		mapcopy_put_back(s->maps[i], machine_map(s->m, i));
	owned_put_back(machine_owned(s->m), s->objects);
	if (s->first.ctx_size)
		memcpy(s->ctx, s->first_ctx, s->first.ctx_size);
	if (s->first.packet) {
		*s->first.packet = s->first_packet;
		memcpy(s->first.packet->memory, s->first_bytes, PACKET_ROOM);
	}
	memset(r->stack, 0, sizeof(r->stack));
	memset(&r->redirect, 0, sizeof(r->redirect));
	r->region_count = 0;
	r->random = s->first.random;
	r->now = s->first.now;
	r->fuel = RUN_NO_LIMIT; /* ours counts each instruction */
	r->depth = 0;
	s->state = (struct step_state){ 0 };
	s->begun = 0;
}

static void wait_until_still(struct stepper *s)
{
	hand_over(s, true);
	wait_for_turn(s, false);
}

/* Stops before the first instruction, if stop is NULL. */
static int begin(struct stepper *s, step_stop stop, void *arg)
{
	int err;

	drop_run(s);
	restore(s);
	s->stop = stop;
	s->stop_arg = arg;
	s->is_programs_turn = false;
	err = pthread_create(&s->thread, NULL, run_program, s);
	if (err)
		return -err;
	s->has_thread = true;
	wait_until_still(s);
	return 0;
}

/* Later ones find what the first one has found: threads. */
static void begin_again(struct stepper *s, step_stop stop, void *arg)
{
	if (begin(s, stop, arg))
		arena_exhausted();
}

static void *copy_of(const void *bytes, size_t size)
{
	void *copy = calloc(1, size + !size);

	if (!copy)
		arena_exhausted();
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

static void keep_input(struct stepper *s, const struct step_input *in)
{
	u32 n = (u32)machine_image(s->m)->maps.n;

	s->first = *in;
	if (!s->first.fuel)
		s->first.fuel = STEP_FUEL;
	if (!s->first.now)
		s->first.now = STEP_NOW;
	if (!s->first.random)
		s->first.random = 0x9e3779b97f4a7c15ull;
	s->first_ctx = copy_of(in->ctx, in->ctx_size);
	s->ctx = copy_of(in->ctx, in->ctx_size);
	if (in->packet) {
		s->first_packet = *in->packet;
		s->first_bytes = copy_of(in->packet->memory, PACKET_ROOM);
	}
	s->maps = calloc(n + 1, sizeof(*s->maps));
	if (!s->maps)
		arena_exhausted();
	for (u32 i = 0; i < n; i++)
		s->maps[i] = mapcopy_take(machine_map(s->m, i));
	s->objects = owned_copy(machine_owned(s->m));
}

struct stepper *step_new(struct machine *m, const struct step_input *in, struct diag *d)
{
	struct stepper *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		arena_exhausted();
	s->m = m;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->turned, NULL);
	keep_input(s, in);
	s->run = run_new(m, 0);
	s->run->step = before;
	s->run->step_arg = s;
	err = begin(s, NULL, NULL);
	if (err) {
		diag_errno(d, -err, "no thread for the program");
		step_free(s);
		return NULL;
	}
	return s;
}

void step_free(struct stepper *s)
{
	if (!s)
		return;
	drop_run(s);
	for (u32 i = 0; i < machine_image(s->m)->maps.n; i++)
		mapcopy_free(s->maps[i]);
	heapcopy_free(s->objects);
	run_free(s->run);
	pthread_cond_destroy(&s->turned);
	pthread_mutex_destroy(&s->lock);
	free(s->maps);
	free(s->first_bytes);
	free(s->first_ctx);
	free(s->ctx);
	free(s);
}

const struct step_state *step_state(const struct stepper *s)
{
	return &s->state;
}

struct run *step_run(struct stepper *s)
{
	return s->run;
}

struct machine *step_machine(struct stepper *s)
{
	return s->m;
}

void *step_context(struct stepper *s, size_t *size)
{
	struct packet *p = s->first.packet;

	*size = !p ? s->first.ctx_size : p->kind == PACKET_XDP ? sizeof(p->xdp) : sizeof(p->skb);
	if (p)
		return p->kind == PACKET_XDP ? (void *)&p->xdp : (void *)&p->skb;
	return s->ctx;
}

/* ---- moving */

void step_forward(struct stepper *s, step_stop stop, void *arg)
{
	if (s->state.is_ended)
		return;
	s->stop = stop;
	s->stop_arg = arg;
	wait_until_still(s);
}

static bool is_there(void *arg, const struct step_state *at)
{
	const u64 *steps = arg;

	return at->steps >= *steps;
}

void step_to(struct stepper *s, u64 steps)
{
	if (!s->state.is_ended && s->state.steps == steps)
		return;
	if (s->state.is_ended || s->state.steps > steps)
		begin_again(s, is_there, &steps);
	else
		step_forward(s, is_there, &steps);
}

/* Remembers the last place that fits, and stops where the way back began. */
struct search {
	step_stop stop;
	void *arg;
	u64 until, found;
	bool is_found;
};

static bool look(void *arg, const struct step_state *at)
{
	struct search *f = arg;

	if (at->steps >= f->until)
		return true;
	if (f->stop(f->arg, at)) {
		f->found = at->steps;
		f->is_found = true;
	}
	return false;
}

bool step_back(struct stepper *s, step_stop stop, void *arg)
{
	struct search f = { .stop = stop, .arg = arg, .until = s->state.steps };

	if (!f.until)
		return false;
	if (!stop) {
		step_to(s, f.until - 1);
		return true;
	}
	begin_again(s, look, &f);
	step_to(s, f.found);
	return f.is_found;
}
