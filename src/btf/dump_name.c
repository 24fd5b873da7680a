/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names. C has two spaces of them: tags (struct, union, enum), and all others (typedefs, enumerators). In each the first to come
 * gets the name as it is. Languages other than C leave names that C cannot have; their bytes become underscores.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "btf/dump_impl.h"

enum { SPACE_TAGS = 1, SPACE_OTHERS = 2 };

struct dump_slot {
	const char *name; /* NULL: empty */
	u32 hash;
	u32 count; /* how often it was wanted */
};

static u32 hash_name(const char *s, u32 space)
{
	u32 h = 2166136261u * space;

	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619;
	return (h ^ h >> 15) << 2 | space; /* so that the spaces never meet */
}

static struct dump_slot *find_slot(const struct dump_names *t, const char *name, u32 hash)
{
	size_t i = (hash >> 2) & (t->cap - 1);

	while (t->slots[i].name &&
	       (t->slots[i].hash != hash || strcmp(t->slots[i].name, name) != 0))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static void grow_slots(struct dump_names *t)
{
	struct dump_names with = { .cap = t->cap ? t->cap * 2 : 64 };

	with.slots = calloc(with.cap, sizeof(*with.slots));
	if (!with.slots)
		arena_exhausted();
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].name)
			*find_slot(&with, t->slots[i].name, t->slots[i].hash) = t->slots[i];
	with.n = t->n;
	free(t->slots);
	*t = with;
}

/* The name, or with a number if it is in use; it must live as long as the dump. */
static const char *make_unique(struct dump *d, const char *name, u32 space)
{
	u32 hash = hash_name(name, space);
	struct dump_slot *slot;

	if (d->used.n >= d->used.cap / 2)
		grow_slots(&d->used);
	slot = find_slot(&d->used, name, hash);
	if (!slot->name) {
		*slot = (struct dump_slot){ name, hash, 1 };
		d->used.n++;
		return name;
	}
	slot->count++;
	if (!dump_spend(d, strlen(name)))
		return name;
	return make_unique(d, arena_printf(&d->arena, "%s___%u", name, slot->count), space);
}

static bool is_keyword(const char *s, size_t len)
{
	static const char *const words[] = {
		"asm",      "auto",    "break",    "case",     "char",     "const",
		"continue", "default", "do",       "double",   "else",     "enum",
		"extern",   "float",   "for",      "goto",     "if",       "inline",
		"int",      "long",    "register", "restrict", "return",   "short",
		"signed",   "sizeof",  "static",   "struct",   "switch",   "typedef",
		"typeof",   "union",   "unsigned", "void",     "volatile", "while",
	};

	if (len < 2 || len > 8)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i] == *s && !strcmp(words[i], s))
			return true;
	return false;
}

const char *dump_clean(struct dump *d, u32 name_off)
{
	const char *s = rawbtf_str(d->btf, name_off);
	size_t len = 0;
	char *fixed;

	while (isalnum((u8)s[len]) || s[len] == '_')
		len++;
	if (!s[len] && !isdigit((u8)*s) && !is_keyword(s, len))
		return s;
	if (!dump_spend(d, strlen(s)))
		return "";
	if (!s[len] && !isdigit((u8)*s))
		return arena_printf(&d->arena, "%s_", s);
	fixed = arena_printf(&d->arena, "%s%s", isdigit((u8)*s) ? "_" : "", s);
	for (char *c = fixed; *c; c++)
		if (!isalnum((u8)*c))
			*c = '_';
	return fixed;
}

const char *dump_name(struct dump *d, u32 id)
{
	const struct btf_type *t;
	u32 kind;

	id = dump_full(d, id);
	if (d->names[id])
		return d->names[id];
	t = d->types[id];
	kind = BTF_INFO_KIND(t->info);
	if ((kind == BTF_KIND_INT || kind == BTF_KIND_FLOAT) && dump_is_known(d, t))
		d->names[id] = rawbtf_str(d->btf, t->name_off);
	else if (kind == BTF_KIND_FUNC || d->is_line)
		return dump_clean(d, t->name_off);
	else if (kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_INT || kind == BTF_KIND_FLOAT)
		d->names[id] = dump_is_builtin(d, t)
				       ? rawbtf_str(d->btf, t->name_off)
				       : make_unique(d, dump_clean(d, t->name_off), SPACE_OTHERS);
	else
		d->names[id] = make_unique(d, dump_clean(d, t->name_off), SPACE_TAGS);
	return d->names[id];
}

const char *dump_enumerator(struct dump *d, u32 name_off)
{
	const char *name = dump_clean(d, name_off);

	return d->is_line ? name : make_unique(d, *name ? name : "_", SPACE_OTHERS);
}

const char *dump_unknown_value(struct dump *d, const char *of)
{
	return make_unique(d, arena_printf(&d->arena, "%s___unknown", of), SPACE_OTHERS);
}

bool dump_is_known(struct dump *d, const struct btf_type *t)
{
	static const char *const words[] = { "char",   "short",    "int",   "long",
					     "signed", "unsigned", "_Bool", "__int128" };
	const char *s = rawbtf_str(d->btf, t->name_off);

	if (BTF_INFO_KIND(t->info) == BTF_KIND_FLOAT)
		return !strcmp(s, "float") || !strcmp(s, "double") || !strcmp(s, "long double") ||
		       !strncmp(s, "_Float", 6) || !strncmp(s, "__", 2);
	if (!*s)
		return false;
	while (*s) {
		size_t len = strcspn(s, " "), i = 0;

		while (i < ARRAY_SIZE(words) && (strncmp(words[i], s, len) != 0 || words[i][len]))
			i++;
		if (i == ARRAY_SIZE(words))
			return false;
		s += len + (s[len] == ' ');
	}
	return true;
}

bool dump_is_builtin(struct dump *d, const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info) == BTF_KIND_TYPEDEF &&
	       !strcmp(rawbtf_str(d->btf, t->name_off), "__builtin_va_list");
}

u32 dump_full(const struct dump *d, u32 id)
{
	return d->full && d->full[id] ? d->full[id] : id;
}

/* ---- forward declarations and tags, which are found by going through all types once */

static const char *fwd_key(struct dump *d, const struct btf_type *t)
{
	bool is_union = BTF_INFO_KIND(t->info) == BTF_KIND_FWD
				? BTF_INFO_KFLAG(t->info)
				: BTF_INFO_KIND(t->info) == BTF_KIND_UNION;

	return arena_printf(&d->arena, "%c%s", is_union ? 'u' : 's',
			    rawbtf_str(d->btf, t->name_off));
}

/* What each forward declaration stands for is the first type with its name, or else the first such declaration. */
static void resolve_fwds(struct dump *d, u32 n_fwds)
{
	struct table known;
	u32 *first;

	if (!n_fwds)
		return;
	d->full = arena_array(&d->arena, u32, d->end);
	table_init(&known, &d->arena);
	for (u32 id = 1; id < d->end; id++) {
		if (BTF_INFO_KIND(d->types[id]->info) != BTF_KIND_FWD)
			continue;
		first = arena_new(&d->arena, u32);
		*first = id;
		if (!table_get_str(&known, fwd_key(d, d->types[id])))
			table_set_str(&known, fwd_key(d, d->types[id]), first);
	}
	for (u32 id = d->end - 1; id; id--) {
		first = dump_is_record(BTF_INFO_KIND(d->types[id]->info)) && d->types[id]->name_off
				? table_get_str(&known, fwd_key(d, d->types[id]))
				: NULL;
		if (first)
			*first = id;
	}
	for (u32 id = 1; id < d->end; id++) {
		if (BTF_INFO_KIND(d->types[id]->info) != BTF_KIND_FWD)
			continue;
		first = table_get_str(&known, fwd_key(d, d->types[id]));
		d->full[id] = *first;
	}
}

static int compare_tags(const void *a, const void *b)
{
	const struct dump_tag *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->member < y->member ? -1 : x->member > y->member;
}

void dump_names_init(struct dump *d)
{
	u32 n_fwds = 0, n_tags = 0;

	grow_slots(&d->used);
	for (u32 id = 1; id < d->end; id++) {
		n_fwds += BTF_INFO_KIND(d->types[id]->info) == BTF_KIND_FWD;
		n_tags += BTF_INFO_KIND(d->types[id]->info) == BTF_KIND_DECL_TAG;
	}
	resolve_fwds(d, n_fwds);
	d->tags = arena_array(&d->arena, struct dump_tag, n_tags + 1);
	for (u32 id = 1; id < d->end && n_tags; id++) {
		const struct btf_type *t = d->types[id];
		const struct btf_decl_tag *tag = (const void *)(t + 1);

		if (BTF_INFO_KIND(t->info) == BTF_KIND_DECL_TAG)
			d->tags[d->n_tags++] = (struct dump_tag){ t->type, tag->component_idx,
								  rawbtf_str(d->btf, t->name_off) };
	}
	qsort(d->tags, d->n_tags, sizeof(*d->tags), compare_tags);
}

const struct dump_tag *dump_tags(const struct dump *d, u32 type, s32 member, size_t *n)
{
	const struct dump_tag key = { type, member, NULL };
	size_t low = 0, high = d->n_tags;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_tags(&d->tags[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*n = 0;
	while (low + *n < d->n_tags && !compare_tags(&d->tags[low + *n], &key))
		++*n;
	return &d->tags[low];
}
