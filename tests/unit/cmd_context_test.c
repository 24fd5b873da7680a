/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs of cgroups answer in the machine, on contexts that are written down, beside what they answer in the kernel: attached
 * to a cgroup of the test's own, whose one process does what the context says, in a network namespace of its own.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/exec/context.h"
#include "cmd/exec/engine.h"
#include "kernel/warn.h"
#include "net/cgroup.h"
#include "source/sockets.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"

#define ANSWERS 128

/* ---- what the process does: 0, or the errno of what went wrong that should not have */

static int result_of(bool is_well)
{
	return is_well ? 0 : errno ? errno : 255;
}

static int connect_to(const char *address, u16 port, int listener_port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) }, here = to;
	int listener = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &to.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &here.sin_addr);
	here.sin_port = htons((u16)listener_port);
	if (bind(listener, (void *)&here, sizeof(here)) || listen(listener, 1))
		return errno;
	return result_of(!connect(s, (void *)&to, sizeof(to)));
}

static int to_proxy(void)
{
	return connect_to("10.0.0.1", 80, 8080);
}

static int options(void)
{
	return connect_to("127.0.0.1", 8081, 8081);
}

static int marks(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), mark = 0;
	socklen_t size = sizeof(mark);

	return result_of(s >= 0 && !getsockopt(s, SOL_SOCKET, SO_MARK, &mark, &size) && mark == 3);
}

static int limits(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), tos = 9;
	socklen_t size = sizeof(tos);

	if (setsockopt(s, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)))
		return errno;
	return result_of(!getsockopt(s, IPPROTO_IP, IP_TOS, &tos, &size) && tos == 8);
}

static int hides(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	u8 value[2] = { 0, 0 };
	socklen_t size = sizeof(value);

	return result_of(!getsockopt(s, SOL_SOCKET, 9999, value, &size) && size == 1 &&
			 value[0] == 0x55);
}

static int read_sysctl(void)
{
	char text[8] = "";
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);

	return result_of(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
}

static int write_sysctl(void)
{
	char text[8] = "";
	int fd = open("/proc/sys/net/core/somaxconn", O_RDWR | O_CLOEXEC);

	if (fd < 0 || write(fd, "9", 1) != 1)
		return errno;
	return result_of(lseek(fd, 0, SEEK_SET) == 0 && read(fd, text, 7) > 0 && text[0] == '8');
}

static int only_write_sysctl(void)
{
	int fd = open("/proc/sys/net/core/somaxconn", O_RDWR | O_CLOEXEC);

	return result_of(fd >= 0 && write(fd, "9", 1) == 1);
}

static const struct {
	const char *prog;
	int (*act)(void);
	const char *ctx, *data, *sysctl;
	u32 ret;
} cases[] = {
	{ "to_proxy", to_proxy,
	  "{ .user_family = 2, .user_ip4 = 10.0.0.1, .user_port = htons(80) }", "", NULL, 1 },
	{ "options", options, "{ .user_ip4 = 127.0.0.1 }", "", NULL, 1 },
	{ "marks", marks, "", "", NULL, 1 },
	{ "limits", limits, "{ .optname = 1 }", "\x09\0\0", NULL, 1 },
	{ "hides", hides, "{ .level = 1, .optname = 9999, .retval = -92 }", "\0", NULL, 1 },
	{ "sysctls", read_sysctl, "", "", "net/ipv4/ip_forward = 0", 1 },
	{ "sysctls", only_write_sysctl, "", "", "net/core/somaxconn = 4096 -> 9", 1 },
	/* The last that runs is the read of what was written. */
	{ "sysctls", write_sysctl, "", "", "net/core/somaxconn = 8", 1 },
};

/* ---- the kernel */

static int in_cgroup(const char *path, int (*act)(void))
{
	char file[512];
	int status;
	pid_t pid;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int fd = open(file, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "0", 1) != 1 || unshare(CLONE_NEWNET) ||
		    system("ip link set lo up >/dev/null 2>&1 && "
			   "ip addr add 10.0.0.9/32 dev lo >/dev/null 2>&1"))
			_exit(254);
		errno = 0;
		_exit(act());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 253;
}

/* False if the kernel does not do it. */
static bool ask_kernel(const struct image_fixture *f, size_t i, const char *path, s64 *answers)
{
	struct bpf_object *o = bpf_object__open_mem(f->input[0].elf, f->input[0].len, NULL);
	int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = -1;
	struct bpf_program *p;
	struct bpf_link *link = NULL;

	if (o) {
		bpf_object__for_each_program(p, o)
			bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), cases[i].prog));
		err = bpf_object__load(o);
		p = bpf_object__find_program_by_name(o, cases[i].prog);
	}
	if (!err)
		link = bpf_program__attach_cgroup(p, cgroup);
	if (link) {
		err = in_cgroup(path, cases[i].act);
		if (err)
			test_fail(__FILE__, __LINE__, "%s: in the kernel: %s", cases[i].prog,
				  strerror(err));
		for (u32 k = 0; k < ANSWERS; k++)
			bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, "answers"), &k,
					    &answers[k]);
	}
	bpf_link__destroy(link);
	bpf_object__close(o);
	close(cgroup);
	return link;
}

/* ---- the machine */

static void ask_machine(struct image_fixture *f, size_t i, s64 *answers)
{
	struct socks socks = { .arena = &f->arena };
	struct exec_job job = { .arena = &f->arena,
				.diag = &f->diag,
				.file = "context.o",
				.img = &f->image,
				.kernel = f->kernel,
				.prog = (u32)image_find_prog(&f->image, cases[i].prog),
				.mode = MACHINE_CHECKED,
				.cpus = 1,
				.repeat = 1,
				.socks = &socks };
	struct exec_engine e = { &exec_machine, &job, NULL, NULL };
	struct exec_input in = { .number = 1 };
	struct exec_result r = { 0 };
	struct literal l = { .btf = f->image.btf, .d = &f->diag, .text = cases[i].ctx, .line = 1 };
	u8 *ctx, *mask;
	s32 map = image_find_map(&f->image, "answers");

	l.end = (u32)strlen(cases[i].ctx);
	CHECK_EQ(exec_context_read(&l, &job, &ctx, &mask, &job.ctx_len), 0);
	job.ctx = ctx;
	job.ctx_mask = mask;
	in.about.socket = exec_any_socket(&socks, &job);
	if (exec_has_data(&job)) {
		in.about.data = (const u8 *)cases[i].data;
		in.about.len = cases[i].data[0] ? 4 : 2;
	}
	if (cases[i].sysctl) {
		l = (struct literal){ .d = &f->diag, .text = cases[i].sysctl, .line = 1 };
		l.end = (u32)strlen(cases[i].sysctl);
		CHECK_EQ(exec_sysctl_read(&l, &f->arena, &in.about.sysctl), 0);
	}
	CHECK_EQ(e.ops->open(&e), 0);
	e.ops->run(&e, &in, &r);
	CHECK_EQ(r.outcome, EXEC_RAN);
	CHECK_EQ(r.ret, cases[i].ret);
	for (u32 k = 0; k < ANSWERS; k++)
		e.ops->read(&e, (u32)map, &k, &answers[k]);
	buf_done(&r.why);
	e.ops->close(&e);
}

/* ---- which socket a connection gets */

static int listen_at(const char *address, u16 port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, type, 0);

	inet_pton(AF_INET, address, &a.sin_addr);
	if (bind(s, (void *)&a, sizeof(a)) || (type == SOCK_STREAM && listen(s, 8)))
		return -1;
	return s;
}

/* In a process of its own, for its network. By key 0 a socket of TCP listens, by key 1 there is one of UDP. */
static bool look_up_in_kernel(const struct image_fixture *f, s64 answers[2][ANSWERS])
{
	struct bpf_object *o = bpf_object__open_mem(f->input[0].elf, f->input[0].len, NULL);
	struct sockaddr_in to = { .sin_family = AF_INET };
	const u16 ports[2] = { 7, 8 };
	struct bpf_program *p;
	int net, fd;

	if (!o || unshare(CLONE_NEWNET) || system("ip link set lo up >/dev/null 2>&1"))
		return false;
	bpf_object__for_each_program(p, o)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), "chooses"));
	net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (bpf_object__load(o) ||
	    !bpf_program__attach_netns(bpf_object__find_program_by_name(o, "chooses"), net))
		return false;
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	for (u32 i = 0; i < 2; i++) {
		u64 server = (u64)listen_at("127.0.0.1", 80, i ? SOCK_DGRAM : SOCK_STREAM);

		if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(o, "servers"), &i, &server,
					BPF_ANY))
			return false;
		fd = socket(AF_INET, SOCK_STREAM, 0);
		to.sin_port = htons(ports[i]);
		/* Nothing listens there by itself. */
		if (!connect(fd, (void *)&to, sizeof(to)) != !i)
			return false;
		for (u32 k = 0; k < ANSWERS; k++)
			bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, "answers"), &k,
					    &answers[i][k]);
	}
	return true;
}

static void look_up_in_machine(struct image_fixture *f, s64 answers[2][ANSWERS])
{
	static const char *const texts[2] = { "tcp 127.0.0.1:80", "udp 127.0.0.1:80" };
	struct socks socks = { .arena = &f->arena };
	struct bpf_sk_lookup ctx = { .family = AF_INET, .protocol = IPPROTO_TCP };
	struct exec_job job = { .arena = &f->arena,
				.diag = &f->diag,
				.img = &f->image,
				.prog = (u32)image_find_prog(&f->image, "chooses"),
				.mode = MACHINE_CHECKED,
				.cpus = 1,
				.repeat = 1,
				.socks = &socks,
				.ctx = (const u8 *)&ctx,
				.ctx_len = sizeof(ctx) };
	struct exec_engine e = { &exec_machine, &job, NULL, NULL };
	struct exec_input in = { .number = 1 };

	for (u32 i = 0; i < 2; i++) {
		u32 index;

		CHECK_EQ(sockets_parse_one(&socks, texts[i], strlen(texts[i]), &f->diag, &index),
			 0);
	}
	CHECK_EQ(e.ops->open(&e), 0);
	for (u32 i = 0; i < 2; i++) {
		struct exec_result r = { 0 };

		ctx.local_port = i ? 8 : 7;
		CHECK_EQ(e.ops->set_item(&e, (u32)image_find_map(&f->image, "servers"), &i, i + 1),
			 0);
		e.ops->run(&e, &in, &r);
		CHECK_EQ(r.outcome, EXEC_RAN);
		CHECK_EQ(r.socket, i ? 0 : 1);
		for (u32 k = 0; k < ANSWERS; k++)
			e.ops->read(&e, (u32)image_find_map(&f->image, "answers"), &k,
				    &answers[i][k]);
		buf_done(&r.why);
	}
	e.ops->close(&e);
}

TEST(context_finds_sockets_as_the_kernel_does)
{
	s64(*kernel)[ANSWERS], own[2][ANSWERS] = { 0 };
	struct buf warnings = { 0 };
	struct image_fixture f;
	int status;
	pid_t pid;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "context")) {
		image_fixture_done(&f);
		SKIP("the object has not been built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	kernel = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	look_up_in_machine(&f, own);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		warn_begin(&warnings);
		_exit(!look_up_in_kernel(&f, kernel));
	}
	waitpid(pid, &status, 0);
	for (u32 i = 0; !status && i < 2 * ANSWERS; i++)
		CHECK_EQ(own[i / ANSWERS][i % ANSWERS], kernel[i / ANSWERS][i % ANSWERS]);
	munmap(kernel, sizeof(own));
	image_fixture_done(&f);
	if (status)
		SKIP("no such network can be made, or the kernel does not load the program");
}

/* ---- both */

static void compare(size_t i, s64 *own, s64 *kernel)
{
	/* A socket's number is the kernel's to choose. */
	if (!strcmp(cases[i].prog, "to_proxy"))
		own[0] = kernel[0] = 0;
	for (u32 k = 0; k < ANSWERS; k++) {
		if (own[k] != kernel[k])
			test_fail(__FILE__, __LINE__, "%s: answer %u is %#llx, the kernel's %#llx",
				  cases[i].prog, k, (unsigned long long)own[k],
				  (unsigned long long)kernel[k]);
	}
}

TEST(context_is_as_the_kernel_has_it)
{
	struct buf warnings = { 0 };
	struct image_fixture f;
	char *tree = cgroup_tree(), path[256];
	u32 asked = 0;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "context")) {
		image_fixture_done(&f);
		free(tree);
		SKIP("the object has not been built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	snprintf(path, sizeof(path), "%s/skep-context-%d", tree ? tree : "", getpid());
	warn_begin(&warnings);
	if (tree && !mkdir(path, 0700)) {
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			s64 own[ANSWERS] = { 0 }, kernel[ANSWERS] = { 0 };

			ask_machine(&f, i, own);
			if (!ask_kernel(&f, i, path, kernel))
				continue;
			compare(i, own, kernel);
			asked++;
		}
		CHECK_EQ(rmdir(path), 0);
	}
	warn_end();
	buf_done(&warnings);
	image_fixture_done(&f);
	free(tree);
	if (!asked)
		SKIP("the kernel does not load programs of cgroups, or there is no cgroup2 to "
		     "write to");
}
