/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the object of tests/accel/naive.bpf.c, which is in this file. It goes when the process does. */
#include "bench/accel/naive.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/accel/meter.h"

__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"naive_object:\n"
	".incbin \"" NAIVE_OBJECT "\"\n"
	"naive_object_end:\n"
	".popsection\n");
extern const char naive_object[], naive_object_end[];

static int no_print(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

/* The link is detached with this process, and so is not freed. */
static void attach(struct bpf_object *object, const char *cgroup)
{
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int socks = bpf_object__find_map_fd_by_name(object, "naive_socks");
	struct bpf_program *prog;

	if (fd < 0 || socks < 0)
		meter_die(cgroup);
	bpf_object__for_each_program(prog,
				     object) if (bpf_program__type(prog) == BPF_PROG_TYPE_SK_MSG &&
						 bpf_prog_attach(bpf_program__fd(prog), socks,
								 BPF_SK_MSG_VERDICT, 0))
		meter_die("cannot attach the naive redirect to its map");
	prog = bpf_object__find_program_by_name(object, "naive_sockops");
	if (!prog || !bpf_program__attach_cgroup(prog, fd))
		meter_die("cannot attach the naive redirect to the cgroup");
	close(fd);
}

int naive_hold(const char *cgroup)
{
	struct bpf_object *object;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	libbpf_set_print(no_print);
	object =
		bpf_object__open_mem(naive_object, (size_t)(naive_object_end - naive_object), NULL);
	if (!object || bpf_object__load(object))
		meter_die("cannot load the naive redirect");
	attach(object, cgroup);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
