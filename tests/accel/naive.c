/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads naive.bpf.c's object, which is in this file. */
#include "accel/naive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { NAIVE_KEY_MAX = 64 };

struct naive {
	struct bpf_object *object;
	struct bpf_link *link;
	int socks, state;
};

__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"naive_object:\n"
	".incbin \"" NAIVE_OBJECT "\"\n"
	"naive_object_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char naive_object[], naive_object_end[];

struct naive *naive_new(void)
{
	return calloc(1, sizeof(struct naive));
}

void naive_free(struct naive *n)
{
	free(n);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int attach(struct naive *n, int cgroup)
{
	struct bpf_program *ops = bpf_object__find_program_by_name(n->object, "naive_sockops");
	struct bpf_program *send = bpf_object__find_program_by_name(n->object, "naive_send");

	n->socks = bpf_object__find_map_fd_by_name(n->object, "naive_socks");
	n->state = bpf_object__find_map_fd_by_name(n->object, "naive_state");
	if (bpf_prog_attach(bpf_program__fd(send), n->socks, BPF_SK_MSG_VERDICT, 0))
		return -1;
	n->link = bpf_program__attach_cgroup(ops, cgroup);
	return n->link ? 0 : -1;
}

int naive_on(struct naive *n, const char *cgroup, char *why, size_t size)
{
	size_t len = (size_t)(naive_object_end - naive_object);
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	naive_off(n);
	libbpf_set_print(quiet);
	n->object = bpf_object__open_mem(naive_object, len, NULL);
	err = fd < 0 || !n->object || bpf_object__load(n->object) || attach(n, fd);
	if (err) {
		snprintf(why, size, "the naive redirect: %s", strerror(errno));
		naive_off(n);
	}
	if (fd >= 0)
		close(fd);
	return err ? -1 : 0;
}

void naive_off(struct naive *n)
{
	u8 key[NAIVE_KEY_MAX];

	/* Others may have the link, too. */
	if (n->link)
		bpf_link_detach(bpf_link__fd(n->link));
	while (n->object && n->socks > 0 && !bpf_map_get_next_key(n->socks, NULL, key))
		if (bpf_map_delete_elem(n->socks, key))
			break;
	bpf_link__destroy(n->link);
	bpf_object__close(n->object);
	memset(n, 0, sizeof(*n));
}

static u64 get(const struct naive *n, u32 index)
{
	u64 value = 0;

	if (n->object && bpf_map_lookup_elem(n->state, &index, &value))
		return 0;
	return value;
}

void naive_pause(struct naive *n, bool is_paused)
{
	u32 index = 0;
	u64 value = is_paused;

	if (n->object)
		bpf_map_update_elem(n->state, &index, &value, BPF_ANY);
}

u64 naive_redirected(const struct naive *n)
{
	return get(n, 1);
}
