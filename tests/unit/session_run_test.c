/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "session/child.h"
#include "unit/session_fake.h"
#include "unit/test.h"

static struct fake *begin(void)
{
	struct fake *f = malloc(sizeof(*f));

	fake_init(f);
	return f;
}

static void end(struct fake *f)
{
	fake_done(f);
	free(f);
}

enum { HEADER = 8 };

/* Program 0 is BEGIN: prints a number with action 0, then exits with action 1. */
static void print_and_exit(struct fake *f, u32 program)
{
	if (program)
		return;
	fake_event(f, 0, &(u64){ 42 }, 8);
	fake_event(f, 1, &(u64){ 3 }, 8);
	fake_event(f, 0, &(u64){ 43 }, 8);
}

static void script_hello(struct fake *f)
{
	struct script_action *a;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	a = fake_action(f, ACTION_PRINTF, "hello %d\n", HEADER + 8);
	fake_arg(f, a, &type_u64, HEADER);
	a = fake_action(f, ACTION_EXIT, NULL, HEADER + 8);
	fake_arg(f, a, &type_u64, HEADER);
	f->on_run = print_and_exit;
}

TEST(session_run_hello)
{
	struct fake *f = begin();

	script_hello(f);
	CHECK_EQ(fake_run(f), 0);
	/* Without places any action may be END's, so what follows exit() is shown here. */
	CHECK_STR(buf_str(&f->out), "hello 42\nhello 43\n\n\n");
	CHECK_STR(buf_str(&f->notes), "Attached 1 probe\n");
	CHECK_EQ(f->result.exit_code, 3);
	CHECK_EQ(f->quiesced, 1);
	CHECK_EQ(f->detached, 1);
	end(f);
}

TEST(session_run_json)
{
	struct fake *f = begin();

	script_hello(f);
	f->json = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out),
		  "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n"
		  "{\"type\": \"printf\", \"data\": \"hello 42\\n\"}\n"
		  "{\"type\": \"printf\", \"data\": \"hello 43\\n\"}\n");
	CHECK_STR(buf_str(&f->notes), "");
	end(f);
}

static struct loc at(u32 offset)
{
	return (struct loc){ .offset = offset, .len = 4, .line = 1, .col = offset + 1 };
}

/* Actions 0 (BEGIN's printf), 1 (exit), 2 (END's printf). */
static void run_with_end(struct fake *f, u32 program)
{
	if (program == 1) {
		fake_event(f, 0, NULL, 0);
		fake_event(f, 2, NULL, 0);
		return;
	}
	fake_event(f, 0, NULL, 0);
	fake_event(f, 1, NULL, 0);
	fake_event(f, 0, NULL, 0);
}

TEST(session_run_end_clause_comes_last)
{
	struct fake *f = begin();

	fake_program(f, ATTACH_BEGIN, "BEGIN")->loc = at(0);
	fake_program(f, ATTACH_END, "END")->loc = at(50);
	fake_action(f, ACTION_PRINTF, "begin\n", HEADER)->loc = at(10);
	fake_action(f, ACTION_EXIT, NULL, HEADER)->loc = at(20);
	fake_action(f, ACTION_PRINTF, "end\n", HEADER)->loc = at(60);
	f->on_run = run_with_end;
	f->opts.quiet = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "begin\nend\n\n\n");
	CHECK_STR(buf_str(&f->notes), "");
	end(f);
}

/* BEGIN exits with 2; END with 5, which comes too late, and must find nothing firing any more. */
static void exit_twice(struct fake *f, u32 program)
{
	u64 code = program ? 5 : 2;

	CHECK_EQ(f->quiesced, program);
	fake_event(f, program, &code, 8);
}

TEST(session_run_first_exit_counts)
{
	struct fake *f = begin();

	fake_program(f, ATTACH_BEGIN, "BEGIN")->loc = at(0);
	fake_program(f, ATTACH_END, "END")->loc = at(50);
	for (u32 i = 0; i < 2; i++) {
		struct script_action *a = fake_action(f, ACTION_EXIT, NULL, HEADER + 8);

		fake_arg(f, a, &type_u64, HEADER);
		a->loc = at(10 + 50 * i);
	}
	f->on_run = exit_twice;
	CHECK_EQ(fake_run(f), 0);
	CHECK_EQ(f->result.exit_code, 2);
	end(f);
}

TEST(session_run_prints_maps_at_the_end)
{
	struct fake *f = begin();
	u32 key = 1;

	script_hello(f);
	fake_put(fake_map(f, "m", 4, 8), &key, &(u64){ 7 });
	fake_script_map(f, "@m", "m", &type_u32, &type_u64, false);
	fake_script_map(f, "@s", NULL, NULL, &type_u64, false);
	f->bss[0] = 1;
	f->bss[1] = 5;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "hello 42\nhello 43\n\n\n@m[1]: 7\n@s: 5\n");
	end(f);
	f = begin();
	script_hello(f);
	f->script.print_maps_on_exit = false;
	fake_script_map(f, "@s", NULL, NULL, &type_u64, false);
	f->bss[0] = 1;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "hello 42\nhello 43\n\n\n");
	end(f);
}

TEST(session_run_dry)
{
	struct fake *f = begin();

	script_hello(f);
	fake_program(f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	f->opts.dry_run = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK_EQ(f->attached, 1);
	CHECK_EQ(f->detached, 1);
	CHECK_STR(buf_str(&f->out), "");
	CHECK_STR(buf_str(&f->notes), "");
	end(f);
}

TEST(session_run_begin_alone_ends_by_itself)
{
	struct fake *f = begin();

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "\n\n");
	end(f);
}

/* Counts the runs of an interval, and exits at the third. */
static void third_exits(struct fake *f, u32 program)
{
	int *runs = f->arg;

	(void)program;
	if (++*runs == 3)
		fake_event(f, 0, NULL, 0);
}

TEST(session_run_interval)
{
	struct fake *f = begin();
	int runs = 0;

	fake_program(f, ATTACH_INTERVAL, "interval:ms:1");
	f->script.targets.at[0].period = 1000000;
	fake_action(f, ACTION_EXIT, NULL, HEADER);
	f->on_run = third_exits;
	f->arg = &runs;
	CHECK_EQ(fake_run(f), 0);
	CHECK_EQ(runs, 3);
	CHECK_STR(buf_str(&f->notes), "Attached 1 probe\n");
	end(f);
}

static void raise_signal(struct fake *f, u32 program)
{
	(void)program;
	kill(getpid(), *(int *)f->arg);
}

TEST(session_run_sigint_ends)
{
	struct fake *f = begin();
	int signo = SIGINT;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_program(f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	f->on_run = raise_signal;
	f->arg = &signo;
	fake_script_map(f, "@s", NULL, NULL, &type_u64, false);
	f->bss[0] = 1;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "\n\n@s: 0\n");
	CHECK_STR(buf_str(&f->notes), "Attached 2 probes\n");
	end(f);
}

/* Program 0, BEGIN, sends SIGUSR1; program 1 runs on it and exits. */
static void signal_and_exit(struct fake *f, u32 program)
{
	if (program)
		fake_event(f, 0, NULL, 0);
	else
		kill(getpid(), SIGUSR1);
}

TEST(session_run_self_signal)
{
	struct fake *f = begin();

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_program(f, ATTACH_SELF, "self:signal:SIGUSR1");
	f->script.targets.at[1].signal = SIGUSR1;
	fake_action(f, ACTION_EXIT, NULL, HEADER);
	f->on_run = signal_and_exit;
	CHECK_EQ(fake_run(f), 0);
	end(f);
}

TEST(session_run_tells_losses)
{
	struct fake *f = begin();
	struct script_counter *c;

	script_hello(f);
	fake_script_map(f, "@m", "m", &type_u32, &type_u64, false);
	fake_map(f, "m", 4, 8);
	c = vec_add(&f->arena, &f->script.counters);
	*c = (struct script_counter){ .kind = COUNTER_LOST_EVENTS, .offset = 80 };
	c = vec_add(&f->arena, &f->script.counters);
	*c = (struct script_counter){ .kind = COUNTER_MAP_FULL, .offset = 88, .loc = at(4) };
	c = vec_add(&f->arena, &f->script.counters);
	*c = (struct script_counter){
		.kind = COUNTER_READ, .offset = 96, .text = "str", .loc = at(9)
	};
	c = vec_add(&f->arena, &f->script.counters);
	*c = (struct script_counter){ .kind = COUNTER_HELPER, .offset = 104, .text = "signal" };
	f->bss[10] = 12;
	f->bss[11] = 3;
	f->bss[12] = 4;
	f->bss[13] = 5;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->notes), "Attached 1 probe\n"
				      "test.bt:1:5-9: WARNING: Map full; can't update element. @m "
				      "lost 3 updates (max_entries 64). "
				      "Try increasing max_map_keys (BPFTRACE_MAX_MAP_KEYS) or "
				      "declare it: let @m = hash(128)\n"
				      "WARNING: signal failed 5 times\n"
				      "Lost 12 events\n"
				      "WARNING: Total lost event count: 12\n");
	CHECK_EQ(f->result.lost_events, 12);
	end(f);
}

/* What an exit() without room for its record leaves behind. */
static void on_run_full(struct fake *f, u32 program)
{
	(void)program;
	f->bss[10] = 1;
}

TEST(session_run_exit_into_a_full_ring)
{
	struct fake *f = begin();
	struct script_counter *c = vec_add(&f->arena, &f->script.counters);

	fake_program(f, ATTACH_INTERVAL, "interval:ms:1");
	f->script.targets.at[0].period = 1000000;
	*c = (struct script_counter){ .kind = COUNTER_EXIT, .offset = 80, .loc = at(4) };
	f->on_run = on_run_full;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->notes), "Attached 1 probe\n"
				      "test.bt:1:5-9: WARNING: exit() found no room for its "
				      "record: its code, if any, is lost\n");
	CHECK_EQ(f->result.exit_code, 0);
	end(f);
}

TEST(session_run_json_losses)
{
	struct fake *f = begin();
	struct script_counter *c;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	c = vec_add(&f->arena, &f->script.counters);
	*c = (struct script_counter){ .kind = COUNTER_LOST_EVENTS, .offset = 80 };
	f->bss[10] = 12;
	f->json = true;
	f->opts.quiet = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out),
		  "{\"type\": \"lost_events\", \"count\": 12, \"data\": {\"events\": 12}}\n");
	end(f);
}

static void all_actions(struct fake *f, u32 program)
{
	char words[3 * 8] = "echo\0\0\0\0a b";
	s32 number = -3;

	(void)program;
	fake_event(f, 0, NULL, 0);
	fake_event(f, 1, words, sizeof(words));
	fake_event(f, 2, &number, 4);
	fake_event(f, 3, &number, 4);
	fake_event(f, 4, NULL, 0);
	fake_event(f, 5, NULL, 0);
	fake_event(f, 6, NULL, 0);
	fake_event(f, 7, NULL, 0);
	fake_event(f, 5, NULL, 0);
	fake_event(f, 99, NULL, 0);
	fake_event(f, 2, NULL, 0);
}

static void script_of_all_actions(struct fake *f)
{
	struct script_action *a;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_script_map(f, "@s", NULL, NULL, &type_u64, false);
	f->bss[0] = 1;
	f->bss[1] = 9;
	fake_action(f, ACTION_TIME, "now\n", HEADER);
	a = fake_action(f, ACTION_JOIN, ", ", HEADER + 24);
	for (u32 i = 0; i < 3; i++)
		fake_arg(f, a, type_string(&f->arena, 8), HEADER + 8 * i);
	a = fake_action(f, ACTION_PRINT_VALUE, NULL, HEADER + 4);
	fake_arg(f, a, &type_s32, HEADER);
	a = fake_action(f, ACTION_ERRORF, "bad %d", HEADER + 4);
	fake_arg(f, a, &type_s32, HEADER);
	a->loc = at(6);
	fake_action(f, ACTION_CAT, "/proc/sys/kernel/ostype", HEADER);
	fake_action(f, ACTION_PRINT_MAP, NULL, HEADER);
	fake_action(f, ACTION_ZERO, NULL, HEADER);
	fake_action(f, ACTION_SYSTEM, "printf 'run\\n'", HEADER);
	f->on_run = all_actions;
	f->opts.quiet = true;
	f->opts.unsafe = true;
}

TEST(session_run_actions)
{
	struct fake *f = begin();

	script_of_all_actions(f);
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out), "now\necho, a b\n-3\nLinux\n@s: 9\nrun\n@s: 0\n\n\n@s: 0\n");
	CHECK_STR(buf_str(&f->notes), "test.bt:1:7-11: ERROR: bad -3\n"
				      "Lost 2 events\nWARNING: Total lost event count: 2\n");
	end(f);
}

TEST(session_run_actions_json)
{
	struct fake *f = begin();

	script_of_all_actions(f);
	f->json = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK_STR(buf_str(&f->out),
		  "{\"type\": \"time\", \"data\": \"now\\n\"}\n"
		  "{\"type\": \"join\", \"data\": \"echo, a b\"}\n"
		  "{\"type\": \"value\", \"data\": -3}\n"
		  "{\"type\": \"errorf\", \"msg\": \"bad -3\", \"filename\": \"test.bt\", "
		  "\"line\": 1, \"col\": 7}\n"
		  "{\"type\": \"cat\", \"data\": \"Linux\\n\"}\n"
		  "{\"type\": \"map\", \"data\": {\"@s\": 9}}\n"
		  "{\"type\": \"syscall\", \"data\": \"run\\n\"}\n"
		  "{\"type\": \"map\", \"data\": {\"@s\": 0}}\n"
		  "{\"type\": \"lost_events\", \"count\": 2, \"data\": {\"events\": 2}}\n"
		  "{\"type\": \"map\", \"data\": {\"@s\": 0}}\n");
	end(f);
}

TEST(session_run_refuses_system)
{
	struct fake *f = begin();

	script_of_all_actions(f);
	f->opts.unsafe = false;
	CHECK_EQ(fake_run(f), -EINVAL);
	CHECK_EQ(f->d.items.n, 1);
	CHECK(strstr(f->d.items.at[0].text, "safe mode") != NULL);
	end(f);
}

TEST(session_run_refuses_damaged_scripts)
{
	struct fake *f = begin();

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_action(f, ACTION_PRINTF, "%d", HEADER);
	CHECK_EQ(fake_run(f), -EINVAL);
	end(f);
	f = begin();
	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_arg(f, fake_action(f, ACTION_PRINT_VALUE, NULL, HEADER), &type_u64, HEADER);
	CHECK_EQ(fake_run(f), -EINVAL);
	end(f);
	f = begin();
	fake_program(f, ATTACH_BEGIN, "BEGIN")->target_count = 9;
	CHECK_EQ(fake_run(f), -EINVAL);
	end(f);
	f = begin();
	CHECK_EQ(fake_run(f), -EINVAL);
	end(f);
}

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

TEST(session_run_ends_with_the_command)
{
	struct fake *f = begin();
	u64 from;

	fake_program(f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	f->opts.verbose = true;
	f->opts.command = "sh -c 'exit 7'";
	f->opts.child = child_start(f->opts.command, &f->d);
	CHECK(f->opts.child != NULL);
	from = now_ms();
	CHECK_EQ(fake_run(f), 0);
	CHECK(now_ms() - from < 5000);
	CHECK_STR(buf_str(&f->notes), "Attached 1 probe\nChild exited with code: 7\n");
	child_free(f->opts.child);
	end(f);
}

TEST(session_run_waits_for_the_command)
{
	struct fake *f = begin();
	u64 from;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	f->opts.quiet = true;
	f->opts.command = "sleep 0.1";
	f->opts.child = child_start(f->opts.command, &f->d);
	from = now_ms();
	CHECK_EQ(fake_run(f), 0);
	CHECK(now_ms() - from >= 100);
	CHECK_EQ(child_exit_status(f->opts.child), 0);
	child_free(f->opts.child);
	end(f);
}

TEST(session_run_exit_in_begin_keeps_the_command_back)
{
	struct fake *f = begin();
	char path[] = "/tmp/skep-test-XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	script_hello(f);
	f->opts.command = arena_printf(&f->arena, "rm %s", path);
	f->opts.child = child_start(f->opts.command, &f->d);
	CHECK_EQ(fake_run(f), 0);
	child_free(f->opts.child);
	CHECK_EQ(unlink(path), 0);
	end(f);
}

/* Program 0 is BEGIN, which fills the ring; 1 is an interval, which notes how much of that is left, and exits. */
static void flood_and_exit(struct fake *f, u32 program)
{
	size_t *left = f->arg;

	for (u32 i = 0; i < 300000 && !program; i++)
		fake_event(f, 0, NULL, 0);
	if (!program)
		return;
	if (!*left)
		*left = f->ring.len - f->consumed;
	fake_event(f, 1, NULL, 0);
}

TEST(session_run_timers_get_their_turn)
{
	struct fake *f = begin();
	size_t left = 0;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	fake_program(f, ATTACH_INTERVAL, "interval:ms:1");
	f->script.targets.at[1].period = 1000000;
	fake_action(f, ACTION_TIME, "%H\n", HEADER);
	fake_action(f, ACTION_EXIT, NULL, HEADER);
	f->on_run = flood_and_exit;
	f->arg = &left;
	f->opts.quiet = true;
	CHECK_EQ(fake_run(f), 0);
	CHECK(left > 0);
	end(f);
}

TEST(session_run_ends_with_the_process)
{
	struct fake *f = begin();
	pid_t pid = fork();

	if (!pid) {
		usleep(10000);
		_exit(0);
	}
	fake_program(f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	f->opts.pid = (u32)pid;
	CHECK_EQ(fake_run(f), 0);
	waitpid(pid, NULL, 0);
	end(f);
}

TEST(session_run_broken_pipe_is_quiet)
{
	struct fake *f = begin();
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	struct out out, notes;
	int fds[2];

	script_hello(f);
	fake_program(f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	f->opts.quiet = true;
	sigaction(SIGPIPE, &ignore, &old);
	CHECK_EQ(pipe(fds), 0);
	close(fds[0]);
	out_init(&out, fds[1], false);
	out_init(&notes, STDERR_FILENO, false);
	CHECK_EQ(session_run(&fake_engine, f, sizeof(*f), &f->script, &f->opts, &out, &notes,
			     &f->result, &f->d),
		 0);
	out_done(&out);
	out_done(&notes);
	close(fds[1]);
	sigaction(SIGPIPE, &old, NULL);
	CHECK_EQ(f->d.items.n, 0);
	end(f);
}

static u32 flood_left;

static void flood(struct fake *f, u32 program)
{
	(void)program;
	for (; flood_left; flood_left--) {
		u64 value[2] = { flood_left, 7 };

		fake_event(f, 0, value, sizeof(value));
	}
}

TEST(session_run_flood)
{
	struct fake *f = begin();
	struct script_action *a;

	fake_program(f, ATTACH_BEGIN, "BEGIN");
	a = fake_action(f, ACTION_PRINTF, "%d %d\n", HEADER + 16);
	fake_arg(f, a, &type_u64, HEADER);
	fake_arg(f, a, &type_u64, HEADER + 8);
	flood_left = 10000;
	f->on_run = flood;
	CHECK_EQ(fake_run(f), 0);
	CHECK(strstr(buf_str(&f->out), "\n5000 7\n") != NULL);
	CHECK(strstr(buf_str(&f->out), "\n1 7\n\n\n") != NULL);
	end(f);
}
