/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep accel status`, also when there is nothing that works to tell of. */
#include "cmd/accel/verb.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "cmd/accel/report.h"

static const struct opt options[] = {
	{ 'f', "format", "text|json", "how to write it (text)" },
	{ 'c', "connections", NULL, "each connection, too; JSON has them anyway" },
};

static int take(struct accel_args *a, int i, const char *value)
{
	if (i == 1) {
		a->connections = true;
		return 0;
	}
	a->json = !strcmp(value, "json");
	if (a->json || !strcmp(value, "text"))
		return 0;
	diag_error(a->diag, LOC_NONE, "unknown format '%s'", value);
	diag_hint(a->diag, "formats are text and json");
	return -EINVAL;
}

/* What stands beside ACCEL_DIR under a longer name is being made or taken down, or was when its maker was killed. */
static bool has_unfinished(void)
{
	static const char path[] = ACCEL_DIR;
	const char *name = strrchr(path, '/') + 1;
	char parent[sizeof(path)];
	struct dirent *e;
	bool found = false;
	DIR *dir;

	memcpy(parent, path, (size_t)(name - path));
	parent[name - path] = '\0';
	dir = opendir(parent);
	while (dir && !found && (e = readdir(dir)))
		found = !strncmp(e->d_name, name, strlen(name)) && e->d_name[strlen(name)] == '-';
	if (dir)
		closedir(dir);
	return found;
}

static void hint_why_not(struct diag *d, int err)
{
	if (geteuid())
		diag_hint(d, "accel needs root");
	else if (err == -ENOENT && has_unfinished())
		diag_hint(d, "it is being turned on or off now, or that was cut off; "
			     "'skep accel on' and 'off' clear such remains away");
	else if (err != -ENOENT)
		diag_hint(d, "'skep accel off' takes down what can be, then 'skep accel on'");
}

static void write_mode(const char *mode)
{
	struct out o;

	out_init(&o, STDOUT_FILENO, true);
	out_json_open(&o, NULL, '{');
	out_json_str(&o, "mode", mode, strlen(mode));
	out_json_close(&o, '}');
	out_json_end(&o);
	out_done(&o);
}

static int write_report(struct accel_args *a, const struct accel_view *v)
{
	struct accel_report r;
	struct out o;
	int err = accel_report_collect(v, a->connections || a->json, a->arena, &r, a->diag);

	if (err)
		return err;
	out_init(&o, STDOUT_FILENO, a->json);
	if (a->json)
		accel_report_json(&r, a->arena, &o);
	else
		accel_report_text(&r, a->connections, a->arena, &o);
	out_done(&o);
	if (o.failed && o.error != EPIPE)
		return diag_errno(a->diag, o.error, "cannot write");
	if (r.mode == ACCEL_OFF) {
		diag_warning(a->diag, LOC_NONE, "accel is being turned off");
		diag_hint(a->diag, "'skep accel off' waits for the end of it");
	}
	return 0;
}

static int run(struct accel_args *a)
{
	struct accel_view v;
	int err = accel_verb_open(&v, a->diag);

	if (err) {
		if (err != -EPROTO)
			hint_why_not(a->diag, err);
		if (a->json)
			write_mode(err == -ENOENT   ? "off"
				   : err == -EPROTO ? "other-version"
						    : "unknown");
		return err;
	}
	err = write_report(a, &v);
	accel_done(&v);
	return err;
}

const struct accel_verb accel_status_verb = {
	.name = "status",
	.args = "[-f text|json] [-c]",
	.help = "Shows whether it is on, with which settings, and what it has done since.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.take = take,
	.run = run,
};
