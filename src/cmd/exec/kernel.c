/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine that is the running kernel: libbpf loads the program, with those that it may call by program arrays, and
 * BPF_PROG_TEST_RUN runs it. Nothing is attached or pinned, so nothing stays.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/exec/engine.h"
#include "cmd/exec/verdict.h"
#include "cmd/verify/report.h"
#include "kernel/printk.h"
#include "kernel/warn.h"
#include "machine/packet.h"

#define AFTER_BYTES (PACKET_MAX + 1 + PACKET_HEADROOM)
#define CTX_BYTES 65536
#define PERF_PAGES 64
#define LOG_BYTES (16u << 20)

struct sending {
	struct own *own;
	const struct image_map *map;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
};

struct own {
	struct bpf_object *obj;
	int prog;
	int *maps; /* descriptors, by index; -1: none */
	u8 *after, *ctx_in, *ctx_out;
	struct sending *sending;
	u32 sending_count;
	struct printk *printed; /* NULL: it cannot be listened to */
	exec_sink sink;         /* while draining */
	void *arg;
	u64 lost;
};

/* ---- loading */

static bool is_called(const struct image *img, const char *name)
{
	for (u32 i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; m->type == BPF_MAP_TYPE_PROG_ARRAY && k < m->slots.n; k++) {
			s32 index = m->slots.at[k].index;

			if (index >= 0 && (size_t)index < img->progs.n &&
			    !strcmp(img->progs.at[index].name, name))
				return true;
		}
	}
	return false;
}

/* Variables as the image has them. */
static int set_data(struct own *own, const struct exec_job *job)
{
	for (u32 i = 0; i < job->img->maps.n; i++) {
		const struct image_map *m = &job->img->maps.at[i];
		struct bpf_map *to;
		int err;

		if (m->origin < IMAGE_MAP_DATA || m->origin == IMAGE_MAP_KCONFIG || !m->data)
			continue;
		to = bpf_object__find_map_by_name(own->obj, m->name);
		err = to ? bpf_map__set_initial_value(to, m->data, m->value_size) : -ENOENT;
		if (err)
			return diag_errno(job->diag, -err, "the variables in %s cannot be set",
					  m->name);
	}
	return 0;
}

static int load(struct own *own, const struct exec_job *job, const struct buf *warnings)
{
	const char *name = exec_prog(job)->name;
	struct bpf_program *prog = bpf_object__find_program_by_name(own->obj, name), *p;
	char *log = calloc(1, LOG_BYTES);
	struct bpf_map *map;
	int err;

	if (!log)
		arena_exhausted();
	if (!prog) {
		free(log);
		return diag_error(job->diag, LOC_NONE, "libbpf finds no program %s in %s", name,
				  job->file);
	}
	bpf_object__for_each_program(p, own->obj) bpf_program__set_autoload(
		p, p == prog || is_called(job->img, bpf_program__name(p)));
	bpf_object__for_each_map(map, own->obj) bpf_map__set_pin_path(map, NULL);
	bpf_program__set_log_buf(prog, log, LOG_BYTES);
	err = bpf_object__load(own->obj);
	if (err && log[0])
		diag_error(job->diag, LOC_NONE, "the kernel rejects %s: %s", name,
			   verify_report_kernel(log));
	else if (err)
		diag_errno(job->diag, -err, "the kernel does not load %s: %s", name,
			   warn_last(warnings, job->arena));
	if (err == -EPERM)
		diag_hint(job->diag,
			  "it takes root, or CAP_BPF and the capability that programs of "
			  "this type need");
	own->prog = err ? -1 : bpf_program__fd(prog);
	free(log);
	return err;
}

/* ---- what programs send */

static int on_record(void *ctx, void *data, size_t len)
{
	struct sending *s = ctx;

	s->own->sink(s->own->arg, s->map, 0, data, len);
	return 0;
}

static void on_sample(void *ctx, int cpu, void *data, __u32 len)
{
	struct sending *s = ctx;

	s->own->sink(s->own->arg, s->map, (u32)cpu, data, len);
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	struct sending *s = ctx;

	(void)cpu;
	s->own->lost += count;
}

static void on_line(void *arg, const char *line, size_t len)
{
	const struct own *own = arg;

	own->sink(own->arg, NULL, 0, line, len);
}

static int listen_to(struct own *own, const struct exec_job *job)
{
	own->sending = calloc(job->img->maps.n + 1, sizeof(*own->sending));
	if (!own->sending)
		arena_exhausted();
	for (u32 i = 0; i < job->img->maps.n; i++) {
		struct sending *s = &own->sending[own->sending_count];
		const struct image_map *m = &job->img->maps.at[i];

		*s = (struct sending){ .own = own, .map = m };
		if (own->maps[i] < 0)
			continue;
		if (m->type == BPF_MAP_TYPE_RINGBUF)
			s->ring = ring_buffer__new(own->maps[i], on_record, s, NULL);
		else if (m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			s->perf = perf_buffer__new(own->maps[i], PERF_PAGES, on_sample, on_lost, s,
						   NULL);
		else
			continue;
		if (!s->ring && !s->perf)
			return diag_errno(job->diag, errno, "map %s cannot be listened to",
					  m->name);
		own->sending_count++;
	}
	return 0;
}

static u64 kernel_drain(struct exec_engine *e, exec_sink sink, void *arg)
{
	struct own *own = e->own;

	own->sink = sink;
	own->arg = arg;
	if (own->printed)
		own->lost += printk_drain(own->printed, on_line, own);
	for (u32 i = 0; i < own->sending_count; i++) {
		if (own->sending[i].ring)
			ring_buffer__consume(own->sending[i].ring);
		else
			perf_buffer__consume(own->sending[i].perf);
	}
	return own->lost;
}

/* ---- from open to close */

/* Per-CPU values have to be those of the CPU that the machine says to be on. */
static int pin_to_cpu(const struct exec_job *job)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(job->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return diag_errno(job->diag, errno, "CPU %u cannot be run on", job->cpu);
	return 0;
}

static int kernel_open(struct exec_engine *e)
{
	const struct exec_job *job = e->job;
	struct own *own = calloc(1, sizeof(*own));
	struct buf warnings = { 0 };
	int err = 0;

	if (!own)
		arena_exhausted();
	e->own = own;
	own->after = malloc(AFTER_BYTES);
	own->ctx_in = calloc(1, CTX_BYTES);
	own->ctx_out = calloc(1, CTX_BYTES);
	own->maps = calloc(job->img->maps.n + 1, sizeof(*own->maps));
	if (!own->after || !own->ctx_in || !own->ctx_out || !own->maps)
		arena_exhausted();
	warn_begin(&warnings);
	own->obj = bpf_object__open_mem(job->elf, job->elf_len, NULL);
	if (!own->obj)
		err = diag_errno(job->diag, errno, "libbpf does not open %s: %s", job->file,
				 warn_last(&warnings, job->arena));
	if (!err && job->set_data)
		err = set_data(own, job);
	if (!err)
		err = load(own, job, &warnings);
	warn_end();
	buf_done(&warnings);
	for (u32 i = 0; !err && i < job->img->maps.n; i++) {
		const struct bpf_map *m =
			bpf_object__find_map_by_name(own->obj, job->img->maps.at[i].name);

		own->maps[i] = m ? bpf_map__fd(m) : -1;
	}
	if (!err)
		err = pin_to_cpu(job);
	if (!err)
		err = listen_to(own, job);
	if (!err)
		own->printed = printk_open();
	if (!err && !own->printed)
		diag_warning(
			job->diag, LOC_NONE,
			"what bpf_printk() prints is not shown: no access to its tracepoint: %s",
			strerror(errno));
	return err;
}

static void kernel_close(struct exec_engine *e)
{
	struct own *own = e->own;

	if (!own)
		return;
	printk_close(own->printed);
	for (u32 i = 0; i < own->sending_count; i++) {
		ring_buffer__free(own->sending[i].ring);
		perf_buffer__free(own->sending[i].perf);
	}
	bpf_object__close(own->obj);
	free(own->sending);
	free(own->maps);
	free(own->after);
	free(own->ctx_in);
	free(own->ctx_out);
	free(own);
	e->own = NULL;
}

/* ---- running */

static void set_xdp(struct own *own, const struct exec_job *job, const struct exec_input *in,
		    struct bpf_test_run_opts *opts)
{
	struct xdp_md *ctx = (struct xdp_md *)(void *)own->ctx_in;

	memset(ctx, 0, sizeof(*ctx));
	if (job->ctx)
		memcpy(ctx, job->ctx, job->ctx_len);
	if (job->ifindex)
		ctx->ingress_ifindex = job->ifindex;
	ctx->data = ctx->data_meta = 0;
	ctx->data_end = in->len;
	opts->ctx_size_in = opts->ctx_size_out = sizeof(*ctx);
}

static void set_skb(struct own *own, const struct exec_job *job, struct bpf_test_run_opts *opts)
{
	struct __sk_buff *ctx = (struct __sk_buff *)(void *)own->ctx_in;

	memset(ctx, 0, sizeof(*ctx));
	if (job->ctx)
		memcpy(ctx, job->ctx, job->ctx_len);
	if (job->ifindex)
		ctx->ifindex = ctx->ingress_ifindex = job->ifindex;
	ctx->data = ctx->data_end = ctx->data_meta = ctx->len = ctx->protocol = 0;
	opts->ctx_size_in = opts->ctx_size_out = sizeof(*ctx);
}

/* The header that a packet says to have behind Ethernet's, if it ends within that; NULL. Kernels from 6.18 on run no such packet. */
static const char *cut_header(const struct exec_input *in)
{
	u32 protocol = (u32)in->data[EXEC_ETH - 2] << 8 | in->data[EXEC_ETH - 1];

	if (protocol == ETH_P_IP && in->len < EXEC_ETH + sizeof(struct iphdr))
		return "IPv4";
	if (protocol == ETH_P_IPV6 && in->len < EXEC_ETH + sizeof(struct ipv6hdr))
		return "IPv6";
	return NULL;
}

static void refuse(const struct exec_job *job, const struct exec_input *in, int err,
		   struct exec_result *r)
{
	r->outcome = EXEC_REFUSED;
	if (err == -MAP_ENOTSUPP || err == -EOPNOTSUPP)
		buf_puts(&r->why, "the kernel does not test-run programs of this type");
	else if (err == -EINVAL && in->data && in->len <= EXEC_ETH)
		buf_printf(&r->why, "the kernel takes packets of more than %u bytes only",
			   EXEC_ETH - (exec_prog(job)->type == BPF_PROG_TYPE_XDP));
	else if (err == -EINVAL && in->data && exec_prog(job)->type != BPF_PROG_TYPE_XDP &&
		 cut_header(in))
		buf_printf(&r->why, "the kernel takes no packet that ends within its %s header",
			   cut_header(in));
	else if (err == -EINVAL && in->data && in->len > 3520)
		buf_puts(&r->why,
			 "the kernel takes so long a packet from programs with frags only");
	else
		buf_printf(&r->why, "the kernel does not run it: %s%s", strerror(-err),
			   job->ctx || job->ifindex ? " (is it the context?)" : "");
}

/* The kernel hands out what is before the packet, too. */
static void take_packet(struct own *own, u32 type, const struct bpf_test_run_opts *opts,
			const struct exec_input *in, struct exec_result *r)
{
	const struct xdp_md *ctx = (const struct xdp_md *)(const void *)own->ctx_out;
	u32 meta = type == BPF_PROG_TYPE_XDP && ctx->data <= opts->data_size_out ? ctx->data : 0;

	r->data = own->after + meta;
	r->len = opts->data_size_out - meta;
	if (!exec_takes_ethernet(type) && r->len >= EXEC_ETH)
		memcpy(own->after, in->data, EXEC_ETH);
}

static void kernel_run(struct exec_engine *e, const struct exec_input *in, struct exec_result *r)
{
	const struct exec_job *job = e->job;
	struct own *own = e->own;
	u32 type = exec_prog(job)->type;
	bool may_repeat = in->data || type == BPF_PROG_TYPE_SK_LOOKUP;
	u64 ns = 0;
	int err = 0;

	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);
	if (in->data && type == BPF_PROG_TYPE_XDP)
		set_xdp(own, job, in, &opts);
	else if (in->data)
		set_skb(own, job, &opts);
	else if (job->ctx)
		memcpy(own->ctx_in, job->ctx, job->ctx_len);
	if (!in->data)
		opts.ctx_size_in = job->ctx_len;
	opts.ctx_in = opts.ctx_size_in ? own->ctx_in : NULL;
	opts.ctx_out = opts.ctx_size_out ? own->ctx_out : NULL;
	opts.data_in = in->data;
	opts.data_size_in = in->len;
	opts.data_out = in->data ? own->after : NULL;
	opts.data_size_out = in->data ? AFTER_BYTES : 0;
	opts.repeat = may_repeat ? (int)job->repeat : 0;
	for (u32 i = 0; !err && i < (may_repeat ? 1 : job->repeat); i++) {
		err = bpf_prog_test_run_opts(own->prog, &opts);
		ns += opts.duration;
	}
	if (err) {
		refuse(job, in, err, r);
		return;
	}
	r->ret = opts.retval;
	r->ns = may_repeat ? ns : ns / job->repeat;
	if (in->data)
		take_packet(own, type, &opts, in, r);
}

/* ---- maps */

static int kernel_next(struct exec_engine *e, u32 map, const void *key, void *next)
{
	int fd = ((struct own *)e->own)->maps[map];

	/* What only shows how inner maps are does not exist by itself. */
	return fd < 0 ? -ENOENT : bpf_map_get_next_key(fd, key, next);
}

static int kernel_read(struct exec_engine *e, u32 map, const void *key, void *value)
{
	return bpf_map_lookup_elem(((struct own *)e->own)->maps[map], key, value);
}

static int kernel_take(struct exec_engine *e, u32 map, void *value)
{
	return bpf_map_lookup_and_delete_elem(((struct own *)e->own)->maps[map], NULL, value);
}

static int kernel_write(struct exec_engine *e, u32 map, const void *key, const void *value)
{
	int fd = ((struct own *)e->own)->maps[map];
	bool has_keys = e->job->img->maps.at[map].key_size;

	return fd < 0 ? -ENOENT : bpf_map_update_elem(fd, has_keys ? key : NULL, value, BPF_ANY);
}

/* The map that is at a key; -errno if there is none. */
static int inner_fd(struct exec_engine *e, u32 map, const void *outer)
{
	u32 id;
	int err = bpf_map_lookup_elem(((struct own *)e->own)->maps[map], outer, &id);

	return err ? err : bpf_map_get_fd_by_id(id);
}

/* Like the one that the map of maps was declared with. */
static int add_inner(struct exec_engine *e, u32 map, const void *outer)
{
	const struct image_map *im = &e->job->img->maps.at[map];
	const struct image_map *like = im->inner < 0 ? NULL : &e->job->img->maps.at[im->inner];
	int fd, err;

	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = like ? like->flags : 0);
	fd = like ? bpf_map_create(like->type, NULL, like->key_size, like->value_size,
				   like->max_entries, &opts)
		  : -EINVAL;
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(((struct own *)e->own)->maps[map], outer, &fd, BPF_ANY);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int kernel_read_inner(struct exec_engine *e, u32 map, const void *outer, const void *key,
			     void *value)
{
	int fd = inner_fd(e, map, outer), err = 0;

	if (fd < 0)
		return fd;
	if (value)
		err = bpf_map_lookup_elem(fd, key, value);
	close(fd);
	return err;
}

static s32 kernel_inner(struct exec_engine *e, u32 map, const void *outer)
{
	const struct own *own = e->own;
	struct bpf_map_info info;
	u32 id, len = sizeof(info);

	if (bpf_map_lookup_elem(own->maps[map], outer, &id))
		return -ENOENT;
	for (u32 i = 0; i < e->job->img->maps.n; i++) {
		memset(&info, 0, sizeof(info));
		if (own->maps[i] >= 0 && !bpf_obj_get_info_by_fd(own->maps[i], &info, &len) &&
		    info.id == id)
			return (s32)i;
	}
	return -ESRCH;
}

static int kernel_write_inner(struct exec_engine *e, u32 map, const void *outer, const void *key,
			      const void *value)
{
	int fd = inner_fd(e, map, outer), err;

	if (fd < 0)
		fd = add_inner(e, map, outer);
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, key, value, BPF_ANY);
	close(fd);
	return err;
}

static int kernel_send(struct exec_engine *e, u32 map, const void *data, u32 len)
{
	struct user_ring_buffer *ring =
		user_ring_buffer__new(((struct own *)e->own)->maps[map], NULL);
	void *to = ring ? user_ring_buffer__reserve(ring, len) : NULL;
	int err = to ? 0 : -errno;

	if (to) {
		memcpy(to, data, len);
		user_ring_buffer__submit(ring, to);
	}
	user_ring_buffer__free(ring);
	return err;
}

static const u64 *kernel_hits(struct exec_engine *e, u32 prog)
{
	(void)e, (void)prog;
	return NULL;
}

const struct exec_engine_ops exec_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.run = kernel_run,
	.drain = kernel_drain,
	.next = kernel_next,
	.read = kernel_read,
	.take = kernel_take,
	.write = kernel_write,
	.read_inner = kernel_read_inner,
	.write_inner = kernel_write_inner,
	.inner = kernel_inner,
	.send = kernel_send,
	.hits = kernel_hits,
	.close = kernel_close,
};
