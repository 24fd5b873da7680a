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

/* Newer kernels have some of them in brackets. */
bool handle_kind_of_link(const char *link, enum handle_kind *kind)
{
	static const struct {
		const char *text;
		enum handle_kind kind;
	} links[] = {
		{ "bpf-prog", HANDLE_PROG },
		{ "bpf-map", HANDLE_MAP },
		{ "bpf_link", HANDLE_LINK },
		{ "btf", HANDLE_BTF },
	};
	static const char prefix[] = "anon_inode:";
	size_t len;

	if (strncmp(link, prefix, sizeof(prefix) - 1) != 0)
		return false;
	link += sizeof(prefix) - 1;
	link += *link == '[';
	len = strcspn(link, "]");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		*kind = links[i].kind;
		if (strlen(links[i].text) == len && !strncmp(link, links[i].text, len))
			return true;
	}
	return false;
}

u32 handle_id(enum handle_kind kind, int fd)
{
	struct bpf_prog_info prog = { 0 };
	struct bpf_btf_info btf = { 0 };

	if (kind == HANDLE_BTF)
		return handle_info(fd, &btf, sizeof(btf)) ? 0 : btf.id;
	/* Programs, maps and links all begin with their type and id. */
	if (handle_info(fd, &prog, offsetof(struct bpf_prog_info, id) + sizeof(prog.id)))
		return 0;
	return prog.id;
}

/* The link and bpf(2) take half as long as fdinfo, where that is known which the link says. */
int handle_identify_fd(int fd, struct handle_name *out)
{
	char path[64], link[64];
	enum handle_kind kind;
	ssize_t n;
	u32 id;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	if (handle_kind_of_link(link, &kind) && (id = handle_id(kind, fd))) {
		*out = (struct handle_name){ kind, id };
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return handle_identify(AT_FDCWD, path, out);
}
