/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep accel probe: options, which processes are watched, and the run of the script that watches them.
 */
#include "cmd/accel/probe.h"

#include <dirent.h>
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "cmd/accel/probe_report.h"
#include "cmd/accel/probe_script.h"
#include "cmd/compile.h"
#include "kernel/kernel.h"
#include "session/child.h"
#include "session/session.h"

enum { EXIT_SAFE, EXIT_FAILED, EXIT_USAGE, EXIT_UNSAFE };

enum {
	MAX_SECONDS = 31536000,
	MAX_WATCHED = 1024, /* processes at the beginning */
	MAX_PROCESSES = 1 << 20,
	MAX_PRINTED = 16 << 20, /* bytes of what the script prints */
};

enum option { OPTION_PID, OPTION_TIME, OPTION_FORMAT, OPTION_HELP };

static const struct opt options[] = {
	[OPTION_PID] = { 'p', NULL, "PID", "watch this process and its children until it ends" },
	[OPTION_TIME] = { 't', NULL, "SECONDS",
			  "end after so long; a CMD that still runs is ended too" },
	[OPTION_FORMAT] = { 'f', NULL, "text|json", "how to write the report" },
	[OPTION_HELP] = { 'h', "help", NULL, "this text" },
};

struct probe {
	struct arena arena;
	struct diag diag;
	struct session_options session;
	u32 seconds; /* 0: until the program ends */
	bool json;
	char **command;      /* NULL with -p */
	vec_of(u32) watched; /* processes to begin with */
	struct probe_report report;
};

/* ---- options */

static void print_help(void)
{
	puts("usage: skep accel probe [-f json] [-t SECONDS] CMD [ARGS...]\n"
	     "       skep accel probe [-f json] [-t SECONDS] -p PID\n\n"
	     "Watches a program's system calls, and those of all that it starts, until it ends or "
	     "Ctrl-C,\n"
	     "and says whether accel suits it. The exit code is 0 if nothing speaks against it, 3 "
	     "if it is\n"
	     "not safe, 1 if it could not be watched. What it does not do meanwhile cannot be "
	     "seen.\n");
	opt_help(options, ARRAY_SIZE(options), stdout);
}

static int set_pid(struct probe *p, const char *value)
{
	u64 pid;

	if (!text_u64(value, &pid) || !pid || pid > INT32_MAX)
		return diag_error(&p->diag, LOC_NONE, "-p: '%s' is no process ID", value);
	p->session.pid = (u32)pid;
	return 0;
}

static int set_seconds(struct probe *p, const char *value)
{
	u64 seconds;

	if (!text_u64(value, &seconds) || !seconds || seconds > MAX_SECONDS)
		return diag_error(&p->diag, LOC_NONE,
				  "-t: '%s' is no number of seconds from 1 to %d", value,
				  MAX_SECONDS);
	p->seconds = (u32)seconds;
	return 0;
}

static int set_format(struct probe *p, const char *value)
{
	p->json = !strcmp(value, "json");
	if (!p->json && strcmp(value, "text"))
		return diag_error(&p->diag, LOC_NONE, "-f: '%s' is no format: text or json", value);
	return 0;
}

/* 1: help was asked for and given. */
static int parse_options(struct probe *p, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option, err = 0;

	while (!err &&
	       (option = opt_next(&state, options, ARRAY_SIZE(options), &value, &p->diag)) != -1) {
		if (option == OPTION_PID)
			err = set_pid(p, value);
		else if (option == OPTION_TIME)
			err = set_seconds(p, value);
		else if (option == OPTION_FORMAT)
			err = set_format(p, value);
		else if (option == OPTION_HELP)
			err = 1;
		else
			err = -EINVAL;
	}
	if (err == 1)
		print_help();
	if (err)
		return err;
	if (state.pos < argc)
		p->command = argv + state.pos;
	if (!p->command && !p->session.pid)
		err = diag_error(&p->diag, LOC_NONE, "what is to be watched? give CMD or -p PID");
	else if (p->command && p->session.pid)
		err = diag_error(&p->diag, LOC_NONE, "CMD and -p exclude each other");
	return err;
}

/* ---- which processes */

/* "12 (a name) S 1 ...": the parent of a process; 0 if it is gone. */
static u32 parent_of(u32 pid)
{
	char path[32], *text, *end;
	u32 parent = 0;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
	text = text_read_file(path, 4096, NULL);
	end = text ? strrchr(text, ')') : NULL;
	if (!end || sscanf(end, ") %*c %" SCNu32, &parent) != 1)
		parent = 0;
	free(text);
	return parent;
}

struct kinship {
	u32 child, parent;
};
typedef vec_of(struct kinship) kinships;

static void read_processes(struct arena *a, kinships *all)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir)) && all->n < MAX_PROCESSES) {
		struct kinship k;
		u64 pid;

		if (!text_u64(e->d_name, &pid) || pid > INT32_MAX)
			continue;
		k.child = (u32)pid;
		k.parent = parent_of(k.child);
		if (k.parent)
			*vec_add(a, all) = k;
	}
	if (dir)
		closedir(dir);
}

/* A process and all below it. */
static int find_family(struct probe *p, u32 pid)
{
	kinships all = { 0 };

	if (!parent_of(pid) && pid != 1)
		return diag_error(&p->diag, LOC_NONE, "-p: there is no process %" PRIu32, pid);
	read_processes(&p->arena, &all);
	*vec_add(&p->arena, &p->watched) = pid;
	for (size_t i = 0; i < p->watched.n; i++) {
		for (size_t j = 0; j < all.n; j++)
			if (all.at[j].parent == p->watched.at[i])
				*vec_add(&p->arena, &p->watched) = all.at[j].child;
		if (p->watched.n > MAX_WATCHED)
			return diag_error(&p->diag, LOC_NONE,
					  "there are more than %d processes below %" PRIu32,
					  MAX_WATCHED, pid);
	}
	return 0;
}

static bool has_32_bits(u32 pid)
{
	char path[32], head[EI_NIDENT] = "";
	bool is_read;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/exe", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	is_read = fread(head, sizeof(head), 1, f) == 1;
	fclose(f);
	return is_read && head[EI_CLASS] == ELFCLASS32;
}

/* The script sees what is executed from now on; these run already. */
static void find_old(struct probe *p)
{
	for (size_t i = 0; i < p->watched.n; i++) {
		struct probe_sight s = { .finding = PROBE_OLD,
					 .pid = p->watched.at[i],
					 .count = 1 };
		char path[32], *comm;

		if (!has_32_bits(s.pid))
			continue;
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", s.pid);
		comm = text_read_file(path, 4096, NULL);
		if (comm)
			comm[strcspn(comm, "\n")] = 0;
		probe_take_comm(s.comm, comm ? comm : "?");
		free(comm);
		*vec_add(&p->arena, &p->report.sights) = s;
	}
}

/* The words as one text that child_start() takes apart again. */
static const char *quote(struct probe *p, char **words)
{
	struct buf b = { 0 };
	const char *text;

	for (; *words; words++) {
		buf_puts(&b, b.len ? " '" : "'");
		for (const char *s = *words; *s; s++) {
			if (*s == '\'')
				buf_puts(&b, "'\\''");
			else
				buf_putc(&b, *s);
		}
		buf_putc(&b, '\'');
	}
	text = arena_strdup(&p->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static int find_processes(struct probe *p)
{
	int err;

	if (p->session.pid) {
		err = find_family(p, p->session.pid);
		if (!err)
			find_old(p);
		return err;
	}
	p->session.command = quote(p, p->command);
	p->session.child = child_start(p->session.command, &p->diag);
	if (!p->session.child)
		return -EINVAL;
	*vec_add(&p->arena, &p->watched) = child_pid(p->session.child);
	return 0;
}

/* ---- watching */

/* The results of the session go to a file in memory. */
static int run_script(struct probe *p, struct compiled *c, int to)
{
	struct session_result result = { 0 };
	struct out out, notes;
	int err;

	out_init(&out, to, false);
	out.flush = OUT_FLUSH_FULL;
	out_init(&notes, STDERR_FILENO, false);
	p->session.quiet = true;
	err = session_run(&kernel_engine, c->elf.data, c->elf.len, &c->script, &p->session, &out,
			  &notes, &result, &p->diag);
	out_done(&notes);
	out_done(&out);
	return err;
}

static int read_back(struct probe *p, int from)
{
	char *text;

	if (lseek(from, 0, SEEK_SET))
		return diag_errno(&p->diag, errno, "cannot read what was found");
	text = text_read_fd(from, MAX_PRINTED, NULL);
	if (!text)
		return diag_errno(&p->diag, errno, "cannot read what was found");
	probe_read(&p->arena, text, &p->report);
	free(text);
	return 0;
}

static int compile(struct probe *p, const struct buf *script, struct compiled *c)
{
	const struct lang_options lang = { 0 };
	struct compile_input in = {
		.name = "probe", .text = buf_str(script), .len = script->len, .lang = &lang
	};

	return compile_script(&p->arena, &in, c, &p->diag);
}

static int watch(struct probe *p)
{
	const char *why = kernel_unavailable();
	struct compiled c = { 0 };
	struct buf script = { 0 };
	int err, fd;

	if (why)
		return diag_error(&p->diag, LOC_NONE, "%s", why);
	fd = memfd_create("probe", MFD_CLOEXEC);
	if (fd < 0)
		return diag_errno(&p->diag, errno, "cannot make a file in memory");
	err = find_processes(p);
	if (!err) {
		probe_script(&script, p->watched.at, p->watched.n, p->seconds);
		err = compile(p, &script, &c);
	}
	if (!err)
		err = run_script(p, &c, fd);
	if (!err)
		err = read_back(p, fd);
	compiled_done(&c);
	buf_done(&script);
	close(fd);
	return err;
}

static int report(struct probe *p)
{
	struct out o;
	bool is_safe;

	out_init(&o, STDOUT_FILENO, p->json);
	is_safe = probe_print(&p->arena, &p->report, &o);
	out_done(&o);
	if (o.failed)
		return diag_errno(&p->diag, o.error, "cannot write the report");
	return is_safe ? EXIT_SAFE : EXIT_UNSAFE;
}

int cmd_accel_probe(int argc, char **argv)
{
	struct probe p = { 0 };
	int code = EXIT_USAGE, err;

	arena_init(&p.arena);
	diag_init(&p.diag, &p.arena);
	err = parse_options(&p, argc, argv);
	if (err > 0) {
		code = EXIT_SAFE;
	} else if (!err) {
		err = watch(&p);
		if (!err)
			err = report(&p);
		code = err < 0 ? EXIT_FAILED : err;
	}
	diag_render(&p.diag, stderr);
	child_free(p.session.child);
	arena_done(&p.arena);
	return code;
}
