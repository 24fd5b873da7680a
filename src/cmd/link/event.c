/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types that perf_event_open(2) does not list are numbered as they come, and have a folder in sysfs each. The two clocks among the software
 * events get such a type from the kernel, too, and are the only ones without a folder; their config stays what it was.
 */
#include "cmd/link/event.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <stdlib.h>

#include "base/text.h"

#define DEVICES "/sys/bus/event_source/devices"

static const struct {
	u32 type;
	u64 config;
	const char *name;
} events[] = {
#define PERF_EVENT(kind, name, other, number, period) { PERF_TYPE_##kind, number, name },
#include "probe/perf_event.def"
#undef PERF_EVENT
};

static bool has_type(struct arena *a, const char *device, u32 type)
{
	const char *path = arena_printf(a, DEVICES "/%s/type", device);
	size_t len;
	char *text = text_read_file(path, 64, &len);
	bool has = text && strtoul(text, NULL, 10) == type;

	free(text);
	return has;
}

static const char *device_of(struct arena *a, u32 type)
{
	DIR *dir = opendir(DEVICES);
	const char *name = NULL;
	const struct dirent *e;

	while (dir && !name && (e = readdir(dir)))
		if (*e->d_name != '.' && has_type(a, e->d_name, type))
			name = arena_strdup(a, e->d_name);
	if (dir)
		closedir(dir);
	return name;
}

static const char *type_name(u32 type)
{
	static const char *const names[] = {
		[PERF_TYPE_HARDWARE] = "hardware",
		[PERF_TYPE_SOFTWARE] = "software",
		[PERF_TYPE_TRACEPOINT] = "tracepoint",
		[PERF_TYPE_HW_CACHE] = "hw-cache",
		[PERF_TYPE_RAW] = "raw",
		[PERF_TYPE_BREAKPOINT] = "breakpoint",
	};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

struct link_event_name link_event_names(struct arena *a, u32 type, u64 config)
{
	struct link_event_name out = { 0 };

	if (type >= PERF_TYPE_MAX) {
		out.type = device_of(a, type);
		if (!out.type &&
		    (config == PERF_COUNT_SW_CPU_CLOCK || config == PERF_COUNT_SW_TASK_CLOCK))
			type = PERF_TYPE_SOFTWARE;
	}
	if (!out.type)
		out.type = type_name(type);
	for (size_t i = 0; i < ARRAY_SIZE(events) && !out.config; i++)
		if (events[i].type == type && events[i].config == config)
			out.config = events[i].name;
	return out;
}
