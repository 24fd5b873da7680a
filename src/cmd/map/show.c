/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map show: what maps are, how large, who holds them and where they are pinned. */
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "btf/rawvalue.h"
#include "cmd/map/verb.h"
#include "cmd/noun/select.h"
#include "inspect/refs.h"
#include "isa/prog_type.h"

struct show {
	struct noun_args *a;
	struct refs holders, pins;
	vec_of(struct mapinfo) maps;
	/* Maps of one object have one BTF: the last that was read. */
	struct mapinfo_types types;
	u32 btf_id;
};

/* A type as it stands in front of a declaration: "struct key", "__u32", "char[16]". */
static void put_type_name(struct buf *b, const struct rawbtf *btf, u32 id, u32 depth)
{
	const struct btf_type *t = rawbtf_type(btf, id);
	const struct btf_array *a = (const void *)(t + 1);
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	const char *name = t ? rawbtf_str(btf, t->name_off) : "void";

	if (!depth) {
		buf_puts(b, "...");
	} else if (kind == BTF_KIND_ARRAY) {
		put_type_name(b, btf, a->type, depth - 1);
		buf_printf(b, "[%u]", a->nelems);
	} else if (kind == BTF_KIND_PTR) {
		put_type_name(b, btf, t->type, depth - 1);
		buf_puts(b, " *");
	} else if (kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE ||
		   kind == BTF_KIND_RESTRICT || kind == BTF_KIND_TYPE_TAG) {
		put_type_name(b, btf, t->type, depth - 1);
	} else {
		buf_puts(b, kind == BTF_KIND_STRUCT                            ? "struct "
			    : kind == BTF_KIND_UNION                           ? "union "
			    : kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64 ? "enum "
									       : "");
		buf_puts(b, *name ? name : "(nameless)");
	}
}

static const char *type_name(struct show *s, u32 id)
{
	struct buf b = { 0 };
	const char *text;

	if (!id)
		return NULL;
	put_type_name(&b, s->types.btf, id, 8);
	text = arena_strdup(s->a->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static void read_types(struct show *s, const struct mapinfo *m)
{
	u32 id = m->info.btf_vmlinux_value_type_id ? UINT32_MAX : m->info.btf_id;

	if (!id || id == s->btf_id) {
		s->types.key = m->info.btf_key_type_id;
		s->types.value = m->info.btf_vmlinux_value_type_id
					 ? m->info.btf_vmlinux_value_type_id
					 : m->info.btf_value_type_id;
		return;
	}
	rawbtf_free(s->types.btf);
	/* A list does without what cannot be read. */
	s->btf_id = mapinfo_types(m, &s->types) || !s->types.btf ? 0 : id;
}

static const char *owner(const struct mapinfo *m, char buf[16])
{
	const struct prog_type_info *t = prog_type_info(m->owner_prog_type);

	snprintf(buf, 16, "%u", m->owner_prog_type);
	return t ? t->name : buf;
}

static void put_flags(struct out *o, u32 flags)
{
	bool any = false;

	if (o->json)
		out_json_open(o, "flag_names", '[');
	for (u32 bit = 0; bit < 32; bit++) {
		const char *name = flags >> bit & 1 ? mapinfo_flag_name(bit) : NULL;

		if (!name)
			continue;
		if (o->json)
			out_json_str(o, NULL, name, strlen(name));
		else
			out_printf(o, "%s%s", any ? "," : " (", name);
		any = true;
	}
	if (o->json)
		out_json_close(o, ']');
	else if (any)
		out_puts(o, ")");
}

/* ---- text */

static void text_refs(struct show *s, u32 id)
{
	const struct ref_list *pins = refs_of(&s->pins, HANDLE_MAP, id);
	const struct ref_list *holders = refs_of(&s->holders, HANDLE_MAP, id);
	struct out *o = s->a->out;

	for (size_t i = 0; i < pins->refs.n; i++)
		out_printf(o, "\tpinned %s\n", pins->refs.at[i].text);
	for (size_t i = 0; i < holders->refs.n; i++)
		out_printf(o, "%s%s(%u)", i ? ", " : "\tpids ", holders->refs.at[i].text,
			   holders->refs.at[i].pid);
	if (holders->refs.n)
		out_puts(o, "\n");
}

static void text_types(struct show *s, const struct mapinfo *m)
{
	const char *key = s->types.btf ? type_name(s, s->types.key) : NULL;
	const char *value = s->types.btf ? type_name(s, s->types.value) : NULL;
	struct out *o = s->a->out;

	if (!m->info.btf_id && !m->info.btf_vmlinux_value_type_id && !m->frozen)
		return;
	out_puts(o, "\t");
	if (m->info.btf_id)
		out_printf(o, "btf_id %u  ", m->info.btf_id);
	if (key)
		out_printf(o, "key_type %s  ", key);
	if (value)
		out_printf(o, "value_type %s  ", value);
	if (m->frozen)
		out_puts(o, "frozen  ");
	/* What separates is not wanted at the end. */
	if (o->buf.len > 2)
		o->buf.len -= 2;
	out_puts(o, "\n");
}

static void text(struct show *s, const struct mapinfo *m)
{
	struct out *o = s->a->out;
	char buf[16], ifname[IF_NAMESIZE];

	out_printf(o, "%u: %s", m->info.id, mapinfo_type_name(m, buf));
	if (*m->info.name)
		out_printf(o, "  name %s", m->info.name);
	out_printf(o, "  flags 0x%x", m->info.map_flags);
	put_flags(o, m->info.map_flags);
	if (m->info.ifindex)
		out_printf(o, "  offloaded_to %s",
			   if_indextoname(m->info.ifindex, ifname) ? ifname : "another namespace");
	out_printf(o, "\n\tkey %uB  value %uB  max_entries %u  memlock %" PRIu64 "B",
		   m->info.key_size, m->info.value_size, m->info.max_entries, m->memlock);
	if (m->info.map_extra)
		out_printf(o, "  map_extra 0x%" PRIx64, (u64)m->info.map_extra);
	out_puts(o, "\n");
	if (m->owner_prog_type)
		out_printf(o, "\towner_prog_type %s  owner%s jited\n", owner(m, buf),
			   m->owner_jited ? "" : " not");
	text_types(s, m);
	text_refs(s, m->info.id);
}

/* ---- JSON */

static void json_refs(struct show *s, u32 id)
{
	const struct ref_list *pins = refs_of(&s->pins, HANDLE_MAP, id);
	const struct ref_list *holders = refs_of(&s->holders, HANDLE_MAP, id);
	struct out *o = s->a->out;

	if (pins->refs.n) {
		out_json_open(o, "pinned", '[');
		for (size_t i = 0; i < pins->refs.n; i++)
			out_json_str(o, NULL, pins->refs.at[i].text, strlen(pins->refs.at[i].text));
		out_json_close(o, ']');
	}
	if (!holders->refs.n)
		return;
	out_json_open(o, "pids", '[');
	for (size_t i = 0; i < holders->refs.n; i++) {
		const struct ref *r = &holders->refs.at[i];

		out_json_open(o, NULL, '{');
		out_json_u64(o, "pid", r->pid);
		out_json_str(o, "comm", r->text, strlen(r->text));
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}

static void json_types(struct show *s, const struct mapinfo *m)
{
	struct out *o = s->a->out;
	const char *name;

	if (m->info.btf_id)
		out_json_u64(o, "btf_id", m->info.btf_id);
	if (m->info.btf_key_type_id)
		out_json_u64(o, "btf_key_type_id", m->info.btf_key_type_id);
	if (m->info.btf_value_type_id)
		out_json_u64(o, "btf_value_type_id", m->info.btf_value_type_id);
	if (m->info.btf_vmlinux_value_type_id)
		out_json_u64(o, "btf_vmlinux_value_type_id", m->info.btf_vmlinux_value_type_id);
	if (!s->types.btf)
		return;
	name = type_name(s, s->types.key);
	if (name)
		out_json_str(o, "key_type", name, strlen(name));
	name = type_name(s, s->types.value);
	if (name)
		out_json_str(o, "value_type", name, strlen(name));
}

static void json(struct show *s, const struct mapinfo *m)
{
	struct out *o = s->a->out;
	char buf[16], ifname[IF_NAMESIZE];
	const char *type = mapinfo_type_name(m, buf);

	out_json_open(o, NULL, '{');
	out_json_u64(o, "id", m->info.id);
	out_json_str(o, "type", type, strlen(type));
	if (*m->info.name)
		out_json_str(o, "name", m->info.name, strlen(m->info.name));
	out_json_u64(o, "flags", m->info.map_flags);
	put_flags(o, m->info.map_flags);
	if (m->info.ifindex) {
		out_json_u64(o, "ifindex", m->info.ifindex);
		if (if_indextoname(m->info.ifindex, ifname))
			out_json_str(o, "ifname", ifname, strlen(ifname));
		out_json_u64(o, "ns_dev", m->info.netns_dev);
		out_json_u64(o, "ns_inode", m->info.netns_ino);
	}
	out_json_u64(o, "bytes_key", m->info.key_size);
	out_json_u64(o, "bytes_value", m->info.value_size);
	out_json_u64(o, "max_entries", m->info.max_entries);
	out_json_u64(o, "bytes_memlock", m->memlock);
	out_json_u64(o, "map_extra", m->info.map_extra);
	if (m->owner_prog_type) {
		const char *of = owner(m, buf);

		out_json_str(o, "owner_prog_type", of, strlen(of));
		out_json_bool(o, "owner_jited", m->owner_jited);
	}
	out_json_u64(o, "frozen", m->frozen);
	json_types(s, m);
	json_refs(s, m->info.id);
	out_json_close(o, '}');
}

static int gather(void *arg, int fd, u32 id)
{
	struct show *s = arg;
	struct mapinfo m;
	int err = mapinfo_read(fd, &m);

	if (err)
		return diag_errno(s->a->diag, -err, "cannot read what map %u is", id);
	*vec_add(s->a->arena, &s->maps) = m;
	return 0;
}

/* Maps are listed before holders are looked for, which may take maps itself. */
static int run(struct noun_args *a)
{
	struct show s = { .a = a };
	struct select which;
	bool is_list;
	int err = noun_select(a, HANDLE_MAP, &which);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	err = select_each(&which, gather, &s, a->diag);
	is_list = which.by == SELECT_ALL || s.maps.n > 1;
	refs_read_holders(&s.holders, a->arena);
	refs_read_pins(&s.pins, a->arena);
	if (a->out->json && is_list)
		out_json_open(a->out, NULL, '[');
	for (size_t i = 0; i < s.maps.n; i++) {
		read_types(&s, &s.maps.at[i]);
		if (a->out->json)
			json(&s, &s.maps.at[i]);
		else
			text(&s, &s.maps.at[i]);
	}
	if (a->out->json && is_list)
		out_json_close(a->out, ']');
	if (a->out->json && a->out->comma)
		out_json_end(a->out);
	rawbtf_free(s.types.btf);
	return err;
}

const struct noun_verb map_verb_show = {
	.name = "show",
	.args = "[" MAP_ARGS "]",
	.help = "List maps and who has them.\n"
		"Type, name, flags, sizes, memory, the types of keys and values, pins, and the "
		"processes that have them\nopen.\n",
	.nothing = "there are no maps",
	.run = run,
};
