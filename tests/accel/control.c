/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface for the three ways to connect the ends, and skep's own maps through their pins. */
#include "accel/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "accel/naive.h"

/* Longer than a reader that a case forgot would make it wait. */
#define CONTROL_OFF "off --timeout 5"

int control_on(const struct control *c, const char *options, char *why, size_t size)
{
	char args[512];

	if (c->mode == CONTROL_PLAIN)
		return 0;
	if (c->mode == CONTROL_NAIVE)
		return naive_on(c->naive, c->in, why, size);
	snprintf(args, sizeof(args), "on --cgroup %s %s", c->in, options ? options : "");
	return control_skep(c, args, why, size) ? -1 : 0;
}

int control_off(const struct control *c, char *why, size_t size)
{
	if (c->mode == CONTROL_PLAIN)
		return 0;
	if (c->mode == CONTROL_NAIVE) {
		naive_off(c->naive);
		return 0;
	}
	return control_skep(c, CONTROL_OFF, why, size) ? -1 : 0;
}

bool control_is_on(const struct control *c)
{
	return c->mode != CONTROL_SKEP || !access(CONTROL_DIR, F_OK);
}

void control_expect(struct at at, const char *args, int status)
{
	char output[1024];
	int got;

	test_progress(at, args, 0, 0);
	got = control_skep(at.t->control, args, output, sizeof(output));
	if (got != status)
		test_fail(at, "skep accel %s: exit status %d, not %d: %s", args, got, status,
			  output);
}

void control_turn_on(struct at at)
{
	char why[512];

	if (control_on(at.t->control, at.t->test_case->options, why, sizeof(why)))
		test_fail(at, "cannot turn it on: %s", why);
}

void control_turn_off(struct at at)
{
	char why[512];

	if (control_off(at.t->control, why, sizeof(why)))
		test_fail(at, "cannot turn it off: %s", why);
}

static void set_paused(struct at at, bool is_paused)
{
	const struct control *c = at.t->control;

	if (c->mode == CONTROL_SKEP)
		control_expect(at, is_paused ? "pause" : "resume", 0);
	else if (c->mode == CONTROL_NAIVE)
		naive_pause(c->naive, is_paused);
}

void control_pause(struct at at)
{
	set_paused(at, true);
}

void control_resume(struct at at)
{
	set_paused(at, false);
}

int control_map(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), CONTROL_DIR "/%s", name);
	return bpf_obj_get(path);
}

u64 control_cookie(int fd)
{
	u64 cookie = 0;
	socklen_t size = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size))
		return 0;
	return cookie;
}

bool control_end(int fd, struct accel_end *end)
{
	u64 cookie = control_cookie(fd);
	int ends = control_map("ends"), err;

	if (ends < 0)
		return false;
	err = bpf_map_lookup_elem(ends, &cookie, end);
	close(ends);
	return !err;
}

void control_explain(const struct control *c, int fd, char *text, size_t size)
{
	static const char *const reasons[] = {
#define REASON(name, NAME, why) [ACCEL_REASON_##NAME] = #name,
#include "bpf/accel.def"
	};
	struct accel_end end;

	if (c->mode != CONTROL_SKEP)
		snprintf(text, size, "it is naive");
	else if (!control_end(fd, &end))
		snprintf(text, size, "it is not in the map");
	else
		snprintf(text, size, "%s, %llu messages, by TCP %llu, reason %s%s%s",
			 end.state == ACCEL_REDIRECT ? "redirected" : "TCP",
			 (unsigned long long)end.messages, (unsigned long long)end.tcp_messages,
			 end.reason < ACCEL_REASONS ? reasons[end.reason] : "unknown",
			 end.peer ? "" : ", alone", end.leaving ? ", leaving" : "");
}

u64 control_redirected(struct at at, int fd)
{
	struct accel_end end;

	switch (at.t->control->mode) {
	case CONTROL_SKEP:
		return control_end(fd, &end) ? end.messages : 0;
	case CONTROL_NAIVE:
		return naive_redirected(at.t->control->naive);
	case CONTROL_PLAIN:
		break;
	}
	return 0;
}

unsigned control_ends(void)
{
	int ends = control_map("ends");
	u64 key, *last = NULL;
	unsigned n = 0;

	while (ends >= 0 && !bpf_map_get_next_key(ends, last, &key) && n <= ACCEL_MAX_ENDS) {
		last = &key;
		n++;
	}
	if (ends >= 0)
		close(ends);
	return n;
}

u64 control_messages(void)
{
	struct accel_totals totals;
	u64 sum = control_totals(&totals) ? totals.counter[ACCEL_COUNT_messages] : 0;
	int ends = control_map("ends");
	u64 key, *last = NULL;

	while (ends >= 0 && !bpf_map_get_next_key(ends, last, &key)) {
		struct accel_end end;

		last = &key;
		if (!bpf_map_lookup_elem(ends, &key, &end))
			sum += end.messages;
	}
	if (ends >= 0)
		close(ends);
	return sum;
}

bool control_totals(struct accel_totals *sum)
{
	int cpus = libbpf_num_possible_cpus(), fd = control_map("counters");
	size_t words = sizeof(*sum) / sizeof(u64);
	u64 *all = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*sum)), *to = (u64 *)sum;
	u32 zero = 0;
	bool ok = all && fd >= 0 && cpus > 0 && !bpf_map_lookup_elem(fd, &zero, all);

	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; ok && i < words * (size_t)cpus; i++)
		to[i % words] += all[i];
	free(all);
	if (fd >= 0)
		close(fd);
	return ok;
}
