/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Some of it is told by bpf(2), the rest by fdinfo alone. */
#include "inspect/mapinfo.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/btfinfo.h"

static void read_fdinfo(int fd, struct mapinfo *m)
{
	char text[HANDLE_FDINFO];

	if (handle_fdinfo(fd, text))
		return;
	m->memlock = handle_field(text, "memlock:");
	m->frozen = handle_field(text, "frozen:") != 0;
	m->owner_prog_type = (u32)handle_field(text, "owner_prog_type:");
	m->owner_jited = handle_field(text, "owner_jited:") != 0;
}

int mapinfo_read(int fd, struct mapinfo *out)
{
	struct mapinfo m = { 0 };
	int cpus, err = handle_info(fd, &m.info, sizeof(m.info));

	if (err)
		return err;
	m.info.name[sizeof(m.info.name) - 1] = '\0';
	m.type = map_type_info(m.info.type);
	m.traits = m.type ? m.type->traits : 0;
	m.cpus = 1;
	m.stride = m.info.value_size;
	if (m.traits & MAP_TRAIT_PER_CPU) {
		cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		m.cpus = (u32)cpus;
		m.stride = (m.info.value_size + 7) & ~7u;
	}
	m.value_bytes = (u64)m.stride * m.cpus;
	read_fdinfo(fd, &m);
	*out = m;
	return 0;
}

const char *mapinfo_type_name(const struct mapinfo *m, char buf[16])
{
	if (m->type)
		return m->type->name;
	snprintf(buf, 16, "type %u", m->info.type);
	return buf;
}

const char *mapinfo_flag_name(u32 bit)
{
	static const char *const names[] = {
		"no_prealloc", "no_common_lru",  "numa_node",     "rdonly",        "wronly",
		"build_id",    "zero_seed",      "rdonly_prog",   "wronly_prog",   "clone",
		"mmapable",    "preserve_elems", "inner_map",     "link",          "path_fd",
		"btf_object",  "token_fd",       "segv_on_fault", "no_conversion",
	};

	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

int mapinfo_types(const struct mapinfo *m, struct mapinfo_types *out)
{
	struct mapinfo_types t = { NULL, m->info.btf_key_type_id, m->info.btf_value_type_id };
	int err = 0;

	*out = (struct mapinfo_types){ 0 };
	if (m->info.btf_vmlinux_value_type_id) {
		t = (struct mapinfo_types){ NULL, 0, m->info.btf_vmlinux_value_type_id };
		err = rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &t.btf);
	} else if (m->info.btf_id && (t.key || t.value)) {
		err = btfinfo_open(m->info.btf_id, NULL, &t.btf);
	}
	if (!err && t.btf)
		*out = t;
	return err;
}
