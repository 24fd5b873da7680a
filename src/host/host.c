/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/host_impl.h"
#include "isa/prog_type.h"
#include "kernel/warn.h"

#define LOG_BYTES ((16u << 20) - 1) /* the most that kernels before 6.4 take */
#define STRUCT_OPS_LINK ".struct_ops.link"
#define F_LINK (1u << 13) /* BPF_F_LINK, of maps of struct_ops */

const char *host_prog_text(struct host *h, const struct host_prog *p)
{
	return arena_printf(&h->arena, "%s (section \"%s\")", p->image->name, p->image->section);
}

void host_hold(struct host *h, const struct host_prog *p, struct bpf_link *link, int fd)
{
	*vec_add(&h->arena, &h->held) = (struct host_held){
		.name = p ? p->image->name : "struct_ops",
		.link = link,
		.fd = fd,
	};
	h->events++;
}

u32 host_ifindex(struct host *h, const char *what, struct diag *d)
{
	if (h->ifindex)
		return h->ifindex;
	if (!h->opts.dev) {
		diag_error(d, LOC_NONE, "%s is for a network interface: which?", what);
		diag_hint(d, "give --dev INTERFACE");
		return 0;
	}
	h->ifindex = if_nametoindex(h->opts.dev);
	if (!h->ifindex)
		diag_error(d, LOC_NONE, "--dev: there is no interface '%s'", h->opts.dev);
	return h->ifindex;
}

/* ---- opening */

/*
 * libbpf 1.1 does not know this section; by its older name it does, and as what links hold is all that is attached here, both
 * mean the same. The object's and the BTF's string end where the older name does.
 */
static void *copy_renamed(struct host *h, const void *elf, size_t len)
{
	static const char name[] = STRUCT_OPS_LINK;
	char *copy = arena_alloc(&h->arena, len), *at = copy;

	memcpy(copy, elf, len);
	while ((at = memmem(at, len - (size_t)(at - copy), name, sizeof(name)))) {
		/* Its relocations' section may share the string. */
		if (at - copy > 4 && (!at[-1] || !memcmp(at - 4, ".rel", 4)))
			at[strlen(".struct_ops")] = '\0';
		at += sizeof(name) - 1;
	}
	return copy;
}

static void mark_called(struct host *h)
{
	const struct image *img = h->img;

	for (size_t i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; m->type == BPF_MAP_TYPE_PROG_ARRAY && k < m->slots.n; k++) {
			s32 index = m->slots.at[k].index;

			if (index >= 0 && (size_t)index < img->progs.n)
				h->progs[index].is_called = true;
		}
	}
}

/* What libbpf does not know by the section's name it is told. */
static int set_types(struct host *h, struct diag *d)
{
	for (size_t i = 0; i < h->img->progs.n; i++) {
		struct host_prog *p = &h->progs[i];

		p->image = &h->img->progs.at[i];
		p->prog = bpf_object__find_program_by_name(h->object, p->image->name);
		if (!p->prog || !bpf_program__autoload(p->prog)) {
			p->prog = NULL;
			continue;
		}
		if (section_find(p->image->section, &p->section)) {
			diag_error(d, LOC_NONE, "%s: the section's name does not say what it is",
				   host_prog_text(h, p));
			diag_hint(
				d,
				"SEC(\"tracepoint/syscalls/sys_enter_execve\"), SEC(\"xdp\"), ...: "
				"see docs/run.md");
			return -EINVAL;
		}
		if (bpf_program__type(p->prog) != BPF_PROG_TYPE_UNSPEC)
			continue;
		bpf_program__set_type(p->prog, (enum bpf_prog_type)p->section.type);
		bpf_program__set_expected_attach_type(p->prog,
						      (enum bpf_attach_type)p->section.attach);
		bpf_program__set_flags(p->prog,
				       bpf_program__flags(p->prog) | p->section.load_flags);
	}
	mark_called(h);
	return 0;
}

/* Rings have no values, so a type of values can only say what their records are. */
static void set_maps(struct host *h)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, h->object)
	{
		enum bpf_map_type type = bpf_map__type(m);

		if (type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF) {
			bpf_map__set_key_size(m, 0);
			bpf_map__set_value_size(m, 0);
		} else if (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
			bpf_map__set_key_size(m, sizeof(u32));
			bpf_map__set_value_size(m, sizeof(u32));
		} else if (type == BPF_MAP_TYPE_STRUCT_OPS) {
			bpf_map__set_map_flags(m, bpf_map__map_flags(m) | F_LINK);
		}
	}
}

static int open_object(struct host *h, const void *elf, size_t len, struct diag *d)
{
	struct buf said = { 0 };
	int err = 0;

	warn_begin(&said);
	h->object = bpf_object__open_mem(copy_renamed(h, elf, len), len, NULL);
	if (!h->object)
		err = diag_errno(d, errno, "libbpf cannot read it: %s", warn_last(&said, d->arena));
	warn_end();
	buf_done(&said);
	return err;
}

int host_open(const void *elf, size_t len, const struct image *img, const struct host_options *opts,
	      struct diag *d, struct host **out)
{
	struct host *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		arena_exhausted();
	*out = h;
	arena_init(&h->arena);
	h->img = img;
	h->opts = *opts;
	h->target = -1;
	h->progs = arena_array(&h->arena, struct host_prog, img->progs.n);
	h->maps = arena_array(&h->arena, int, img->maps.n);
	h->memory = arena_array(&h->arena, u8 *, img->maps.n);
	h->records = arena_array(&h->arena, u32, img->maps.n);
	for (size_t i = 0; i < img->maps.n; i++)
		h->maps[i] = -1;
	host_record_find(h);
	err = open_object(h, elf, len, d);
	if (!err)
		err = set_types(h, d);
	if (!err)
		set_maps(h);
	return err;
}

/* ---- loading */

/* The program that libbpf says failed: "prog 'NAME': BPF program load failed". */
static const struct image_prog *failed_program(const struct host *h, const char *said)
{
	const char *at = strstr(said, "BPF program load failed");

	while (at && at > said && at[-1] != '\n')
		at--;
	at = at ? strstr(at, "prog '") : NULL;
	for (size_t i = 0; at && i < h->img->progs.n; i++) {
		const char *name = h->img->progs.at[i].name;
		size_t len = strlen(name);

		if (!strncmp(at + 6, name, len) && at[6 + len] == '\'')
			return &h->img->progs.at[i];
	}
	return NULL;
}

static int report_load(struct host *h, int err, const char *log, const struct buf *said,
		       struct host_rejection *out, struct diag *d)
{
	const struct image_prog *p = failed_program(h, buf_str(said));

	if (p && *log) {
		*out = (struct host_rejection){ p, log };
		return err;
	}
	if (p && (err == -EPERM || err == -EINVAL || err == -EOPNOTSUPP)) {
		diag_error(d, LOC_NONE, "the kernel refused %s, of type %s: %s", p->name,
			   prog_type_info(p->type) ? prog_type_info(p->type)->name : "unknown",
			   strerror(-err));
		diag_hint(d, "this kernel may not have programs of this type for that place");
		return err;
	}
	return diag_errno(d, err <= -4000 ? EINVAL : -err, "it cannot be loaded: %s",
			  warn_last(said, d->arena));
}

int host_load(struct host *h, struct host_rejection *out, struct diag *d)
{
	struct buf said = { 0 };
	char *log = mmap(NULL, LOG_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err;

	*out = (struct host_rejection){ 0 };
	if (log == MAP_FAILED)
		return diag_errno(d, errno, "no room for the verifier's log");
	for (size_t i = 0; i < h->img->progs.n; i++)
		if (h->progs[i].prog)
			bpf_program__set_log_buf(h->progs[i].prog, log, LOG_BYTES);
	warn_begin(&said);
	err = host_target_set(h, d);
	if (!err) {
		err = bpf_object__load(h->object);
		log[LOG_BYTES - 1] = '\0';
		if (err)
			err = report_load(h, err, arena_strndup(&h->arena, log, strlen(log)), &said,
					  out, d);
	}
	warn_end();
	buf_done(&said);
	munmap(log, LOG_BYTES);
	for (size_t i = 0; !err && i < h->img->maps.n; i++) {
		const struct bpf_map *m =
			bpf_object__find_map_by_name(h->object, h->img->maps.at[i].name);

		h->maps[i] = m ? bpf_map__fd(m) : -1;
	}
	h->is_loaded = !err;
	return err;
}

/* ---- questions */

int host_map_fd(const struct host *h, u32 map)
{
	return h->maps[map];
}

u32 host_attached(const struct host *h)
{
	return (u32)h->held.n;
}

bool host_may_go_on(const struct host *h)
{
	return h->events > 0;
}

struct host_losses host_losses(const struct host *h)
{
	struct host_losses losses = h->losses;

	losses.lines = host_lines_lost(h);
	for (size_t i = 0; i < h->sources.n; i++) {
		if (h->sources.at[i]->perf)
			losses.records += host_perf_lost(h->sources.at[i]);
	}
	return losses;
}

int host_run(struct host *h, struct diag *d)
{
	for (size_t i = 0; i < h->img->progs.n; i++) {
		const struct host_prog *p = &h->progs[i];
		LIBBPF_OPTS(bpf_test_run_opts, opts);

		if (!p->prog || p->section.type != BPF_PROG_TYPE_SYSCALL || p->is_called)
			continue;
		int err = bpf_prog_test_run_opts(bpf_program__fd(p->prog), &opts);
		if (err)
			return diag_errno(d, -err, "%s cannot be run", host_prog_text(h, p));
	}
	return 0;
}

void host_close(struct host *h)
{
	if (!h)
		return;
	host_link_detach(h);
	for (size_t i = 0; i < h->sources.n; i++) {
		struct host_source *s = h->sources.at[i];

		ring_buffer__free(s->ring);
		perf_buffer__free(s->perf);
		user_ring_buffer__free(s->user);
		host_socket_close(s);
	}
	if (h->target >= 0)
		close(h->target);
	host_lines_close(h);
	host_variable_close(h);
	bpf_object__close(h->object);
	arena_done(&h->arena);
	free(h);
}
