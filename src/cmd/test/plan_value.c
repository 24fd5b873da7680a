/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test case says of maps, variables and records. */
#include <string.h>

#include "base/text.h"
#include "btf/rawvalue.h"
#include "cmd/test/plan.h"
#include "isa/map_type.h"

#define MAX_RECORD (1u << 20)

static struct literal start(const struct test_plan *p, const struct test_line *line)
{
	return test_value(p->file, line, p->job.img->btf, p->d);
}

static char *name_at(const struct test_plan *p, const struct literal *l, u32 n)
{
	return arena_strndup(p->arena, l->text + l->at, n);
}

static bool is_section(const struct image_map *m)
{
	return m->origin >= IMAGE_MAP_DATA;
}

static bool is_ring(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_RINGBUF || m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

static bool is_user_ring(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_USER_RINGBUF;
}

static bool is_of_maps(const struct image_map *m)
{
	const struct map_type_info *info = map_type_info(m->type);

	return info && info->traits & MAP_TRAIT_OF_MAPS;
}

bool test_has_items(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_SOCKMAP || m->type == BPF_MAP_TYPE_SOCKHASH ||
	       m->type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY || m->type == BPF_MAP_TYPE_CGROUP_ARRAY;
}

static bool is_queue(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_QUEUE || m->type == BPF_MAP_TYPE_STACK;
}

static bool has_values(const struct image_map *m)
{
	const struct map_type_info *info = map_type_info(m->type);

	return is_queue(m) || m->type == BPF_MAP_TYPE_DEVMAP ||
	       m->type == BPF_MAP_TYPE_DEVMAP_HASH || m->type == BPF_MAP_TYPE_CPUMAP ||
	       test_has_items(m) || is_of_maps(m) ||
	       (info && info->traits & (MAP_TRAIT_OPEN | MAP_TRAIT_STORAGE) && m->key_size);
}

/* The map that is named next; all of a kind: those that the directive is about. */
static int take_map(struct test_plan *p, struct literal *l,
		    bool (*is_kind)(const struct image_map *), const char *kind, u32 *map)
{
	const struct image *img = p->job.img;
	u32 n = literal_name(l, true);
	const char *name = name_at(p, l, n);
	struct nearest near = nearest_to(name);
	s32 found;

	if (!n)
		return literal_expected(l, "the name of a map");
	found = image_find_map(img, name);
	for (size_t i = 0; i < img->maps.n; i++) {
		if (!is_section(&img->maps.at[i]) && is_kind(&img->maps.at[i]))
			nearest_try(&near, img->maps.at[i].name);
	}
	if (found < 0) {
		diag_error(p->d, literal_loc(l, n), "%s has no map '%s'", p->object->path, name);
		if (nearest_name(&near))
			diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
		return -EINVAL;
	}
	if (is_section(&img->maps.at[found])) {
		diag_error(p->d, literal_loc(l, n), "%s is a section of variables", name);
		diag_hint(p->d, "VAR and EXPECT_VAR are for variables, each by its name");
		return -EINVAL;
	}
	if (!is_kind(&img->maps.at[found]))
		return diag_error(p->d, literal_loc(l, n), "map %s (%s) %s", name,
				  map_type_info(img->maps.at[found].type)
					  ? map_type_info(img->maps.at[found].type)->name
					  : "unknown",
				  kind);
	l->at += n;
	*map = (u32)found;
	return 0;
}

static const char *without_end(const struct test_plan *p, const char *text, u32 from, u32 to)
{
	while (to > from && strchr(" \t\n", text[to - 1]))
		to--;
	return arena_strndup(p->arena, text + from, to - from);
}

/* The value up to the end of the line. */
static int take_value(struct test_plan *p, struct literal *l, u32 size, struct test_value *v)
{
	u8 *out = arena_alloc(p->arena, size + 1u), *mask = arena_alloc(p->arena, size + 1u);
	u32 begin;

	literal_skip(l);
	begin = l->at;
	if (literal_value(l, v->type, out, mask, size))
		return -EINVAL;
	v->literal = without_end(p, l->text, begin, l->at);
	if (literal_skip(l))
		return literal_expected(l, "the end of the line");
	v->bytes = (struct test_bytes){ out, mask, size };
	return 0;
}

static int take_equals(struct literal *l)
{
	return literal_take(l, '=') ? 0 : literal_expected(l, "'='");
}

/* [KEY] */
static int take_key(struct test_plan *p, struct literal *l, const struct image_map *m, u8 **key)
{
	*key = arena_alloc(p->arena, m->key_size + 1u);
	if (!literal_take(l, '['))
		return literal_expected(l, "'[' and a key");
	if (literal_value(l, m->key_type, *key, NULL, m->key_size))
		return -EINVAL;
	return literal_take(l, ']') ? 0 : literal_expected(l, "']'");
}

/* The key in a map that is in the map, if there is one more. */
static int take_inner(struct test_plan *p, struct literal *l, const struct test_line *line,
		      struct test_value *v)
{
	const struct image_map *m = v->of;
	bool is_there;

	literal_skip(l);
	is_there = l->at < l->end && l->text[l->at] == '[';
	if (!is_there && line->directive == TEST_EXPECT_NO_KEY)
		return 0;
	if (!is_there || m->inner < 0)
		return diag_error(p->d, test_plan_loc(p, line),
				  "%s holds maps: an entry of one is %s[KEY][KEY]", m->name,
				  m->name);
	v->of = &p->job.img->maps.at[m->inner];
	if (!v->of->key_size)
		return diag_error(p->d, test_plan_loc(p, line), "the maps in %s have no keys",
				  m->name);
	return take_key(p, l, v->of, &v->inner_key);
}

/* A socket as sockets.h has it, or the number of a cgroup. */
static int take_item(struct test_plan *p, struct literal *l, const struct test_line *line,
		     struct test_value *v)
{
	const char *end;

	literal_skip(l);
	v->literal = without_end(p, l->text, l->at, l->end);
	end = strchr(v->literal, '#');
	if (end)
		v->literal = without_end(p, v->literal, 0, (u32)(end - v->literal));
	if (v->of->type == BPF_MAP_TYPE_CGROUP_ARRAY) {
		if (!text_u64(v->literal, &v->item) || !v->item)
			return literal_expected(l, "the number of a cgroup");
		return 0;
	}
	v->item = test_plan_socket(p, line, v->literal);
	return v->item ? 0 : -EINVAL;
}

/* Descriptors are what the kernel's have in the place of such values or keys. */
static bool is_machine_only(const struct image_map *m)
{
	const struct map_type_info *info = map_type_info(m->type);

	return test_has_items(m) || (info && info->traits & MAP_TRAIT_STORAGE);
}

/* NAME[KEY] = VALUE; without a value if it is about a key only; without a key if the map has none. */
static int map_entry(struct test_plan *p, const struct test_line *line, test_values *to)
{
	struct literal l = start(p, line);
	struct test_value v = { .line = line };
	const struct image_map *m;
	u32 begin = l.at;

	if (take_map(p, &l, has_values, "holds no values that could be told", &v.map))
		return -EINVAL;
	v.of = m = &p->job.img->maps.at[v.map];
	if (m->key_size && take_key(p, &l, m, &v.key))
		return -EINVAL;
	if (is_of_maps(m) && take_inner(p, &l, line, &v))
		return -EINVAL;
	if (!p->machine_only && is_machine_only(m))
		p->machine_only = line;
	v.type = v.of->value_type;
	v.name = without_end(p, l.text, begin, l.at);
	if (line->directive == TEST_EXPECT_NO_KEY) {
		if (!m->key_size)
			return diag_error(p->d, line->loc, "map %s has no keys", m->name);
		if (literal_skip(&l))
			return literal_expected(&l, "the end of the line");
	} else if (take_equals(&l) ||
		   (test_has_items(v.of) ? take_item(p, &l, line, &v)
					 : take_value(p, &l, v.of->value_size, &v))) {
		return -EINVAL;
	}
	*vec_add(p->arena, to) = v;
	return 0;
}

/* ---- variables */

static const struct image_variable *find_variable(const struct test_plan *p, const char *name,
						  u32 *map, struct nearest *near)
{
	const struct image *img = p->job.img;

	for (u32 i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; is_section(m) && k < m->variables.n; k++) {
			nearest_try(near, m->variables.at[k].name);
			if (strcmp(m->variables.at[k].name, name) != 0)
				continue;
			*map = i;
			return &m->variables.at[k];
		}
	}
	return NULL;
}

static int variable(struct test_plan *p, const struct test_line *line, test_values *to)
{
	struct literal l = start(p, line);
	struct test_value v = { .line = line };
	u32 n = literal_name(&l, false);
	const char *name = name_at(p, &l, n);
	struct nearest near = nearest_to(name);
	const struct image_variable *found;

	if (!n)
		return literal_expected(&l, "the name of a variable");
	found = find_variable(p, name, &v.map, &near);
	if (!found) {
		diag_error(p->d, literal_loc(&l, n), "%s has no variable '%s'", p->object->path,
			   name);
		if (nearest_name(&near))
			diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
		return -EINVAL;
	}
	if (line->directive == TEST_VAR && p->job.img->maps.at[v.map].origin == IMAGE_MAP_KCONFIG)
		return diag_error(p->d, literal_loc(&l, n), "%s is the kernel's to set", name);
	l.at += n;
	v.name = name;
	v.type = found->type;
	v.offset = found->offset;
	v.of = &p->job.img->maps.at[v.map];
	if (take_equals(&l) || take_value(p, &l, found->size, &v))
		return -EINVAL;
	*vec_add(p->arena, to) = v;
	return 0;
}

/* ---- records */

/* "struct event", of which the first word may be left out. */
static int record_type(struct test_plan *p, struct literal *l, u32 *type)
{
	const struct rawbtf *btf = p->job.img->btf;
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;
	u32 n = literal_name(l, false);
	const char *name = name_at(p, l, n);

	if (n == 6 && !strcmp(name, "struct")) {
		l->at += n;
		n = literal_name(l, false);
		name = name_at(p, l, n);
	}
	if (!n)
		return literal_expected(l, "'=' or the name of a struct");
	while (btf && (t = rawbtf_next(btf, &it))) {
		if (strcmp(rawbtf_str(btf, t->name_off), name) != 0 || !rawvalue_size(btf, it.id))
			continue;
		*type = it.id;
		l->at += n;
		return 0;
	}
	diag_error(p->d, literal_loc(l, n), "there is no type '%s' in %s", name, p->object->path);
	diag_hint(p->d,
		  "compilers keep types of maps, variables and functions only: declare "
		  "const struct %s *unused __attribute__((unused));",
		  name);
	return -EINVAL;
}

/* MAP [struct NAME] = VALUE; what has no type is bytes, or text. */
static int record(struct test_plan *p, const struct test_line *line, test_values *to)
{
	struct literal l = start(p, line);
	struct test_value v = { .line = line };
	u64 size;
	u8 *bytes, *mask;
	const char *comment;
	u32 n;

	if (line->directive == TEST_RECORD
		    ? take_map(p, &l, is_user_ring, "takes no records of the host", &v.map)
		    : take_map(p, &l, is_ring, "sends no records", &v.map))
		return -EINVAL;
	v.name = p->job.img->maps.at[v.map].name;
	if (!literal_take(&l, '=')) {
		if (record_type(p, &l, &v.type) || take_equals(&l))
			return -EINVAL;
		size = rawvalue_size(p->job.img->btf, v.type);
		if (size > MAX_RECORD)
			return diag_error(p->d, line->loc, "a record has at most %u bytes",
					  MAX_RECORD);
		if (take_value(p, &l, (u32)size, &v))
			return -EINVAL;
	} else {
		literal_skip(&l);
		comment = memchr(l.text + l.at, '#', l.end - l.at);
		v.literal = without_end(p, l.text, l.at, comment ? (u32)(comment - l.text) : l.end);
		l.at += l.end - l.at > 2 && (!memcmp(l.text + l.at, "x:", 2) ||
					     !memcmp(l.text + l.at, "0x", 2))
				? 2
				: 0;
		if (literal_hex(&l, p->arena, MAX_RECORD, &bytes, &mask, &n))
			return -EINVAL;
		if (literal_skip(&l))
			return literal_expected(&l, "bytes in hexadecimal, or '..' for any");
		v.bytes = (struct test_bytes){ bytes, mask, n };
	}
	*vec_add(p->arena, to) = v;
	return 0;
}

int test_plan_value(struct test_plan *p, const struct test_line *line)
{
	switch (line->directive) {
	case TEST_MAP:
		return map_entry(p, line, &p->maps);
	case TEST_EXPECT_MAP:
		return map_entry(p, line, &p->expect_maps);
	case TEST_EXPECT_NO_KEY:
		return map_entry(p, line, &p->expect_no_keys);
	case TEST_VAR:
		return variable(p, line, &p->variables);
	case TEST_EXPECT_VAR:
		return variable(p, line, &p->expect_variables);
	case TEST_RECORD:
		return record(p, line, &p->given);
	default:
		return record(p, line, &p->records);
	}
}
