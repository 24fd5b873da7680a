/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is of use to somebody: from a process's descriptors on, through what maps have as entries. And names of what BTF has. */
#include "inspect/usage.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "btf/rawbtf.h"
#include "inspect/naming.h"
#include "unit/test.h"

static u32 id_of(int fd)
{
	struct handle_name name = { 0 };

	handle_identify_fd(fd, &name);
	return name.id;
}

static int load(const char *name)
{
	const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					  { .code = BPF_JMP | BPF_EXIT } };

	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, name, "GPL", insns, 2, NULL);
}

/* Whether the program and the array are in use; what this process itself holds does not count. */
static void look(u32 prog, u32 array, bool *is_prog_used, bool *is_array_used)
{
	const struct usage_prog *p;
	const struct usage_map *m;
	struct arena a;
	struct diag d;
	struct usage u;

	arena_init(&a);
	diag_init(&d, &a);
	CHECK_EQ(usage_read(&u, &a, &d), 0);
	p = usage_find_prog(&u, prog);
	m = usage_find_map(&u, array);
	CHECK(p && m);
	if (p && m) {
		CHECK(!p->is_attached);
		CHECK_STR(p->name, "usage_tail");
		CHECK_EQ(m->progs.n, 1);
		/* A filter of sockets may be of use without being seen to be. */
		*is_prog_used = p->is_used && !p->is_unknown;
		CHECK(p->is_used);
		*is_array_used = m->is_used;
	}
	arena_done(&a);
}

TEST(usage_goes_through_arrays_of_programs)
{
	int prog = load("usage_tail"), ends[2];
	int array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "usage_array", 4, 4, 8, NULL);
	bool is_prog_used = true, is_array_used = true;
	u32 key = 3, id, array_id;
	pid_t child;
	char byte;

	if (prog < 0 || array < 0 || pipe(ends))
		SKIP("programs cannot be loaded here");
	CHECK_EQ(bpf_map_update_elem(array, &key, &prog, BPF_ANY), 0);
	id = id_of(prog);
	array_id = id_of(array);
	look(id, array_id, &is_prog_used, &is_array_used);
	CHECK(!is_prog_used);
	CHECK(!is_array_used);
	child = fork();
	if (!child) {
		/* It holds the array only. */
		close(prog);
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) < 0);
	}
	close(ends[0]);
	/* Until it has closed the other one; either way both are in use. */
	look(id, array_id, &is_prog_used, &is_array_used);
	CHECK(is_prog_used);
	CHECK(is_array_used);
	close(ends[1]);
	waitpid(child, NULL, 0);
	close(prog);
	close(array);
}

/* The id of the kernel's own BTF; 0: not to be found. */
static u32 kernel_btf(void)
{
	u32 id = 0, found = 0;

	while (!found && !handle_next(HANDLE_BTF, &id)) {
		char name[32] = "";
		struct bpf_btf_info info = { .name = (u64)(uintptr_t)name,
					     .name_len = sizeof(name) };
		int fd = handle_open(HANDLE_BTF, id);

		if (fd >= 0 && !handle_info(fd, &info, sizeof(info)) && info.kernel_btf &&
		    !strcmp(name, "vmlinux"))
			found = id;
		if (fd >= 0)
			close(fd);
	}
	return found;
}

TEST(naming_finds_types_programs_and_maps)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "naming_map", 4, 4, 1, NULL);
	u32 btf = kernel_btf(), type = 0, target;
	struct rawbtf *kernel = NULL;
	const char *object = NULL;
	struct naming *n;
	struct arena a;

	if (!btf || rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel does not describe its types");
	type = rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), "do_exit");
	arena_init(&a);
	n = naming_new(&a);
	CHECK_STR(naming_type(n, btf, type, &object), "do_exit");
	CHECK_STR(object, "vmlinux");
	CHECK(!naming_type(n, btf, UINT32_MAX, &object));
	CHECK(!naming_type(n, UINT32_MAX, 1, &object));
	CHECK_STR(object, "");
	/* A program that is gone was not made for that object: so the target would be a program. */
	CHECK(!naming_target(n, UINT32_MAX, UINT32_MAX - 1, 1, &object, &target));
	CHECK_EQ(target, UINT32_MAX - 1);
	CHECK_EQ(naming_prog(n, UINT32_MAX)->type, 0);
	CHECK_STR(naming_prog(n, UINT32_MAX)->name, "");
	CHECK_STR(naming_map(n, id_of(map)), "naming_map");
	CHECK_STR(naming_map(n, UINT32_MAX), "");
	CHECK(!naming_cgroup(n, UINT64_MAX));
	naming_free(n);
	rawbtf_free(kernel);
	close(map);
	arena_done(&a);
}
