/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's half of bpf/printk.bpf.c: lines that programs print. Those of other programs on this system are among them, as in
 * trace_pipe.
 */
#include <string.h>

#include "bpf/printk.h"
#include "host/host_impl.h"
#include "kernel/warn.h"

/* PRINTK_OBJECT is given by the Makefile. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"host_lines_start:\n"
	".incbin \"" PRINTK_OBJECT "\"\n"
	"host_lines_end:\n"
	".popsection\n");
extern const char host_lines_start[], host_lines_end[];

static int on_line(void *arg, void *data, size_t len)
{
	const struct host_source *s = arg;
	const char *line = data;

	len = strnlen(line, len);
	if (len && line[len - 1] == '\n')
		len--;
	s->host->sink->line(s->host->sink->arg, line, len);
	return 0;
}

static bool prints(const struct host *h)
{
	for (size_t i = 0; i < h->img->progs.n; i++) {
		const struct image_prog *p = &h->img->progs.at[i];

		for (u32 k = 0; k < p->count; k++) {
			const struct bpf_insn *insn = &p->insns[k];

			if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
			    (insn->imm == BPF_FUNC_trace_printk ||
			     insn->imm == BPF_FUNC_trace_vprintk))
				return true;
		}
	}
	return false;
}

static int open_lines(struct host *h, struct host_source *s)
{
	struct bpf_program *prog;
	struct bpf_map *lines;
	int err;

	h->lines = bpf_object__open_mem(host_lines_start,
					(size_t)(host_lines_end - host_lines_start), NULL);
	if (!h->lines)
		return -errno;
	err = bpf_object__load(h->lines);
	if (err)
		return err;
	lines = bpf_object__find_map_by_name(h->lines, "lines");
	prog = bpf_object__find_program_by_name(h->lines, "hear");
	if (!lines || !prog)
		return -ENOENT;
	s->ring = ring_buffer__new(bpf_map__fd(lines), on_line, s, NULL);
	if (!s->ring)
		return -errno;
	h->lines_link = bpf_program__attach(prog);
	return h->lines_link ? 0 : -errno;
}

int host_lines_listen(struct host *h, struct loop *loop, struct diag *d)
{
	struct host_source *s;
	struct buf said = { 0 };
	int err;

	if (!prints(h))
		return 0;
	s = host_listen_add(h, NULL);
	warn_begin(&said);
	err = open_lines(h, s);
	warn_end();
	buf_done(&said);
	if (!err)
		err = loop_add_fd(loop, ring_buffer__epoll_fd(s->ring), host_listen_drain, s);
	if (!err)
		return 0;
	diag_warning(d, LOC_NONE, "what bpf_printk() prints is not shown: %s", strerror(-err));
	return 0;
}

u64 host_lines_lost(const struct host *h)
{
	struct bpf_map *bss = h->lines ? bpf_object__find_map_by_name(h->lines, ".bss") : NULL;
	u64 lost = 0;
	u32 zero = 0;

	if (!bss || bpf_map__value_size(bss) != sizeof(lost) ||
	    bpf_map_lookup_elem(bpf_map__fd(bss), &zero, &lost))
		return 0;
	return lost;
}

void host_lines_close(struct host *h)
{
	bpf_link__destroy(h->lines_link);
	bpf_object__close(h->lines);
}
