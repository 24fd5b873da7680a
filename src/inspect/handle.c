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

int handle_call(u32 command, void *attr, u32 size)
{
	int got = (int)syscall(SYS_bpf, command, attr, size);

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
	err = handle_call(kinds[kind].next, &attr, sizeof(attr));
	if (!err)
		*id = attr.next_id;
	return err;
}

int handle_open(enum handle_kind kind, u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id; /* map_id, link_id and btf_id are the same field */
	return handle_call(kinds[kind].open, &attr, sizeof(attr));
}

int handle_open_pinned(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (u64)(uintptr_t)path;
	return handle_call(BPF_OBJ_GET, &attr, sizeof(attr));
}

int handle_info(int fd, void *info, u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)fd;
	attr.info.info_len = size;
	attr.info.info = (u64)(uintptr_t)info;
	return handle_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

u64 handle_field(const char *text, const char *field)
{
	size_t len = strlen(field);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, field, len))
			return strtoull(line + len, NULL, 10);
	}
	return 0;
}

static int read_fdinfo(int dir, const char *path, char text[HANDLE_FDINFO])
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, HANDLE_FDINFO - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return 0;
}

int handle_fdinfo(int fd, char text[HANDLE_FDINFO])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return read_fdinfo(AT_FDCWD, path, text);
}

u64 handle_memory(int fd)
{
	char text[HANDLE_FDINFO];

	return handle_fdinfo(fd, text) ? 0 : handle_field(text, "memlock:");
}

int handle_identify_memory(int dir, const char *fdinfo, struct handle_name *out, u64 *memory)
{
	/* A link shows its program's id, too, so it is asked for first; a program may show its BTF's. */
	static const enum handle_kind order[] = { HANDLE_LINK, HANDLE_PROG, HANDLE_MAP,
						  HANDLE_BTF };
	char text[HANDLE_FDINFO];
	int err = read_fdinfo(dir, fdinfo, text);

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		u32 id = (u32)handle_field(text, kinds[order[i]].field);

		if (id) {
			*out = (struct handle_name){ order[i], id };
			*memory = handle_field(text, "memlock:");
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
