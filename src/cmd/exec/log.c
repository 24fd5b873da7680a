/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/log.h"

#include <inttypes.h>
#include <string.h>

#include "btf/rawvalue.h"

void exec_log_init(struct exec_log *l)
{
	*l = (struct exec_log){ 0 };
	arena_init(&l->arena);
}

void exec_log_done(struct exec_log *l)
{
	arena_done(&l->arena);
}

void exec_log_add(void *arg, const struct image_map *map, u32 cpu, const void *data, size_t len)
{
	struct exec_log *l = arg;
	struct exec_log_item *item;
	u8 *copy;

	*(map ? &l->sent : &l->printed) += 1;
	if (len + sizeof(*item) > EXEC_LOG_BYTES - l->bytes)
		return;
	l->bytes += len + sizeof(*item);
	copy = arena_alloc(&l->arena, len + 1);
	memcpy(copy, data, len);
	item = vec_add(&l->arena, &l->items);
	*item = (struct exec_log_item){ l->input, cpu, map, copy, (u32)len };
}

/* A record that is too short for the type is something else. */
static u32 type_of(const struct exec_log *l, const struct exec_log_item *item,
		   const struct image *img)
{
	return l->record_type && rawvalue_size(img->btf, l->record_type) <= item->len
		       ? l->record_type
		       : 0;
}

static void json_item(const struct exec_log *l, const struct exec_log_item *item, struct out *o,
		      const struct image *img)
{
	out_json_open(o, NULL, '{');
	out_json_str(o, "type", item->map ? "record" : "printed", item->map ? 6 : 7);
	out_json_u64(o, "input", item->input);
	if (item->map) {
		out_json_str(o, "map", item->map->name, strlen(item->map->name));
		if (item->map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			out_json_u64(o, "cpu", item->cpu);
		out_json_u64(o, "bytes", item->len);
		rawvalue_print(o, "data", img->btf, type_of(l, item, img), item->data, item->len);
	} else {
		out_json_str(o, "text", (const char *)item->data, item->len);
	}
	out_json_close(o, '}');
	out_json_end(o);
}

/* A program may print bytes of packets: they are not for the terminal to obey. */
static void put_line(struct out *o, const struct exec_log_item *item)
{
	for (u32 i = 0; i < item->len; i++) {
		u8 c = item->data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			out_printf(o, "\\x%02x", c);
		else
			out_write(o, &item->data[i], 1);
	}
}

static void text_item(const struct exec_log *l, const struct exec_log_item *item, struct out *o,
		      const struct image *img)
{
	out_printf(o, "  #%u: ", item->input);
	if (item->map) {
		out_printf(o, "%s, ", item->map->name);
		if (item->map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			out_printf(o, "CPU %u, ", item->cpu);
		out_printf(o, "%u bytes: ", item->len);
		rawvalue_print(o, NULL, img->btf, type_of(l, item, img), item->data, item->len);
	} else {
		put_line(o, item);
	}
	out_puts(o, "\n");
}

static void print_all(const struct exec_log *l, struct out *o, const struct image *img,
		      bool records, u64 total)
{
	u64 shown = 0, kept = 0;

	if (!total)
		return;
	if (!o->json)
		out_printf(o, "\n%s (%" PRIu64 "):\n", records ? "sent" : "printed", total);
	for (size_t i = 0; i < l->items.n; i++) {
		if (!l->items.at[i].map == records)
			continue;
		kept++;
		if (o->json)
			json_item(l, &l->items.at[i], o, img);
		else if (shown < EXEC_LOG_SHOWN && ++shown)
			text_item(l, &l->items.at[i], o, img);
	}
	if (!o->json && shown < kept)
		out_printf(o, "  and %" PRIu64 " more, which -f json shows\n", kept - shown);
	if (!o->json && kept < total)
		out_printf(o,
			   "  and %" PRIu64
			   " more, which were not kept: there is room for %u MiB\n",
			   total - kept, EXEC_LOG_BYTES >> 20);
}

void exec_log_print(const struct exec_log *l, struct out *o, const struct image *img)
{
	print_all(l, o, img, false, l->printed);
	print_all(l, o, img, true, l->sent);
	if (o->json && (l->lost || l->items.n < l->printed + l->sent)) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "type", "lost", 4);
		out_json_u64(o, "no_room_in_buffers", l->lost);
		out_json_u64(o, "not_kept", l->printed + l->sent - l->items.n);
		out_json_close(o, '}');
		out_json_end(o);
	}
	if (!o->json && l->lost)
		out_printf(o,
			   "\nlost: %" PRIu64 " records or lines found no room in their buffers\n",
			   l->lost);
}
