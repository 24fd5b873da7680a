/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine that is our own machine. Packets and contexts are made as the kernel's BPF_PROG_TEST_RUN makes them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/if_packet.h>

#include "cmd/exec/about.h"
#include "cmd/exec/context.h"
#include "cmd/exec/engine.h"
#include "cmd/exec/verdict.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"
#include "machine/code.h"
#include "machine/packet.h"

#define ADVANCE_ROUNDS 1000 /* of timers that are due, when the clocks are set */
#define CTX_SLACK 64        /* zeroes behind a context */

struct own {
	struct machine *m;
	struct run *run;
	struct packet *packet; /* NULL: programs of this type have none */
	u8 *ctx, *ctx_before;  /* of those */
	size_t ctx_size;
	struct exec_memory memory;
	struct buf trace, after;
};

static u64 now_ns(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static int open_context(struct own *own, const struct exec_job *job)
{
	const struct prog_type_info *info = prog_type_info(exec_prog(job)->type);
	size_t size = info ? ctx_info((enum ctx_id)info->ctx)->size : 0;

	own->ctx_size = size;
	own->ctx = calloc(1, size + CTX_SLACK);
	own->ctx_before = calloc(1, size + CTX_SLACK);
	if (!own->ctx || !own->ctx_before)
		arena_exhausted();
	return 0;
}

static int machine_open(struct exec_engine *e)
{
	const struct exec_job *job = e->job;
	struct machine_options opts = {
		.mode = job->mode,
		.cpus = job->cpus,
		.count_hits = job->count_hits,
	};
	struct own *own = calloc(1, sizeof(*own));
	u32 type = exec_prog(job)->type;
	int err;

	if (!own)
		arena_exhausted();
	e->own = own;
	exec_memory_init(&own->memory);
	err = machine_new(job->img, &opts, job->diag, &own->m);
	if (err)
		return err;
	own->run = run_new(own->m, job->cpu);
	own->run->task = job->task;
	own->run->now = job->now;
	own->run->trace = &own->trace;
	machine_set_fib(own->m, job->fib);
	machine_set_cgroups(own->m, job->cgroups);
	if (job->socks)
		machine_set_socks(own->m, job->socks);
	if (!exec_takes_packets(type))
		return open_context(own, job);
	own->packet = packet_new(type == BPF_PROG_TYPE_XDP ? PACKET_XDP : PACKET_SKB, job->diag);
	return own->packet ? 0 : -ENOMEM;
}

/* What eth_type_trans() says of a packet that the loopback device gets. */
static u32 packet_type(const u8 *mac)
{
	static const u8 all[6] = { 255, 255, 255, 255, 255, 255 }, none[6] = { 0 };

	if (!memcmp(mac, all, 6))
		return PACKET_BROADCAST;
	if (mac[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(mac, none, 6) ? PACKET_OTHERHOST : PACKET_HOST;
}

static void set_xdp(struct own *own, const struct exec_job *job, const struct exec_input *in)
{
	struct xdp_md *ctx = &own->packet->xdp;

	*ctx = (struct xdp_md){ .ingress_ifindex = 1 };
	exec_context_apply(ctx, job);
	if (job->ifindex)
		ctx->ingress_ifindex = job->ifindex;
	packet_set(own->packet, in->data, in->len);
}

static void set_skb(struct own *own, const struct exec_job *job, const struct exec_input *in)
{
	struct __sk_buff *ctx = &own->packet->skb;
	u32 skip = exec_takes_ethernet(exec_prog(job)->type) ? 0 : EXEC_ETH;
	u32 wire;

	*ctx = (struct __sk_buff){ .ifindex = 1 };
	if (in->len >= EXEC_ETH)
		ctx->pkt_type = packet_type(in->data);
	exec_context_fill((u8 *)ctx, job, &in->about, own->run->sock);
	exec_context_apply(ctx, job);
	exec_context_point((u8 *)ctx, job, own->run->sock, NULL, 0);
	if (job->ifindex)
		ctx->ifindex = ctx->ingress_ifindex = job->ifindex;
	wire = ctx->wire_len;
	packet_set(own->packet, in->data + skip, in->len - skip);
	own->packet->starts_with_network = skip;
	memcpy(packet_data(own->packet) - skip, in->data, skip);
	if (wire)
		ctx->wire_len = wire;
	ctx->protocol = 0;
	if (in->len >= EXEC_ETH)
		memcpy(&ctx->protocol, in->data + EXEC_ETH - 2, 2);
}

static bool refuse(struct exec_result *r, const char *why)
{
	r->outcome = EXEC_REFUSED;
	buf_puts(&r->why, why);
	return false;
}

static void set_context(struct own *own, const struct exec_job *job, const struct exec_input *in)
{
	struct run *run = own->run;

	memset(own->ctx, 0, own->ctx_size);
	exec_context_fill(own->ctx, job, &in->about, run->sock);
	exec_context_apply(own->ctx, job);
	exec_context_unpoint(own->ctx, job);
	memcpy(own->ctx_before, own->ctx, own->ctx_size);
	exec_context_point(own->ctx, job, run->sock, run->data.at, run->data.len);
}

/* Makes the context; false if the input is none for this program. */
static bool set_input(struct own *own, const struct exec_job *job, const struct exec_input *in,
		      struct exec_result *r)
{
	exec_about_enter(&own->memory, own->run, job, &in->about);
	if (!own->packet) {
		set_context(own, job, in);
		return true;
	}
	if (in->len > PACKET_MAX)
		return refuse(r, "the packet has more than 65535 bytes");
	if (own->packet->kind == PACKET_XDP) {
		set_xdp(own, job, in);
		return true;
	}
	if (!exec_takes_ethernet(exec_prog(job)->type) && in->len < EXEC_ETH)
		return refuse(r, "the packet has no Ethernet header");
	set_skb(own, job, in);
	return true;
}

static void tell_trap(struct own *own, struct exec_result *r)
{
	const struct image_prog *p = own->run->code ? own->run->code->prog : NULL;

	r->outcome = EXEC_TRAPPED;
	run_describe_trap(own->run, &r->why);
	if (p && p->lines.n && own->run->trap_insn < p->count)
		r->line = image_line(p, own->run->trap_insn);
}

/* The Ethernet header that the program has not seen is put back in front. */
static void take_packet(struct own *own, const struct exec_job *job, const struct exec_input *in,
			struct exec_result *r)
{
	bool is_whole = exec_takes_ethernet(exec_prog(job)->type);

	buf_clear(&own->after);
	if (!is_whole)
		buf_put(&own->after, in->data, EXEC_ETH);
	buf_put(&own->after, packet_data(own->packet), packet_len(own->packet));
	r->data = (const u8 *)buf_str(&own->after);
	r->len = (u32)own->after.len;
}

static void take_context(struct own *own, const struct exec_job *job, struct exec_result *r)
{
	exec_context_unpoint(own->ctx, job);
	r->ctx = own->ctx;
	r->ctx_len = (u32)own->ctx_size;
	r->is_ctx_changed = memcmp(own->ctx, own->ctx_before, own->ctx_size) != 0;
	if (!exec_has_data(job))
		return;
	r->about = own->memory.data;
	r->about_len = own->run->data.len;
}

/* What the program has said of a system call, a socket, a sysctl. */
static void take_said(const struct own *own, struct exec_result *r)
{
	const struct run *run = own->run;

	r->retval = run->retval;
	if (run->selected)
		r->socket = (u32)(run->selected - machine_socks(own->m)->all.at) + 1;
	if (run->sysctl && run->sysctl->is_write)
		r->sysctl = run->sysctl->written;
}

static void take_target(const struct own *own, struct exec_result *r)
{
	const struct run *run = own->run;

	r->has_target = true;
	r->ifindex = (u32)run->redirect.ifindex;
	if (run->redirect.map) {
		r->map_name = map_spec(run->redirect.map)->name;
		r->map_key = run->redirect.key;
	}
}

/* Those that are due. What the program itself has said of the input is taken before. */
static void run_timers(struct own *own, const struct exec_job *job, struct exec_result *r)
{
	struct run *run = own->run;

	run->fuel = job->mode == MACHINE_JIT ? RUN_NO_LIMIT : EXEC_FUEL;
	machine_run_timers(own->m, run);
	if (!run->trap)
		return;
	buf_puts(&r->why, "in the callback of a timer or work queue: ");
	tell_trap(own, r);
}

static void machine_run_one(struct exec_engine *e, const struct exec_input *in,
			    struct exec_result *r)
{
	const struct exec_job *job = e->job;
	struct own *own = e->own;
	struct run *run = own->run;
	size_t size = own->ctx_size;
	void *ctx = own->ctx;
	u64 began, ret = 0;

	if (!set_input(own, job, in, r))
		return;
	memset(&run->redirect, 0, sizeof(run->redirect));
	began = now_ns();
	for (u32 i = 0; i < job->repeat; i++) {
		if (own->packet)
			ctx = packet_enter(own->packet, run, &size);
		run->fuel = job->mode == MACHINE_JIT ? RUN_NO_LIMIT : EXEC_FUEL;
		ret = machine_run(own->m, job->prog, ctx, size, run);
		if (run->trap)
			break;
	}
	r->ns = (now_ns() - began) / job->repeat;
	if (run->trap) {
		tell_trap(own, r);
		return;
	}
	r->ret = (u32)ret;
	if (own->packet)
		take_packet(own, job, in, r);
	else
		take_context(own, job, r);
	take_said(own, r);
	if (exec_verdict_redirects(exec_prog(job)->type, r->ret))
		take_target(own, r);
	run_timers(own, job, r);
}

struct draining {
	exec_sink sink;
	void *arg;
	const struct image_map *map;
};

static int hand_over(void *arg, u32 cpu, const void *data, size_t len)
{
	struct draining *d = arg;

	d->sink(d->arg, d->map, cpu, data, len);
	return 0;
}

static u64 machine_drain(struct exec_engine *e, exec_sink sink, void *arg)
{
	struct own *own = e->own;
	u64 lost = 0;
	size_t at = 0;

	while (at < own->trace.len) {
		const char *line = own->trace.data + at,
			   *end = memchr(line, '\n', own->trace.len - at);
		size_t n = end ? (size_t)(end - line) : own->trace.len - at;

		sink(arg, NULL, 0, line, n);
		at += n + 1;
	}
	buf_clear(&own->trace);
	for (u32 i = 0; i < e->job->img->maps.n; i++) {
		struct draining d = { sink, arg, &e->job->img->maps.at[i] };
		struct map *m = machine_map(own->m, i);

		if (d.map->type != BPF_MAP_TYPE_RINGBUF &&
		    d.map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			continue;
		map_ring_consume(m, hand_over, &d);
		lost += map_ring_lost(m);
	}
	return lost;
}

static int machine_next(struct exec_engine *e, u32 map, const void *key, void *next)
{
	return map_next(machine_map(((struct own *)e->own)->m, map), key, next);
}

static int machine_read(struct exec_engine *e, u32 map, const void *key, void *value)
{
	return map_read(machine_map(((struct own *)e->own)->m, map), key, value, 0);
}

static int machine_take(struct exec_engine *e, u32 map, void *value)
{
	return map_take(machine_map(((struct own *)e->own)->m, map), NULL, value, 0);
}

static int machine_write(struct exec_engine *e, u32 map, const void *key, const void *value)
{
	struct map *m = machine_map(((struct own *)e->own)->m, map);

	return e->job->img->maps.at[map].key_size ? map_write(m, key, value, BPF_ANY)
						  : map_push(m, value, BPF_ANY);
}

static struct map *map_at(struct exec_engine *e, u32 map)
{
	return machine_map(((struct own *)e->own)->m, map);
}

/* Like the one that the map of maps was declared with. */
static int add_inner(struct exec_engine *e, u32 map, const void *outer, struct map **inner)
{
	const struct image_map *im = &e->job->img->maps.at[map];
	int err;

	if (im->inner < 0)
		return -EINVAL;
	err = map_new(map_spec(map_at(e, (u32)im->inner)), e->job->diag, inner);
	if (err)
		return err;
	err = map_slot_set(map_at(e, map), outer, *inner);
	map_put(*inner); /* the slot has its own reference */
	return err;
}

static int machine_read_inner(struct exec_engine *e, u32 map, const void *outer, const void *key,
			      void *value)
{
	struct map *inner = map_slot(map_at(e, map), outer);

	if (!inner || !value)
		return inner ? 0 : -ENOENT;
	return map_read(inner, key, value, 0);
}

static int machine_write_inner(struct exec_engine *e, u32 map, const void *outer, const void *key,
			       const void *value)
{
	struct map *inner = map_slot(map_at(e, map), outer);
	int err = inner ? 0 : add_inner(e, map, outer, &inner);

	return err ? err : map_write(inner, key, value, BPF_ANY);
}

static s32 machine_inner(struct exec_engine *e, u32 map, const void *outer)
{
	const struct map *inner = map_slot(map_at(e, map), outer);

	for (u32 i = 0; inner && i < e->job->img->maps.n; i++) {
		if (map_at(e, i) == inner)
			return (s32)i;
	}
	return inner ? -ESRCH : -ENOENT;
}

static int machine_send(struct exec_engine *e, u32 map, const void *data, u32 len)
{
	return map_ring_output(map_at(e, map), data, len, 0);
}

static bool holds_sockets(const struct image_map *m)
{
	return m->type != BPF_MAP_TYPE_CGROUP_ARRAY;
}

static int machine_set_item(struct exec_engine *e, u32 map, const void *key, u64 item)
{
	struct socks *all = machine_socks(((struct own *)e->own)->m);

	if (holds_sockets(&e->job->img->maps.at[map]) && item)
		item = (u64)(uintptr_t)&all->all.at[item - 1].view;
	return map_slot_set(map_at(e, map), key, (void *)(uintptr_t)item);
}

static u64 machine_item(struct exec_engine *e, u32 map, const void *key)
{
	struct socks *all = machine_socks(((struct own *)e->own)->m);
	u64 item = (u64)(uintptr_t)map_slot(map_at(e, map), key);
	const struct sock *s;

	if (!holds_sockets(&e->job->img->maps.at[map]))
		return item;
	s = sock_at(all, item);
	return s ? (u64)(s - all->all.at) + 1 : 0;
}

/* A timer that starts itself again may be due again by the same clock: it is not left to run without an end. */
static void machine_advance(struct exec_engine *e, u64 now, struct exec_result *r)
{
	struct own *own = e->own;

	own->run->now = now;
	for (u32 i = 0; i < ADVANCE_ROUNDS && r->outcome == EXEC_RAN; i++) {
		if (machine_timer_wait(own->m, own->run))
			break;
		run_timers(own, e->job, r);
	}
}

static const u64 *machine_hits_of(struct exec_engine *e, u32 prog)
{
	return machine_hits(((struct own *)e->own)->m, prog);
}

static u32 machine_timers_of(struct exec_engine *e, u64 *wait)
{
	struct own *own = e->own;

	*wait = machine_timer_wait(own->m, own->run);
	return machine_timer_count(own->m);
}

static void machine_close(struct exec_engine *e)
{
	struct own *own = e->own;

	if (!own)
		return;
	run_free(own->run);
	packet_free(own->packet);
	machine_free(own->m);
	free(own->ctx);
	free(own->ctx_before);
	exec_memory_done(&own->memory);
	buf_done(&own->trace);
	buf_done(&own->after);
	free(own);
	e->own = NULL;
}

const struct exec_engine_ops exec_machine = {
	.name = "machine",
	.open = machine_open,
	.run = machine_run_one,
	.drain = machine_drain,
	.next = machine_next,
	.read = machine_read,
	.take = machine_take,
	.write = machine_write,
	.read_inner = machine_read_inner,
	.write_inner = machine_write_inner,
	.inner = machine_inner,
	.send = machine_send,
	.set_item = machine_set_item,
	.item = machine_item,
	.advance = machine_advance,
	.hits = machine_hits_of,
	.timers = machine_timers_of,
	.close = machine_close,
};
