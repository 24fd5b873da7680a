/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes are written by tables, as there are many of them. */
#include "cmd/map/entry.h"

#include <string.h>
#include <unistd.h>

#include "inspect/handle.h"

enum { ONE_LINE_PART = 16, ONE_LINE = 24, PER_LINE = 16, CHUNK = 64 };

static const char digits[] = "0123456789abcdef";

void map_entry_init(struct map_entry *e, struct noun_args *a, const struct mapinfo *m,
		    bool addresses)
{
	u32 style = (a->out->json ? FORM_JSON : 0) | (addresses ? FORM_ADDRESSES : 0);
	int err;

	*e = (struct map_entry){ .m = m, .out = a->out };
	e->is_object = m->info.type == MAP_TYPE_PROG_ARRAY || m->traits & MAP_TRAIT_OF_MAPS;
	e->is_one_line = m->info.key_size <= ONE_LINE_PART && m->info.value_size <= ONE_LINE_PART &&
			 m->info.key_size + m->info.value_size <= ONE_LINE;
	err = mapinfo_types(m, &e->types);
	if (err) {
		diag_warning(a->diag, LOC_NONE, "the types of map %u cannot be read: %s",
			     m->info.id, strerror(-err));
		return;
	}
	e->key = form_new(a->arena, e->types.btf, e->types.key, m->info.key_size, style);
	e->value = form_new(a->arena, e->types.btf, e->types.value, m->info.value_size, style);
	e->is_tall = e->value && form_is_record(e->value);
	if (m->traits & MAP_TRAIT_PER_CPU)
		e->total = form_new(a->arena, e->types.btf, e->types.value, m->info.value_size,
				    style | FORM_TOTAL);
}

void map_entry_done(struct map_entry *e)
{
	rawbtf_free(e->types.btf);
}

/* ---- bytes */

static void put_json_bytes(struct out *o, const u8 *at, u32 n)
{
	char text[CHUNK * 7];
	char *to = text;

	buf_putc(&o->buf, '[');
	for (u32 i = 0; i < n; i++) {
		memcpy(to, "\"0x00\",", 7);
		to[3] = digits[at[i] >> 4];
		to[4] = digits[at[i] & 15];
		to += 7;
		if (to == text + sizeof(text) || i + 1 == n) {
			buf_put(&o->buf, text, (size_t)(to - text) - (i + 1 == n));
			to = text;
		}
	}
	out_json_ready(o, NULL, "]", 1);
}

static void json_bytes(struct out *o, const char *key, u32 key_len, const u8 *at, u32 n)
{
	out_json_ready_key(o, key, key_len);
	/* The bracket is part of the value that ends with the other one. */
	o->keyed = true;
	put_json_bytes(o, at, n);
}

/* "01 02 03"; lines of 16 if there is more than one. */
static void put_bytes(struct out *o, const u8 *at, u32 n, bool lines)
{
	char text[CHUNK * 3];
	char *to = text;

	for (u32 i = 0; i < n; i++) {
		*to++ = digits[at[i] >> 4];
		*to++ = digits[at[i] & 15];
		*to++ = lines && i % PER_LINE == PER_LINE - 1 ? '\n' : ' ';
		if (to == text + sizeof(text) || i + 1 == n) {
			out_write(o, text, (size_t)(to - text) - (i + 1 == n));
			to = text;
		}
	}
}

/* ---- ids */

static void put_object(struct map_entry *e, const u8 *value)
{
	bool is_prog = e->m->info.type == MAP_TYPE_PROG_ARRAY;
	enum handle_kind kind = is_prog ? HANDLE_PROG : HANDLE_MAP;
	struct bpf_prog_info prog = { 0 };
	struct bpf_map_info map = { 0 };
	u32 id;
	int fd;

	memcpy(&id, value, 4);
	out_printf(e->out, "%s %u", is_prog ? "prog" : "map", id);
	fd = handle_open(kind, id);
	if (fd < 0)
		return;
	if (is_prog && !handle_info(fd, &prog, sizeof(prog)) && *prog.name)
		out_printf(e->out, " %.*s", (int)sizeof(prog.name), prog.name);
	if (!is_prog && !handle_info(fd, &map, sizeof(map)) && *map.name)
		out_printf(e->out, " %.*s", (int)sizeof(map.name), map.name);
	close(fd);
}

/* ---- text */

static bool is_zero(const u8 *at, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (at[i])
			return false;
	return true;
}

static void put_one(struct map_entry *e, const u8 *value)
{
	if (e->is_object)
		put_object(e, value);
	else if (e->value)
		form_print(e->value, e->out, NULL, value);
	else
		put_bytes(e->out, value, e->m->info.value_size, false);
}

/* CPUs whose value is not zero, and the total. */
static void put_cpus(struct map_entry *e, const u8 *value)
{
	const char *between = e->is_tall ? "\n\t" : ", ";
	u32 shown = 0;

	for (u32 cpu = 0; cpu < e->m->cpus; cpu++) {
		const u8 *at = value + (size_t)cpu * e->m->stride;

		if (is_zero(at, e->m->info.value_size))
			continue;
		out_printf(e->out, "%scpu %u: ", shown || e->is_tall ? between : "", cpu);
		put_one(e, at);
		shown++;
	}
	if (!shown) {
		out_puts(e->out, e->is_tall ? "\n\tall cpus: " : "all cpus: ");
		put_one(e, value);
	} else if (e->total) {
		out_printf(e->out, "%stotal: ", between);
		form_print_total(e->total, e->out, NULL, value, e->m->stride, e->m->cpus);
	}
}

void map_entry_put_key(struct map_entry *e, const void *key)
{
	if (e->key)
		form_print(e->key, e->out, NULL, key);
	else
		put_bytes(e->out, key, e->m->info.key_size, false);
}

void map_entry_put_value(struct map_entry *e, const void *value)
{
	if (e->m->traits & MAP_TRAIT_PER_CPU)
		put_cpus(e, value);
	else
		put_one(e, value);
}

/* Without types: each part from a line of its own on, unless all is short. */
static void text_bytes(struct map_entry *e, const char *name, const u8 *at, u32 size)
{
	out_puts(e->out, name);
	out_puts(e->out, e->is_one_line ? " " : "\n");
	put_bytes(e->out, at, size, true);
	if (!e->is_one_line)
		out_puts(e->out, "\n");
}

static void text_cpus(struct map_entry *e, const u8 *value)
{
	for (u32 cpu = 0; cpu < e->m->cpus; cpu++) {
		out_printf(e->out, "value (CPU %02u):%s", cpu, e->is_one_line ? " " : "\n");
		put_bytes(e->out, value + (size_t)cpu * e->m->stride, e->m->info.value_size, true);
		out_puts(e->out, "\n");
	}
}

static void print_text(struct map_entry *e, const u8 *key, const u8 *value)
{
	struct out *o = e->out;

	if (e->key || e->value || e->is_object) {
		if (key) {
			buf_put(&o->buf, "key: ", 5);
			map_entry_put_key(e, key);
			buf_put(&o->buf, "  ", 2);
		}
		buf_put(&o->buf, "value: ", 7);
		if (e->is_tall && e->m->traits & MAP_TRAIT_PER_CPU)
			o->buf.len--; /* a line ends here */
		map_entry_put_value(e, value);
		out_write(o, "\n", 1);
		return;
	}
	if (key)
		text_bytes(e, "key:", key, e->m->info.key_size);
	if (e->m->traits & MAP_TRAIT_PER_CPU) {
		if (key && e->is_one_line)
			out_puts(o, "\n");
		text_cpus(e, value);
		return;
	}
	if (key && e->is_one_line)
		out_puts(o, "  ");
	text_bytes(e, "value:", value, e->m->info.value_size);
	if (e->is_one_line)
		out_puts(o, "\n");
}

/* ---- JSON */

#define KEY "\"key\": "
#define VALUE "\"value\": "

static void json_cpus(struct map_entry *e, const u8 *value, const struct form *f)
{
	out_json_open(e->out, "values", '[');
	for (u32 cpu = 0; cpu < e->m->cpus; cpu++, value += e->m->stride) {
		out_json_open(e->out, NULL, '{');
		out_json_u64(e->out, "cpu", cpu);
		if (f)
			form_print(f, e->out, "value", value);
		else
			json_bytes(e->out, VALUE, sizeof(VALUE) - 1, value, e->m->info.value_size);
		out_json_close(e->out, '}');
	}
	out_json_close(e->out, ']');
}

static void json_formatted(struct map_entry *e, const u8 *key, const u8 *value)
{
	struct out *o = e->out;

	out_json_open(o, "formatted", '{');
	if (e->key && key) {
		out_json_ready_key(o, KEY, sizeof(KEY) - 1);
		form_print(e->key, o, NULL, key);
	}
	if (!(e->m->traits & MAP_TRAIT_PER_CPU)) {
		out_json_ready_key(o, VALUE, sizeof(VALUE) - 1);
		form_print(e->value, o, NULL, value);
	} else {
		json_cpus(e, value, e->value);
		if (e->total)
			form_print_total(e->total, o, "total", value, e->m->stride, e->m->cpus);
	}
	out_json_close(o, '}');
}

static void print_json(struct map_entry *e, const u8 *key, const u8 *value)
{
	struct out *o = e->out;
	u32 id;

	out_json_open(o, NULL, '{');
	json_bytes(o, KEY, sizeof(KEY) - 1, key, key ? e->m->info.key_size : 0);
	if (e->m->traits & MAP_TRAIT_PER_CPU)
		json_cpus(e, value, NULL);
	else
		json_bytes(o, VALUE, sizeof(VALUE) - 1, value, e->m->info.value_size);
	if (e->is_object) {
		memcpy(&id, value, 4);
		out_json_u64(o, e->m->traits & MAP_TRAIT_OF_MAPS ? "map_id" : "prog_id", id);
	}
	if (e->value)
		json_formatted(e, key, value);
	out_json_close(o, '}');
}

void map_entry_print(struct map_entry *e, const void *key, const void *value)
{
	if (e->out->json)
		print_json(e, key, value);
	else
		print_text(e, key, value);
}

void map_entry_print_error(struct map_entry *e, const void *key, const char *why)
{
	struct out *o = e->out;

	if (o->json) {
		out_json_open(o, NULL, '{');
		json_bytes(o, KEY, sizeof(KEY) - 1, key, e->m->info.key_size);
		out_json_open(o, "value", '{');
		out_json_str(o, "error", why, strlen(why));
		out_json_close(o, '}');
		out_json_close(o, '}');
		return;
	}
	out_puts(o, "key: ");
	map_entry_put_key(e, key);
	out_printf(o, "  value: <%s>\n", why);
}

void map_entry_print_key(struct map_entry *e, const char *name, const void *key)
{
	struct out *o = e->out;

	if (!o->json) {
		map_entry_put_key(e, key);
		return;
	}
	out_json_key(o, name, strlen(name));
	put_json_bytes(o, key, e->m->info.key_size);
}
