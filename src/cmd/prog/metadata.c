/* SPDX-License-Identifier: GPL-2.0-or-later */
/* They are members of the section that is the value of a map whose name ends in ".rodata"; its BTF says where. */
#include "cmd/prog/metadata.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf/rawvalue.h"
#include "inspect/btfinfo.h"
#include "inspect/handle.h"

#define PREFIX "bpf_metadata_"
#define MAX_BYTES (16u << 20) /* of a section */

struct section {
	struct rawbtf *btf;
	u32 type;
	u8 *bytes;
	u32 size;
};

static bool is_rodata(const struct bpf_map_info *m)
{
	static const char end[] = ".rodata";
	size_t len = strnlen(m->name, sizeof(m->name));

	return m->type == BPF_MAP_TYPE_ARRAY && m->key_size == sizeof(u32) && m->max_entries == 1 &&
	       m->map_flags & BPF_F_RDONLY_PROG && m->btf_id && m->btf_value_type_id &&
	       m->value_size <= MAX_BYTES && len >= sizeof(end) - 1 &&
	       !strcmp(m->name + len - (sizeof(end) - 1), end);
}

static bool has_metadata(const struct rawbtf *b, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = rawbtf_type(b, v[i].type);

		if (var && !strncmp(rawbtf_str(b, var->name_off), PREFIX, sizeof(PREFIX) - 1))
			return true;
	}
	return false;
}

/* Whether the map is such a section with such variables, which are read then. */
static bool open_section(u32 id, struct section *out)
{
	struct bpf_map_info info = { 0 };
	int fd = handle_open(HANDLE_MAP, id);
	const struct btf_type *t;
	bool ok = false;
	u32 key = 0;

	*out = (struct section){ 0 };
	if (fd < 0)
		return false;
	if (handle_info(fd, &info, sizeof(info)) || !is_rodata(&info) ||
	    btfinfo_open(info.btf_id, NULL, &out->btf))
		goto out;
	t = rawbtf_type(out->btf, info.btf_value_type_id);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_DATASEC || !has_metadata(out->btf, t))
		goto out;
	out->type = info.btf_value_type_id;
	out->size = info.value_size;
	out->bytes = calloc(1, out->size + 8u);
	if (!out->bytes)
		arena_exhausted();
	ok = !bpf_map_lookup_elem(fd, &key, out->bytes);
out:
	close(fd);
	return ok;
}

static void print_section(struct out *o, struct arena *a, const struct section *s)
{
	const struct btf_type *t = rawbtf_type(s->btf, s->type);
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = rawbtf_type(s->btf, v[i].type);
		const char *name = var ? rawbtf_str(s->btf, var->name_off) : "";

		if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 || v[i].offset > s->size ||
		    v[i].size > s->size - v[i].offset)
			continue;
		name = arena_strdup(a, name + sizeof(PREFIX) - 1);
		if (!o->json)
			out_printf(o, "\tmetadata %s = ", name);
		rawvalue_print(o, name, s->btf, var->type, s->bytes + v[i].offset, v[i].size);
		if (!o->json)
			out_puts(o, "\n");
	}
}

void prog_metadata_print(struct out *o, struct arena *a, const struct prog *p)
{
	struct section s;
	bool found = false;

	/* Most programs have no read-only data; those that have, have one such map. */
	for (u32 i = 0; !found && i < p->info.nr_map_ids; i++) {
		found = open_section(p->map_ids[i], &s);
		if (found) {
			if (o->json)
				out_json_open(o, "metadata", '{');
			print_section(o, a, &s);
			if (o->json)
				out_json_close(o, '}');
		}
		rawbtf_free(s.btf);
		free(s.bytes);
	}
}
