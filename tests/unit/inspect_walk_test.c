/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a walk tells is what bpf(2) and /proc tell, of all programs that there are and of some that are made for it. */
#include "inspect/walk.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "inspect/prog.h"
#include "inspect/refs.h"
#include "isa/insn.h"
#include "unit/test.h"

enum { MANY_MAPS = WALK_FEW + 4, MOST_INSNS = 2 * MANY_MAPS + 4 };

struct fixture {
	struct arena arena;
	struct walk *walk;
	struct prog_reader reader;
	u32 seen, alike; /* programs */
};

/* False: there are no walks here. */
static bool begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	if (walk_open(&f->walk))
		return false;
	arena_init(&f->arena);
	prog_reader_init(&f->reader, &f->arena);
	return true;
}

static void end(struct fixture *f)
{
	prog_reader_done(&f->reader);
	walk_close(f->walk);
	arena_done(&f->arena);
}

static bool may_walk(struct fixture *f)
{
	return walk_run(f->walk, WALK_PROGS | WALK_FILES) != -EPERM;
}

/* Has it told anew, and fn called for each program. */
static int each_prog(struct fixture *f, void (*fn)(void *arg, const struct walk_prog *p), void *arg)
{
	int err = walk_run(f->walk, WALK_PROGS);

	walk_each_prog(f->walk, fn, arg);
	return err;
}

static int read_walked(struct fixture *f, struct refs *out)
{
	int err = walk_run(f->walk, WALK_FILES);

	return err ? err : refs_walk_holders(out, &f->arena, f->walk);
}

static int load(const char *name, const char *license, const int *maps, u32 n)
{
	struct bpf_insn code[MOST_INSNS];
	u32 len = 0;

	for (u32 i = 0; i < n; i++, len += 2)
		insn_ld_imm64(code + len, 1, BPF_PSEUDO_MAP_FD, (u32)maps[i]);
	code[len++] = insn_mov64_imm(0, 0);
	code[len++] = insn_exit();
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, name, license, code, len, NULL);
}

static int make_map(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "skep_walked", 4, 4, 1, NULL);
}

/* ---- programs */

static bool is_same(const struct prog *a, const struct prog *b)
{
	const struct bpf_prog_info *x = &a->info, *y = &b->info;

	return x->type == y->type && x->id == y->id && !memcmp(x->tag, y->tag, sizeof(x->tag)) &&
	       x->jited_prog_len == y->jited_prog_len && x->xlated_prog_len == y->xlated_prog_len &&
	       x->load_time == y->load_time && x->created_by_uid == y->created_by_uid &&
	       x->nr_map_ids == y->nr_map_ids && !strcmp(a->name, b->name) &&
	       x->ifindex == y->ifindex && x->gpl_compatible == y->gpl_compatible &&
	       x->nr_jited_ksyms == y->nr_jited_ksyms && x->btf_id == y->btf_id &&
	       x->verified_insns == y->verified_insns &&
	       x->attach_btf_obj_id == y->attach_btf_obj_id &&
	       x->attach_btf_id == y->attach_btf_id && a->is_orphaned == b->is_orphaned &&
	       !memcmp(a->map_ids, b->map_ids, x->nr_map_ids * sizeof(*a->map_ids));
}

static void compare(void *arg, const struct walk_prog *told)
{
	int fd = handle_open(HANDLE_PROG, told->id);
	struct fixture *f = arg;
	struct prog walked, asked;

	if (fd < 0) /* others come and go meanwhile */
		return;
	if (!prog_read(&f->reader, fd, told->id, &asked) &&
	    !prog_take(&f->reader, f->walk, told, &walked)) {
		f->seen++;
		f->alike += is_same(&walked, &asked) && walked.memory == handle_memory(fd);
	}
	close(fd);
}

TEST(walk_tells_of_programs_what_bpf_tells)
{
	int maps[MANY_MAPS], fds[3];
	struct fixture f;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	if (!may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	for (u32 i = 0; i < MANY_MAPS; i++)
		maps[i] = make_map();
	fds[0] = load("skep_walk_none", "GPL", maps, 0);
	fds[1] = load("skep_walk_some", "proprietary", maps, 3);
	fds[2] = load("skep_walk_many", "GPL", maps, MANY_MAPS);
	CHECK_EQ(each_prog(&f, compare, &f), 0);
	CHECK(f.seen >= 3);
	CHECK_EQ(f.alike, f.seen);
	for (u32 i = 0; i < MANY_MAPS; i++)
		close(maps[i]);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++) {
		CHECK(fds[i] >= 0);
		close(fds[i]);
	}
	end(&f);
}

/* int f(void) and int skep_walk_a_function_with_a_long_name(void) in BTF, which it calls. */
static int load_functions(void)
{
	struct bpf_insn code[] = { insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
				   insn_exit(), insn_mov64_imm(0, 0), insn_exit() };
	struct bpf_func_info funcs[] = { { 0, 0 }, { 2, 0 } };
	struct btf *btf = btf__new_empty();
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	s32 type = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	s32 proto = btf__add_func_proto(btf, type);
	int fd, prog;

	funcs[0].type_id = (u32)btf__add_func(btf, "skep_walk_a_function_with_a_long_name",
					      BTF_FUNC_STATIC, proto);
	funcs[1].type_id = (u32)btf__add_func(btf, "f", BTF_FUNC_STATIC, proto);
	btf__load_into_kernel(btf);
	fd = btf__fd(btf);
	opts.prog_btf_fd = (u32)fd;
	opts.func_info = funcs;
	opts.func_info_cnt = ARRAY_SIZE(funcs);
	opts.func_info_rec_size = sizeof(funcs[0]);
	prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "skep_walk_a_fun", "GPL", code,
			     ARRAY_SIZE(code), &opts);
	btf__free(btf);
	return prog;
}

/* The one program that is looked for. */
struct search {
	struct fixture *f;
	u32 id;
	struct prog found;
};

static void find(void *arg, const struct walk_prog *told)
{
	struct search *s = arg;

	if (told->id == s->id)
		prog_take(&s->f->reader, s->f->walk, told, &s->found);
}

TEST(walk_tells_of_functions_and_names_in_full)
{
	struct fixture f;
	struct search s = { .f = &f };
	int fd;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	fd = load_functions();
	if (fd < 0 || !may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	CHECK_EQ(each_prog(&f, compare, &f), 0);
	CHECK_EQ(f.alike, f.seen);
	s.id = handle_id(HANDLE_PROG, fd);
	CHECK_EQ(each_prog(&f, find, &s), 0);
	CHECK_STR(s.found.name, "skep_walk_a_function_with_a_long_name");
	CHECK_EQ(s.found.info.nr_jited_ksyms, 2);
	close(fd);
	end(&f);
}

TEST(walk_adds_up_the_runs_of_all_cpus)
{
	int fd, ends[2], stats;
	struct prog asked;
	struct fixture f;
	struct search s = { .f = &f };
	cpu_set_t before;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	fd = load("skep_walk_runs", "GPL", NULL, 0);
	stats = prog_count_runs();
	if (fd < 0 || stats < 0 || !may_walk(&f)) {
		end(&f);
		SKIP("runs cannot be counted here");
	}
	sched_getaffinity(0, sizeof(before), &before);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	CHECK_EQ(setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)), 0);
	for (size_t cpu = 0; cpu < 3; cpu++) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one); /* as far as there are so many */
		CHECK_EQ(write(ends[0], "a", 1), 1);
		CHECK_EQ(write(ends[0], "b", 1), 1);
	}
	sched_setaffinity(0, sizeof(before), &before);
	s.id = handle_id(HANDLE_PROG, fd);
	CHECK_EQ(each_prog(&f, find, &s), 0);
	CHECK_EQ(prog_read(&f.reader, fd, s.id, &asked), 0);
	CHECK_EQ(s.found.info.run_cnt, 6);
	CHECK_EQ(s.found.info.run_time_ns, asked.info.run_time_ns);
	CHECK(asked.info.run_time_ns > 0);
	close(ends[0]);
	close(ends[1]);
	close(stats);
	close(fd);
	end(&f);
}

static void count(void *arg, const struct walk_prog *p)
{
	u32 *ids = arg;

	/* Ascending, and none twice. */
	ids[0] += p->id > ids[1];
	ids[1] = p->id;
	ids[2]++;
}

TEST(walk_makes_room_for_more_programs)
{
	enum { MANY = 700 };
	struct fixture f;
	int fds[MANY];
	u32 ids[3] = { 0 };

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	if (!may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	for (u32 i = 0; i < MANY; i++)
		fds[i] = load("skep_walk_room", "GPL", NULL, 0);
	CHECK_EQ(each_prog(&f, count, ids), 0);
	CHECK(ids[2] >= MANY);
	CHECK_EQ(ids[0], ids[2]);
	CHECK(walk_pays_for_progs());
	for (u32 i = 0; i < MANY; i++)
		close(fds[i]);
	end(&f);
}

/* ---- descriptors */

/* A process that has objects of each kind, some of them many times, until its input ends. */
static pid_t hold(const int *fds, u32 n, int times, int ends[2])
{
	struct rlimit limit = { 4096, 4096 };
	pid_t child;
	char byte, ready = 0;
	int back[2];

	if (pipe(ends) || pipe(back))
		return -1;
	child = fork();
	if (!child) {
		close(ends[1]);
		setrlimit(RLIMIT_NOFILE, &limit);
		for (int i = 1; i < times; i++)
			for (u32 k = 0; k < n; k++)
				dup(fds[k]);
		(void)!write(back[1], &ready, 1);
		_exit(read(ends[0], &byte, 1) < 0);
	}
	close(back[1]);
	(void)!read(back[0], &ready, 1);
	close(back[0]);
	close(ends[0]);
	return child;
}

static int make_link(int prog)
{
	int net = -1;

	/* A link that needs nothing but our own network namespace. */
	net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	prog = bpf_link_create(prog, net, BPF_SK_LOOKUP, NULL);
	close(net);
	return prog;
}

TEST(walk_tells_of_descriptors_what_proc_tells)
{
	struct bpf_insn pass[] = { insn_mov64_imm(0, 1), insn_exit() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_SK_LOOKUP);
	int ends[2], fds[3], prog;
	struct handle_name names[ARRAY_SIZE(fds)];
	struct refs_thread *thread;
	struct refs walked, read;
	struct fixture f;
	pid_t child;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	if (!may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	prog = bpf_prog_load(BPF_PROG_TYPE_SK_LOOKUP, "skep_walk_link", "GPL", pass, 2, &opts);
	fds[0] = prog;
	fds[1] = make_map();
	fds[2] = make_link(prog);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		CHECK_EQ(handle_identify_fd(fds[i], &names[i]), 0);
	CHECK_EQ(names[2].kind, HANDLE_LINK);
	/* More descriptors than there is room for at first. */
	child = hold(fds, ARRAY_SIZE(fds), 800, ends);
	CHECK_EQ(read_walked(&f, &walked), 0);
	thread = refs_begin_holders(&read, &f.arena);
	refs_end_holders(thread);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++) {
		const struct ref_list *a = refs_of(&walked, names[i].kind, names[i].id);
		const struct ref_list *b = refs_of(&read, names[i].kind, names[i].id);

		CHECK_EQ(a->refs.n, 1);
		CHECK_EQ(b->refs.n, 1);
		CHECK_EQ(a->refs.at[0].pid, child);
		CHECK_EQ(b->refs.at[0].pid, child);
		CHECK_STR(a->refs.at[0].text, b->refs.at[0].text);
		if (names[i].kind == HANDLE_PROG)
			CHECK_EQ(a->memory, b->memory);
	}
	close(ends[1]);
	waitpid(child, NULL, 0);
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end(&f);
}

/* An event of perf that has a program by ioctl, which nothing else has; its id. A descriptor or -1. */
static int make_event(u32 *prog_id)
{
	static const char path[] = "/sys/kernel/tracing/events/syscalls/sys_enter_getpid/id";
	struct bpf_insn pass[] = { insn_mov64_imm(0, 0), insn_exit() };
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char *text = text_read_file(path, 64, NULL);
	int fd = -1, prog;

	if (!text)
		return -1;
	attr.config = strtoul(text, NULL, 10);
	free(text);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "skep_walk_event", "GPL", pass, 2, NULL);
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog)) {
		close(fd);
		fd = -1;
	}
	*prog_id = handle_id(HANDLE_PROG, prog);
	close(prog);
	return fd;
}

TEST(walk_tells_of_programs_that_events_have)
{
	struct refs walked, read;
	struct fixture f;
	int event, ends[2];
	u32 prog = 0;
	pid_t child;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	event = make_event(&prog);
	if (event < 0 || !may_walk(&f)) {
		end(&f);
		SKIP("tracepoints cannot have programs here");
	}
	child = hold(&event, 1, 1, ends);
	CHECK_EQ(read_walked(&f, &walked), 0);
	refs_end_holders(refs_begin_holders(&read, &f.arena));
	CHECK_EQ(refs_of(&read, HANDLE_PROG, prog)->refs.n, 1);
	CHECK_EQ(refs_of(&walked, HANDLE_PROG, prog)->refs.n, 1);
	CHECK_EQ(refs_of(&walked, HANDLE_PROG, prog)->refs.at[0].pid, child);
	close(ends[1]);
	waitpid(child, NULL, 0);
	close(event);
	end(&f);
}

/* In a process whose leader has nothing: a thread has a table of its own, and in it the map. */
static void *keep_alone(void *arg)
{
	int *fds = arg;
	char byte = (char)(unshare(CLONE_FILES) != 0);

	(void)!write(fds[1], &byte, 1);
	(void)!read(fds[2], &byte, 1);
	return NULL;
}

TEST(walk_tells_of_threads_that_share_no_descriptors)
{
	int map = make_map(), alone[2], ready[2], over[2];
	struct handle_name name;
	struct fixture f;
	struct refs walked;
	char byte = 0;
	pid_t child;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	if (!may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	CHECK_EQ(handle_identify_fd(map, &name), 0);
	CHECK_EQ(pipe(alone) | pipe(ready) | pipe(over), 0);
	child = fork();
	if (!child) {
		int fds[] = { map, alone[1], over[0] };
		pthread_t thread;

		close(over[1]);
		pthread_create(&thread, NULL, keep_alone, fds);
		(void)!read(alone[0], &byte, 1);
		close(map);
		(void)!write(ready[1], &byte, 1);
		pthread_join(thread, NULL);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_EQ(byte, 0);
	CHECK_EQ(read_walked(&f, &walked), 0);
	CHECK_EQ(refs_of(&walked, name.kind, name.id)->refs.n, 1);
	CHECK_EQ(refs_of(&walked, name.kind, name.id)->refs.at[0].pid, child);
	close(over[1]);
	waitpid(child, NULL, 0);
	for (u32 i = 0; i < 2; i++) {
		close(alone[i]);
		close(ready[i]);
	}
	close(over[0]);
	close(map);
	end(&f);
}

/* The highest id of a kind. */
static u32 last_id(enum handle_kind kind)
{
	u32 id = 0;

	while (!handle_next(kind, &id))
		;
	return id;
}

TEST(walk_leaves_no_program_and_no_link)
{
	bool is_clean = false;
	struct fixture f;
	struct refs refs;

	if (!begin(&f))
		SKIP("the kernel cannot be walked here");
	if (!may_walk(&f)) {
		end(&f);
		SKIP("programs cannot be loaded here");
	}
	/* Others may make some at the same time, but hardly each time. */
	for (int i = 0; i < 10 && !is_clean; i++) {
		u32 prog = last_id(HANDLE_PROG), link = last_id(HANDLE_LINK);

		CHECK_EQ(read_walked(&f, &refs), 0);
		is_clean = last_id(HANDLE_PROG) == prog && last_id(HANDLE_LINK) == link;
	}
	CHECK(is_clean);
	end(&f);
}

TEST(walk_is_not_for_other_process_ids)
{
	struct walk *w = NULL;
	int status = 0;
	pid_t child;

	if (walk_open(&w))
		SKIP("the kernel cannot be walked here");
	walk_close(w);
	w = NULL;
	child = fork();
	if (!child) {
		/* Children of it are in a namespace of their own. */
		if (unshare(CLONE_NEWPID))
			_exit(2);
		child = fork();
		if (!child)
			_exit(walk_open(&w) == -EOPNOTSUPP ? 0 : 1);
		waitpid(child, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) == 2)
		SKIP("namespaces cannot be made here");
	CHECK_EQ(WEXITSTATUS(status), 0);
}
