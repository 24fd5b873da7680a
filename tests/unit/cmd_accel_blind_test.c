/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What looks at packets in another network namespace than one's own is told with where it is. */
#include "cmd/accel/blind.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/test.h"

/* In a namespace of its own: a program at its loopback; one byte when that is so, then it waits. */
static int look_at_packets(int ready, int leave)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char byte = 0;
	int fd;

	if (unshare(CLONE_NEWNET))
		return 1;
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "skep_blind", "GPL", pass, ARRAY_SIZE(pass), NULL);
	if (fd < 0 || bpf_xdp_attach(1, fd, XDP_FLAGS_SKB_MODE, NULL))
		return 1;
	if (write(ready, &byte, 1) != 1)
		return 1;
	return read(leave, &byte, 1) < 0;
}

TEST(accel_blind_in_other_namespaces)
{
	int ready[2], leave[2];
	blind_list found = { 0 };
	struct arena arena;
	char want[64], byte;
	bool is_told = false;
	pid_t child;

	if (pipe(ready) || pipe(leave))
		SKIP("no pipe");
	child = fork();
	if (!child) {
		close(ready[0]);
		close(leave[1]);
		_exit(look_at_packets(ready[1], leave[0]));
	}
	close(ready[1]);
	close(leave[0]);
	if (read(ready[0], &byte, 1) != 1) {
		close(ready[0]);
		close(leave[1]);
		waitpid(child, NULL, 0);
		SKIP("no program can be attached in a namespace of its own here");
	}
	arena_init(&arena);
	accel_blind_find(NULL, &arena, &found);
	snprintf(want, sizeof(want), "in the network namespace of process %d, ", child);
	for (size_t i = 0; i < found.n; i++)
		is_told |= !strcmp(found.at[i].kind, "xdp") &&
			   !strncmp(found.at[i].text, want, strlen(want)) &&
			   strstr(found.at[i].text, "do not see redirected data");
	CHECK(is_told);
	close(leave[1]);
	close(ready[0]);
	waitpid(child, NULL, 0);
	arena_done(&arena);
}
