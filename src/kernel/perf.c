/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_event_open(2) for each kind of probe that BPF programs are put on by it.
 *
 * kprobe and uprobe are PMUs with a number of their own, found in sysfs:
 *
 *	config    bit 0: at the function's return
 *	config1   address of the function's name or of the file's path
 *	config2   offset into that, or the kernel address if there is no name
 */
#include "kernel/perf.h"

#include <ctype.h>
#include <dirent.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel/tracefs.h"

#define PERF_MAX_CPUS 65536

static int perf_open(struct perf_event_attr *attr, int pid, int cpu)
{
	long fd;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_tracepoint(struct instance *k, const struct script_target *t)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	int id = tracefs_event_id(k, t->module, t->func);

	if (id < 0)
		return id;
	attr.config = (__u64)id;
	/* The program runs on every CPU, whatever the event itself is bound to. */
	return perf_open(&attr, -1, 0);
}

/* The number of a PMU that sysfs names; kept in *type. */
static int pmu_type(const char *path, int *type)
{
	char *text;
	u64 n;

	if (*type)
		return *type;
	*type = -EOPNOTSUPP;
	text = text_read_file(path, 64, NULL);
	if (!text)
		return *type;
	text[strcspn(text, "\n")] = '\0';
	if (text_u64(text, &n) && n > 0 && n < 1u << 16)
		*type = (int)n;
	free(text);
	return *type;
}

int perf_kprobe(struct instance *k, const struct script_target *t, bool ret)
{
	struct perf_event_attr attr = { .config = ret, .config2 = t->offset };
	int type = pmu_type("/sys/bus/event_source/devices/kprobe/type", &k->kprobe_type);
	int fd;

	if (type < 0)
		return type;
	attr.type = (u32)type;
	attr.config1 = (u64)(uintptr_t)t->func;
	fd = perf_open(&attr, -1, 0);
	if ((fd == -ENOENT || fd == -EADDRNOTAVAIL) && t->func && t->module) {
		struct arena scratch;

		arena_init(&scratch);
		attr.config1 = (u64)(uintptr_t)arena_printf(&scratch, "%s:%s", t->module, t->func);
		fd = perf_open(&attr, -1, 0);
		arena_done(&scratch);
	}
	return fd;
}

int perf_uprobe(struct instance *k, const struct script_target *t, bool ret)
{
	struct perf_event_attr attr = { .config = ret, .config2 = t->offset };
	int type = pmu_type("/sys/bus/event_source/devices/uprobe/type", &k->uprobe_type);

	if (type < 0)
		return type;
	attr.type = (u32)type;
	attr.config1 = (u64)(uintptr_t)t->module;
	return t->pid ? perf_open(&attr, (int)t->pid, -1) : perf_open(&attr, -1, 0);
}

static bool find_event(enum attach kind, const char *name, __u64 *config)
{
	static const struct {
		enum attach kind;
		const char *name, *brief;
		u64 config;
	} events[] = {
#define PERF_EVENT(kind, name, brief, number, count) { ATTACH_##kind, name, brief, number },
#include "probe/perf_event.def"
#undef PERF_EVENT
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (events[i].kind != kind)
			continue;
		if (strcmp(events[i].name, name) == 0 || strcmp(events[i].brief, name) == 0) {
			*config = events[i].config;
			return true;
		}
	}
	return false;
}

int perf_sample(enum attach kind, const struct script_target *t, int pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = kind == ATTACH_HARDWARE ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = t->is_freq,
		.inherit = pid >= 0,
	};

	if (kind != ATTACH_PROFILE && !(t->module && find_event(kind, t->module, &attr.config)))
		return -EINVAL;
	if (t->is_freq)
		attr.sample_freq = t->period;
	else
		attr.sample_period = t->period;
	return perf_open(&attr, pid, cpu);
}

/* "0-3,5": ranges of CPUs. */
static int parse_cpus(struct instance *k, const char *text)
{
	vec_of(int) cpus = { 0 };

	while (isdigit((unsigned char)*text)) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last >= PERF_MAX_CPUS || first > last)
			return -EINVAL;
		for (unsigned long cpu = first; cpu <= last; cpu++)
			*vec_add(&k->arena, &cpus) = (int)cpu;
		text = *end == ',' ? end + 1 : end;
	}
	if (!cpus.n)
		return -EINVAL;
	k->cpus = cpus.at;
	k->online = (u32)cpus.n;
	return 0;
}

int perf_read_cpus(struct instance *k)
{
	char *text;
	int err;

	if (k->cpus)
		return 0;
	text = text_read_file("/sys/devices/system/cpu/online", 64 << 10, NULL);
	if (!text)
		return -errno;
	err = parse_cpus(k, text);
	free(text);
	return err;
}

u32 perf_threads(u32 pid, int *tids, u32 max)
{
	char path[64];
	struct dirent *entry;
	u32 n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (n < max && (entry = readdir(dir))) {
		u64 tid;

		if (text_u64(entry->d_name, &tid) && tid <= INT32_MAX)
			tids[n++] = (int)tid;
	}
	closedir(dir);
	return n;
}
