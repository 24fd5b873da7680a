/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep accel on`, off, pause and resume. */
#include "cmd/accel/verb.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/accel/blind.h"
#include "cmd/accel/pairs.h"
#include "cmd/accel/report.h"
#include "inspect/netns.h"
#include "net/accel_config.h"

enum {
	ON_FILE = ACCEL_SETTINGS, /* the options behind the settings */
	PASSWD_MAX = 4 << 20,
	OFF_SECONDS = 10,
	OFF_MAX_SECONDS = 86400,
};

/* ---- all network namespaces */

struct call {
	void (*fn)(void *arg);
	void *arg;
};

static int call_within(void *arg, const struct netns *n)
{
	const struct call *c = arg;

	(void)n;
	c->fn(c->arg);
	return 0;
}

static void everywhere(void (*fn)(void *arg), void *arg)
{
	struct call call = { fn, arg };
	netns_list spaces = { 0 };
	struct arena arena;

	arena_init(&arena);
	netns_find(&arena, &spaces);
	/* One that has gone meanwhile has no sockets either. */
	for (size_t i = 0; i < spaces.n; i++)
		netns_within(&spaces.at[i], call_within, &call);
	arena_done(&arena);
}

/* ---- on */

static const struct opt on_options[] = {
#define SETTING(NAME, key, value, help) [ACCEL_SET_##NAME] = { 0, key, value, help },
#include "net/accel_config.def"
#undef SETTING
	[ON_FILE] = { 0, "config", "FILE",
		      "take settings from a file: 'port = 80' and so on; an option\n"
		      "is stronger than the file" },
};

/* A file's text in the arena, NULL with errno. */
static const char *read_text(struct arena *a, const char *path, size_t max, size_t *len)
{
	char *text = text_read_file(path, max, len), *copy;

	if (!text)
		return NULL;
	copy = arena_alloc(a, *len + 1);
	memcpy(copy, text, *len);
	free(text);
	return copy;
}

static int take_on(struct accel_args *a, int i, const char *value)
{
	struct accel_config_reader r = { .arena = a->arena, .diag = a->diag };
	size_t len;

	if (i == ON_FILE) {
		a->file = value;
		return 0;
	}
	if (i == ACCEL_SET_UID)
		r.passwd = read_text(a->arena, "/etc/passwd", PASSWD_MAX, &len);
	return accel_config_set(&r, &a->config, (enum accel_setting)i, value, LOC_NONE);
}

static int read_file(struct accel_args *a)
{
	struct accel_config_reader r = { .arena = a->arena, .diag = a->diag };
	struct accel_config file = { 0 };
	size_t len;
	const char *text = read_text(a->arena, a->file, ACCEL_CONFIG_MAX, &len);

	if (!text)
		return diag_errno(a->diag, errno, "cannot read %s", a->file);
	r.passwd = read_text(a->arena, "/etc/passwd", PASSWD_MAX, &(size_t){ 0 });
	diag_set_source(a->diag, a->file, text, len);
	if (accel_config_read(&r, &file, text, len))
		return -EINVAL;
	accel_config_override(&file, &a->config);
	a->config = file;
	return 0;
}

/* What other programs will not see any more, and what this kernel does otherwise. */
static void warn(struct accel_args *a, const struct accel_view *v)
{
	blind_list found = { 0 };
	const char *note;
	u32 bit = 0;

	accel_blind_find(v->cgroup, a->arena, &found);
	for (size_t i = 0; i < found.n; i++)
		diag_warning(a->diag, LOC_NONE, "%s", found.at[i].text);
	for (size_t i = 0; (note = accel_report_note(i, &bit)); i++) {
		if (v->control->notes & bit)
			diag_warning(a->diag, LOC_NONE, "%s", note);
	}
}

static int run_on(struct accel_args *a)
{
	struct accel_view v;
	int err = a->file ? read_file(a) : 0;

	if (!err)
		err = accel_on(&a->config, everywhere, a->diag);
	if (!err)
		err = accel_open(&v, a->diag);
	if (err)
		return err;
	printf("accel is on for %s: at most %s unread in a direction, %s in a cgroup\n"
	       "Connections that are open already stay as they are.\n",
	       *v.cgroup ? v.cgroup : "its cgroup", accel_say_bytes(a->arena, v.control->limit),
	       accel_say_bytes(a->arena, v.control->budget));
	fflush(stdout);
	warn(a, &v);
	accel_done(&v);
	return 0;
}

const struct accel_verb accel_on_verb = {
	.name = "on",
	.args = "[OPTIONS]",
	.help = "From now on new TCP connections between sockets of this host go past the TCP/IP\n"
		"stack. It returns at once; what it sets up stays until 'skep accel off'.\n",
	.opts = on_options,
	.n = ARRAY_SIZE(on_options),
	.take = take_on,
	.run = run_on,
};

/* ---- off */

static const struct opt off_options[] = {
	{ 0, "timeout", "SECONDS", "how long to wait for readers to take what is theirs (10)" },
};

static int take_off(struct accel_args *a, int i, const char *value)
{
	u64 seconds;

	(void)i;
	if (!text_u64(value, &seconds) || seconds > OFF_MAX_SECONDS)
		return diag_error(a->diag, LOC_NONE, "'%s' is not a number of seconds up to %d",
				  value, OFF_MAX_SECONDS);
	a->timeout_ms = (u32)seconds * 1000;
	a->has_timeout = true;
	return 0;
}

static int run_off(struct accel_args *a)
{
	struct accel_left left = { 0 };
	u32 timeout = a->has_timeout ? a->timeout_ms : OFF_SECONDS * 1000u;
	int err = accel_off(timeout, everywhere, &left, a->diag);

	if (!err)
		puts("accel is off");
	return err;
}

const struct accel_verb accel_off_verb = {
	.name = "off",
	.args = "[--timeout SECONDS]",
	.help = "Gives all connections back to TCP, without losing a byte of them, and removes "
		"all\n"
		"that 'on' set up. If readers leave data lying, it fails when the time is over:\n"
		"nothing new is redirected then, and another 'off' goes on.\n",
	.opts = off_options,
	.n = ARRAY_SIZE(off_options),
	.take = take_off,
	.run = run_off,
};

/* ---- pause, resume */

static int run_pause(struct accel_args *a)
{
	int err = accel_pause(true, a->diag);

	if (!err)
		puts("accel is paused: all that is sent goes by TCP");
	return err;
}

static int run_resume(struct accel_args *a)
{
	int err = accel_pause(false, a->diag);

	if (!err)
		puts("accel is on");
	return err;
}

const struct accel_verb accel_pause_verb = {
	.name = "pause",
	.args = "",
	.help = "Sends all by TCP until 'skep accel resume'; connections stay known.\n",
	.run = run_pause,
};

const struct accel_verb accel_resume_verb = {
	.name = "resume",
	.args = "",
	.help = "Redirects again after 'skep accel pause'.\n",
	.run = run_resume,
};
