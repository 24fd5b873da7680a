/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run:
 *
 *	compile -> image -> (dry run: our verifier, and the end)
 *	    -> load -> listen -> attach -> release the command -> loop { events, input, signals }
 *	    -> detach -> what is left -> iterators -> maps -> losses
 */
#include "cmd/foreign/foreign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/clang.h"
#include "cmd/foreign/impl.h"
#include "kernel/kernel.h"

#define NOTIFY "__BPFTRACE_NOTIFY_PROBES_ATTACHED"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int read_object(struct foreign *f)
{
	size_t len;
	char *data = clang_read(&f->arena, f->file, &f->clang, &len, &f->diag);

	if (!data)
		return -EINVAL;
	buf_put(&f->elf, data, len);
	free(data);
	return 0;
}

static int load(struct foreign *f)
{
	struct host_rejection rejection = { 0 };
	int err = host_open(f->elf.data, f->elf.len, &f->img, &f->host_opts, &f->diag, &f->host);
	u32 pid = f->child ? child_pid(f->child) : f->host_opts.pid;

	if (!err && pid)
		host_set_number(f->host, "target_pid", pid);
	for (size_t i = 0; i < f->set.n && !err; i++)
		err = host_set(f->host, f->set.at[i], &f->diag);
	for (size_t i = 0; i < f->records.n && !err; i++)
		err = host_set_record(f->host, f->records.at[i], &f->diag);
	if (!err)
		err = host_load(f->host, &rejection, &f->diag);
	if (err && rejection.prog)
		foreign_verify_rejected(f, &rejection);
	return err;
}

/* ---- what ends a run */

static void stop(void *arg)
{
	struct foreign *f = arg;

	loop_stop(f->loop);
}

static void on_signal(void *arg, int signo, u32 sender_pid)
{
	(void)signo, (void)sender_pid;
	stop(arg);
}

static void on_idle(void *arg)
{
	struct foreign *f = arg;

	out_idle(&f->out);
	if (f->pcap.path)
		out_idle(&f->pcap.file);
	if (f->out.failed)
		loop_stop(f->loop);
}

static int watch(struct foreign *f)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int fd = f->child ? child_pidfd(f->child) : -1, err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signals) && !err; i++)
		err = loop_add_signal(f->loop, signals[i], on_signal, f);
	if (!err && f->host_opts.pid) {
		fd = f->pidfd = (int)syscall(SYS_pidfd_open, f->host_opts.pid, 0);
		err = fd < 0 ? -errno : 0;
	}
	if (!err && fd >= 0)
		err = loop_add_fd(f->loop, fd, stop, f);
	if (!err && f->seconds)
		err = loop_add_timer(f->loop, f->seconds * 1000000000, stop, f);
	return err ? diag_errno(&f->diag, -err, "cannot watch for the end") : 0;
}

static void banner(struct foreign *f)
{
	u32 n = host_attached(f->host);

	if (!f->quiet)
		out_printf(&f->notes, "Attached %" PRIu32 " program%s%s\n", n, n == 1 ? "" : "s",
			   host_may_go_on(f->host) ? "; Ctrl-C ends" : "");
	out_flush(&f->notes);
	out_flush(&f->out);
	if (getenv(NOTIFY) && write(STDOUT_FILENO, NOTIFY "\n", sizeof(NOTIFY)) < 0)
		f->out.failed = true;
}

/* ---- between load and close */

static int start(struct foreign *f)
{
	int err = watch(f);

	if (!err)
		err = host_listen(f->host, f->loop, &f->sink, &f->diag);
	if (f->child)
		child_hold(f->child);
	if (!err)
		err = host_attach(f->host, &f->diag);
	if (err)
		return err;
	banner(f);
	err = host_run(f->host, &f->diag);
	if (!err && f->child) {
		err = child_release(f->child);
		if (err)
			diag_errno(&f->diag, -err, "cannot run '%s'", f->command);
	}
	return err;
}

static int finish(struct foreign *f)
{
	int err;

	loop_free(f->loop);
	f->loop = NULL;
	host_drain(f->host);
	err = host_iterate(f->host, &f->diag);
	foreign_maps_print(f);
	out_flush(&f->out);
	foreign_report_losses(f);
	return err;
}

static int live(struct foreign *f)
{
	bool waits;
	int err;

	f->loop = loop_new();
	if (!f->loop)
		return diag_errno(&f->diag, errno, "cannot wait for events");
	err = start(f);
	if (err)
		return err;
	waits = host_may_go_on(f->host) || host_takes_messages(f->host) || f->child ||
		f->pidfd >= 0 || f->seconds;
	err = waits ? foreign_input_open(f) : 0;
	if (!err && waits)
		err = loop_run(f->loop, on_idle, f);
	return err ? err : finish(f);
}

static int leave_pinned(struct foreign *f)
{
	int err = host_attach(f->host, &f->diag);

	if (!err)
		err = host_run(f->host, &f->diag);
	if (!err)
		err = host_pin(f->host, f->pin, &f->diag);
	if (!err && !f->quiet)
		out_printf(&f->notes, "Attached %" PRIu32 " program%s; `rm -r %s` takes off all\n",
			   host_attached(f->host), host_attached(f->host) == 1 ? "" : "s", f->pin);
	return err;
}

static int run(struct foreign *f)
{
	const char *why = kernel_unavailable();
	int err = 0, closed;

	if (why) {
		diag_error(&f->diag, LOC_NONE, "%s", why);
		diag_hint(&f->diag, "without that, `skep run --dry-run`, `skep verify` and "
				    "`skep exec` still work");
		return -EPERM;
	}
	if (f->command) {
		f->child = child_start(f->command, &f->diag);
		if (!f->child)
			return -EINVAL;
	}
	err = foreign_report_open(f);
	if (err)
		return err;
	err = load(f);
	if (!err)
		err = f->pin ? leave_pinned(f) : live(f);
	closed = foreign_report_close(f);
	loop_free(f->loop);
	host_close(f->host);
	return err ? err : closed;
}

static int open_and_run(struct foreign *f)
{
	struct image_options how = { .no_kconfig = f->dry_run };
	struct rawbtf *kernel = NULL;
	int err = read_object(f);

	if (err)
		return err;
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		kernel = NULL;
	how.kernel = kernel;
	err = image_open(&f->img, &f->arena, f->elf.data, f->elf.len, &how, &f->diag);
	if (!err) {
		if (!f->img.progs.n)
			err = diag_error(&f->diag, LOC_NONE, "%s has no program", f->file);
		else
			err = f->dry_run ? foreign_verify(f, kernel) : run(f);
		image_done(&f->img);
	}
	rawbtf_free(kernel);
	return err;
}

int foreign_main(int argc, char **argv)
{
	struct foreign f = { .flush = OUT_FLUSH_IDLE, .pidfd = -1 };
	int code = EXIT_USAGE, err;

	arena_init(&f.arena);
	diag_init(&f.diag, &f.arena);
	err = foreign_parse(&f, argc, argv);
	if (err > 0)
		foreign_help();
	if (err >= 0)
		code = err > 0 || !open_and_run(&f) ? EXIT_DONE : EXIT_FAILED;
	diag_render(&f.diag, stderr);
	if (f.child)
		child_free(f.child);
	if (f.pidfd >= 0)
		close(f.pidfd);
	buf_done(&f.elf);
	buf_done(&f.input);
	arena_done(&f.arena);
	return code;
}
