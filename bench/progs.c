/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progs.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long bpf_call(int cmd, void *attr, size_t size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

int progs_enable_stats(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	return (int)bpf_call(BPF_ENABLE_STATS, &attr, sizeof(attr));
}

/* The id of the program that a descriptor is; 0 if it is something else (a link tells a prog_id, too). */
static uint32_t prog_id_of(pid_t pid, const char *number)
{
	char path[64], line[128];
	unsigned type = 0, id = 0;
	int is_prog = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.16s", pid, number);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		is_prog |= sscanf(line, "prog_type: %u", &type) == 1;
		sscanf(line, "prog_id: %u", &id);
	}
	fclose(f);
	return is_prog ? id : 0;
}

static int prog_read(uint32_t id, struct prog *p)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	int fd;
	long err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = (int)bpf_call(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return -1;
	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	err = bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	close(fd);
	*p = (struct prog){ .id = id,
			    .insns = info.xlated_prog_len / 8,
			    .runs = info.run_cnt,
			    .ns = info.run_time_ns };
	memcpy(p->name, info.name, sizeof(p->name) - 1);
	return err ? -1 : 0;
}

static int by_id(const void *a, const void *b)
{
	const struct prog *p = a, *q = b;

	return (p->id > q->id) - (p->id < q->id);
}

static int is_known(const struct prog *progs, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (progs[i].id == id)
			return 1;
	return 0;
}

size_t progs_find(pid_t pid, struct prog *progs, size_t max)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && n < max && (entry = readdir(dir))) {
		uint32_t id = entry->d_name[0] == '.' ? 0 : prog_id_of(pid, entry->d_name);

		if (id && !is_known(progs, n, id) && !prog_read(id, &progs[n]))
			n++;
	}
	if (dir)
		closedir(dir);
	qsort(progs, n, sizeof(*progs), by_id);
	return n;
}
