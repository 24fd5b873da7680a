/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of JSON are bpftool's, as far as it has them; its own come behind. */
#include "cmd/prog/print.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "cmd/prog/metadata.h"

static void tag_text(const struct prog *p, char out[2 * BPF_TAG_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < BPF_TAG_SIZE; i++) {
		*out++ = digits[p->info.tag[i] >> 4];
		*out++ = digits[p->info.tag[i] & 15];
	}
	*out = '\0';
}

/* The network device that it was loaded for, if that is in our namespace; else NULL. */
static const char *device_name(const struct bpf_prog_info *info, char name[IF_NAMESIZE])
{
	struct stat own;

	if (stat("/proc/self/ns/net", &own) || own.st_ino != info->netns_ino ||
	    own.st_dev != info->netns_dev)
		return NULL;
	return if_indextoname(info->ifindex, name);
}

/* ---- JSON */

static void json_device(struct out *o, const struct bpf_prog_info *info)
{
	char name[IF_NAMESIZE];
	const char *known = device_name(info, name);

	out_json_open(o, "dev", '{');
	out_json_u64(o, "ifindex", info->ifindex);
	out_json_u64(o, "ns_dev", info->netns_dev);
	out_json_u64(o, "ns_inode", info->netns_ino);
	if (known)
		out_json_str(o, "ifname", known, strlen(known));
	out_json_close(o, '}');
}

static void json_head(struct out *o, const struct prog *p)
{
	const struct bpf_prog_info *info = &p->info;
	const char *type = prog_type_text(p);
	char tag[2 * BPF_TAG_SIZE + 1];

	tag_text(p, tag);
	out_json_u64(o, "id", info->id);
	if (type)
		out_json_str(o, "type", type, strlen(type));
	else
		out_json_u64(o, "type", info->type);
	if (*p->name)
		out_json_str(o, "name", p->name, strlen(p->name));
	out_json_str(o, "tag", tag, strlen(tag));
	out_json_bool(o, "gpl_compatible", info->gpl_compatible);
	if (info->run_time_ns) {
		out_json_u64(o, "run_time_ns", info->run_time_ns);
		out_json_u64(o, "run_cnt", info->run_cnt);
	}
	if (info->recursion_misses)
		out_json_u64(o, "recursion_misses", info->recursion_misses);
}

static void json_sizes(struct out *o, const struct prog_view *v)
{
	const struct bpf_prog_info *info = &v->prog->info;

	if (info->load_time) {
		out_json_s64(o, "loaded_at", v->prog->loaded_at);
		out_json_u64(o, "uid", info->created_by_uid);
	}
	out_json_u64(o, "bytes_xlated", info->xlated_prog_len);
	out_json_bool(o, "jited", info->jited_prog_len);
	if (info->jited_prog_len)
		out_json_u64(o, "bytes_jited", info->jited_prog_len);
	if (v->memory)
		out_json_u64(o, "bytes_memlock", v->memory);
	if (info->nr_map_ids) {
		out_json_open(o, "map_ids", '[');
		for (u32 i = 0; i < info->nr_map_ids; i++)
			out_json_u64(o, NULL, v->prog->map_ids[i]);
		out_json_close(o, ']');
	}
}

static void json_refs(struct out *o, const struct prog_view *v)
{
	if (v->pins->refs.n) {
		out_json_open(o, "pinned", '[');
		for (size_t i = 0; i < v->pins->refs.n; i++)
			out_json_str(o, NULL, v->pins->refs.at[i].text,
				     strlen(v->pins->refs.at[i].text));
		out_json_close(o, ']');
	}
	if (v->prog->info.btf_id)
		out_json_u64(o, "btf_id", v->prog->info.btf_id);
	if (v->holders->refs.n) {
		out_json_open(o, "pids", '[');
		for (size_t i = 0; i < v->holders->refs.n; i++) {
			const struct ref *r = &v->holders->refs.at[i];

			out_json_open(o, NULL, '{');
			out_json_u64(o, "pid", r->pid);
			out_json_str(o, "comm", r->text, strlen(r->text));
			out_json_close(o, '}');
		}
		out_json_close(o, ']');
	}
}

static void json_more(struct out *o, const struct bpf_prog_info *info)
{
	out_json_u64(o, "insns", info->xlated_prog_len / sizeof(struct bpf_insn));
	out_json_u64(o, "verified_insns", info->verified_insns);
	if (info->nr_jited_ksyms)
		out_json_u64(o, "functions", info->nr_jited_ksyms);
	if (info->run_cnt)
		out_json_u64(o, "run_avg_ns", info->run_time_ns / info->run_cnt);
	if (info->attach_btf_id) {
		out_json_u64(o, "attach_btf_obj_id", info->attach_btf_obj_id);
		out_json_u64(o, "attach_btf_id", info->attach_btf_id);
	}
}

static void json_links(struct out *o, const struct prog_link_list *list)
{
	if (!list->links.n)
		return;
	out_json_open(o, "links", '[');
	for (size_t i = 0; i < list->links.n; i++) {
		const struct prog_link *l = &list->links.at[i];

		out_json_open(o, NULL, '{');
		out_json_u64(o, "id", l->id);
		if (l->type)
			out_json_str(o, "type", l->type, strlen(l->type));
		if (*l->where)
			out_json_str(o, "where", l->where, strlen(l->where));
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}

static void print_json(struct out *o, struct arena *a, const struct prog_view *v)
{
	const struct prog *p = v->prog;

	out_json_open(o, NULL, '{');
	if (p->is_orphaned) {
		out_json_u64(o, "id", p->info.id);
		out_json_bool(o, "orphaned", true);
	} else {
		json_head(o, p);
		if (p->info.ifindex)
			json_device(o, &p->info);
		json_sizes(o, v);
	}
	json_refs(o, v);
	if (!p->is_orphaned) {
		prog_metadata_print(o, a, p);
		json_more(o, &p->info);
		json_links(o, v->links);
	}
	out_json_close(o, '}');
}

/* ---- text */

/* "831 ns", "4.15 us", "3.2 s". */
static void print_ns(struct out *o, u64 ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double v = (double)ns;
	size_t i = 0;

	for (; v >= 10000 && i < ARRAY_SIZE(units) - 1; i++)
		v /= 1000;
	out_printf(o, i ? "%.1f %s" : "%.0f %s", v, units[i]);
}

static const char *time_text(struct prog_time *t, s64 at)
{
	time_t seconds = (time_t)at;
	struct tm tm;

	if (t->at == at)
		return t->text;
	t->at = at;
	if (!localtime_r(&seconds, &tm) || !strftime(t->text, sizeof(t->text), "%FT%T%z", &tm))
		t->text[0] = '\0';
	return t->text;
}

static void text_loaded(struct out *o, const struct prog_view *v)
{
	const struct prog *p = v->prog;

	if (!p->info.load_time)
		return;
	out_printf(o, "\tloaded_at %s  uid %u", time_text(v->time, p->loaded_at),
		   p->info.created_by_uid);
	if (p->info.verified_insns)
		out_printf(o, "  verified %u insns", p->info.verified_insns);
	out_puts(o, "\n");
}

static void text_runs(struct out *o, const struct bpf_prog_info *info)
{
	if (!info->run_cnt && !info->recursion_misses)
		return;
	out_puts(o, "\t");
	if (info->run_cnt) {
		out_printf(o, "run %llu times  avg ", (unsigned long long)info->run_cnt);
		print_ns(o, info->run_time_ns / info->run_cnt);
		out_puts(o, "  total ");
		print_ns(o, info->run_time_ns);
	}
	if (info->recursion_misses)
		out_printf(o, "%srecursion_misses %llu", info->run_cnt ? "  " : "",
			   (unsigned long long)info->recursion_misses);
	out_puts(o, "\n");
}

static void text_sizes(struct out *o, const struct prog_view *v)
{
	const struct bpf_prog_info *info = &v->prog->info;

	out_printf(o, "\txlated %uB (%zu insns)", info->xlated_prog_len,
		   info->xlated_prog_len / sizeof(struct bpf_insn));
	if (info->jited_prog_len)
		out_printf(o, "  jited %uB", info->jited_prog_len);
	else
		out_puts(o, "  not jited");
	if (v->memory)
		out_printf(o, "  memlock %lluB", (unsigned long long)v->memory);
	if (info->btf_id)
		out_printf(o, "  btf_id %u", info->btf_id);
	out_puts(o, "\n");
	for (u32 i = 0; i < info->nr_map_ids; i++) {
		out_printf(o, "%s%u", i ? ", " : "\tmaps ", v->prog->map_ids[i]);
		if (v->map_names && *v->map_names[i])
			out_printf(o, " %s", v->map_names[i]);
	}
	if (info->nr_map_ids)
		out_puts(o, "\n");
}

static void text_refs(struct out *o, const struct prog_view *v)
{
	for (size_t i = 0; i < v->pins->refs.n; i++)
		out_printf(o, "\tpinned %s\n", v->pins->refs.at[i].text);
	for (size_t i = 0; i < v->holders->refs.n; i++)
		out_printf(o, "%s%s(%u)", i ? ", " : "\tpids ", v->holders->refs.at[i].text,
			   v->holders->refs.at[i].pid);
	if (v->holders->refs.n)
		out_puts(o, "\n");
}

static void text_links(struct out *o, const struct prog_link_list *list)
{
	for (size_t i = 0; i < list->links.n; i++) {
		const struct prog_link *l = &list->links.at[i];

		out_printf(o, "\tattached by link %u", l->id);
		if (l->type)
			out_printf(o, ", %s", l->type);
		out_printf(o, "%s%s\n", *l->where ? " " : "", l->where);
	}
}

static void print_text(struct out *o, struct arena *a, const struct prog_view *v)
{
	const struct bpf_prog_info *info = &v->prog->info;
	const char *type = prog_type_text(v->prog);
	char tag[2 * BPF_TAG_SIZE + 1], device[IF_NAMESIZE];
	const char *known;

	out_printf(o, "%u: ", info->id);
	if (v->prog->is_orphaned) {
		out_puts(o, "orphaned, its network device is gone\n");
		text_refs(o, v);
		return;
	}
	tag_text(v->prog, tag);
	if (type)
		out_puts(o, type);
	else
		out_printf(o, "type %u", info->type);
	if (*v->prog->name)
		out_printf(o, "  name %s", v->prog->name);
	out_printf(o, "  tag %s%s", tag, info->gpl_compatible ? "  gpl" : "");
	if (info->ifindex) {
		known = device_name(info, device);
		if (known)
			out_printf(o, "  dev %s", known);
		else
			out_printf(o, "  dev %u of another namespace", info->ifindex);
	}
	out_puts(o, "\n");
	text_loaded(o, v);
	text_sizes(o, v);
	text_runs(o, info);
	text_links(o, v->links);
	text_refs(o, v);
	prog_metadata_print(o, a, v->prog);
}

void prog_print(struct out *o, struct arena *a, const struct prog_view *v)
{
	if (o->json)
		print_json(o, a, v);
	else
		print_text(o, a, v);
}
