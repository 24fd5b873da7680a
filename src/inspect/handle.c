/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thin calls of bpf(2), for what libbpf has no function for or a different one in each version. */
#include "inspect/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name, *field; /* the field of fdinfo */
	u32 next, open;           /* commands of bpf(2) */
} kinds[HANDLE_KINDS] = {
	[HANDLE_PROG] = { "program", "prog_id:", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	[HANDLE_MAP] = { "map", "map_id:", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	[HANDLE_LINK] = { "link", "link_id:", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
	[HANDLE_BTF] = { "BTF object", "btf_id:", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID },
};

static int sys_bpf(u32 command, union bpf_attr *attr)
{
	int got = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return got < 0 ? -errno : got;
}

const char *handle_kind_name(enum handle_kind kind)
{
	return kinds[kind].name;
}

int handle_next(enum handle_kind kind, u32 *id)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = *id;
	err = sys_bpf(kinds[kind].next, &attr);
	if (!err)
		*id = attr.next_id;
	return err;
}

int handle_open(enum handle_kind kind, u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id; /* map_id, link_id and btf_id are the same field */
	return sys_bpf(kinds[kind].open, &attr);
}

int handle_open_pinned(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (u64)(uintptr_t)path;
	return sys_bpf(BPF_OBJ_GET, &attr);
}

int handle_info(int fd, void *info, u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)fd;
	attr.info.info_len = size;
	attr.info.info = (u64)(uintptr_t)info;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* The number behind a field at the beginning of a line; 0 if there is none, which is no id. */
static u64 field_of(const char *text, const char *field)
{
	size_t len = strlen(field);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, field, len))
			return strtoull(line + len, NULL, 10);
	}
	return 0;
}

int handle_identify_memory(int dir, const char *fdinfo, struct handle_name *out, u64 *memory)
{
	/* A link shows its program's id, too, so it is asked for first; a program may show its BTF's. */
	static const enum handle_kind order[] = { HANDLE_LINK, HANDLE_PROG, HANDLE_MAP,
						  HANDLE_BTF };
	char text[4096];
	ssize_t n;
	int fd = openat(dir, fdinfo, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		u32 id = (u32)field_of(text, kinds[order[i]].field);

		if (id) {
			*out = (struct handle_name){ order[i], id };
			*memory = field_of(text, "memlock:");
			return 0;
		}
	}
	return -ENOENT;
}

int handle_identify(int dir, const char *fdinfo, struct handle_name *out)
{
	return handle_identify_memory(dir, fdinfo, out, &(u64){ 0 });
}

int handle_identify_fd(int fd, struct handle_name *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return handle_identify(AT_FDCWD, path, out);
}
