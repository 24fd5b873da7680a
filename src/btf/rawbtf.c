/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format:
 *
 *	[ struct btf_header | ... types ... | ... strings ... ]
 *
 * Types follow each other without an index; each is a struct btf_type and what its kind adds. They are
 * walked once to check them and to note where every INDEX_STRIDE-th begins, so a type is found by its id
 * with a few steps and the index of 130,000 types takes 32 KiB.
 *
 * A name is found by its place in the strings, which hold each name once, and then by comparing that
 * number along the types: two quick passes over memory that build nothing. Whoever asks for many names
 * pays for a hash table instead, see SCANS_BEFORE_HASH.
 */
#include "btf/rawbtf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define KERNEL "/sys/kernel/btf/vmlinux"

enum {
	MAX_SKIPPED = 32, /* from name to name; more of them go in a circle */
	INDEX_STRIDE = 16,
	SCANS_BEFORE_HASH = 12, /* a table costs about as much as this many scans */
	MAX_BYTES = 256 << 20,
	MAX_TYPES = 0xfffff, /* the kernel's own limit, BTF_MAX_TYPE */
	MAX_PLACES = 4,      /* of a name in strings that hold it more than once */
};

struct rawbtf {
	const u8 *data;
	size_t len;
	bool is_mapped;
	const struct rawbtf *base;
	const u8 *types;
	size_t types_len;
	const char *strs;
	u32 strs_len, strs_first; /* first: what the base has */
	u32 first, count;
	u32 *index; /* offset of type first + i * INDEX_STRIDE */
	u32 scans;
	u32 *hash; /* ids by name, 0 for empty; a power of two of them */
	u32 hash_size;
};

/* The kinds that rawbtf_find() is asked for. */
static const u32 named_kinds =
	RAWBTF_KIND(BTF_KIND_INT) | RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) |
	RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64) | RAWBTF_KIND(BTF_KIND_FWD) |
	RAWBTF_KIND(BTF_KIND_TYPEDEF) | RAWBTF_KIND(BTF_KIND_FUNC) | RAWBTF_KIND(BTF_KIND_FLOAT);

/* What follows a type's struct btf_type: some bytes, and some for each of its members. */
static const struct {
	u8 once, each;
	bool known;
} layouts[BTF_INFO_KIND(~0u) + 1] = {
	[BTF_KIND_INT] = { 4, 0, true },
	[BTF_KIND_PTR] = { 0, 0, true },
	[BTF_KIND_ARRAY] = { sizeof(struct btf_array), 0, true },
	[BTF_KIND_STRUCT] = { 0, sizeof(struct btf_member), true },
	[BTF_KIND_UNION] = { 0, sizeof(struct btf_member), true },
	[BTF_KIND_ENUM] = { 0, sizeof(struct btf_enum), true },
	[BTF_KIND_FWD] = { 0, 0, true },
	[BTF_KIND_TYPEDEF] = { 0, 0, true },
	[BTF_KIND_VOLATILE] = { 0, 0, true },
	[BTF_KIND_CONST] = { 0, 0, true },
	[BTF_KIND_RESTRICT] = { 0, 0, true },
	[BTF_KIND_FUNC] = { 0, 0, true }, /* its vlen is the linkage, and counts nothing */
	[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param), true },
	[BTF_KIND_VAR] = { 4, 0, true },
	[BTF_KIND_DATASEC] = { 0, sizeof(struct btf_var_secinfo), true },
	[BTF_KIND_FLOAT] = { 0, 0, true },
	[BTF_KIND_DECL_TAG] = { 4, 0, true },
	[BTF_KIND_TYPE_TAG] = { 0, 0, true },
	[BTF_KIND_ENUM64] = { 0, sizeof(struct btf_enum64), true },
};

/* Kinds that nothing is added by. */
#define BARE                                                                                       \
	(RAWBTF_KIND(BTF_KIND_PTR) | RAWBTF_KIND(BTF_KIND_FWD) | RAWBTF_KIND(BTF_KIND_TYPEDEF) |   \
	 RAWBTF_KIND(BTF_KIND_VOLATILE) | RAWBTF_KIND(BTF_KIND_CONST) |                            \
	 RAWBTF_KIND(BTF_KIND_RESTRICT) | RAWBTF_KIND(BTF_KIND_FUNC) |                             \
	 RAWBTF_KIND(BTF_KIND_FLOAT) | RAWBTF_KIND(BTF_KIND_TYPE_TAG))

/* The whole of a type; 0 for an unknown kind, whose size nobody can tell. */
static inline size_t type_len(const struct btf_type *t)
{
	u32 kind = BTF_INFO_KIND(t->info);

	/* A guess of the processor's, by which it need not wait to go on to the next. */
	if (BARE >> kind & 1)
		return sizeof(*t);
	if (!layouts[kind].known)
		return 0;
	return sizeof(*t) + layouts[kind].once +
	       (size_t)layouts[kind].each * BTF_INFO_VLEN(t->info);
}

static const struct btf_type *type_at(const struct rawbtf *b, size_t pos)
{
	return (const struct btf_type *)(const void *)(b->types + pos);
}

/* Names that are looked for while types are walked. */
struct search {
	struct rawbtf_want *wants;
	u32 n, left;
	u32 kinds;
	u64 letters; /* what names begin with, as few do with the same */
};

static u64 letters_of(const char *name)
{
	return 1ull << (((u8)name[0] * 5u + (u8)name[*name ? 1 : 0]) & 63);
}

/* What is left to look for. */
static void search_for_rest(struct search *s)
{
	s->left = s->kinds = 0;
	s->letters = 0;
	for (u32 i = 0; i < s->n; i++) {
		if (s->wants[i].id)
			continue;
		s->left++;
		s->kinds |= RAWBTF_KIND(s->wants[i].kind);
		s->letters |= letters_of(s->wants[i].name);
	}
}

static void search_take(struct search *s, const struct btf_type *t, const char *name, u32 id)
{
	if (!(s->letters & letters_of(name)))
		return;
	for (u32 i = 0; i < s->n; i++) {
		struct rawbtf_want *w = &s->wants[i];

		if (w->id || w->kind != BTF_INFO_KIND(t->info) || strcmp(w->name, name) != 0)
			continue;
		w->id = id;
		search_for_rest(s);
	}
}

/* Checks that every type ends within the section, and fills the index; up to the last that is looked for. */
static int index_types(struct rawbtf *b, struct search *s)
{
	size_t most = b->types_len / sizeof(struct btf_type) / INDEX_STRIDE + 1;
	const u8 *at = b->types, *end = at + b->types_len;
	u32 n = 0, *index = malloc(most * sizeof(*index));

	b->index = index;
	if (!index)
		arena_exhausted();
	while (at < end && (!s || s->left)) {
		const struct btf_type *t = (const void *)at;
		size_t left = (size_t)(end - at), len;

		if (left < sizeof(*t))
			return -EINVAL;
		len = type_len(t);
		if (!len || len > left)
			return -EINVAL;
		if (n % INDEX_STRIDE == 0)
			index[n / INDEX_STRIDE] = (u32)(at - b->types);
		if (s && s->kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info)))
			search_take(s, t, rawbtf_str(b, t->name_off), b->first + n);
		if (b->first + n++ > MAX_TYPES)
			return -EINVAL;
		at += len;
	}
	b->count = n;
	b->types_len = (size_t)(at - b->types);
	return 0;
}

/* Finds the two sections; both must lie within the data, types on 4 bytes, strings ended by a NUL. */
static int find_sections(struct rawbtf *b)
{
	const struct btf_header *h = (const void *)b->data;
	u64 types, strs;

	if (b->len < sizeof(*h) || h->magic != BTF_MAGIC || h->version != BTF_VERSION)
		return -EINVAL;
	if (h->hdr_len < sizeof(*h) || h->hdr_len % 4 || h->type_off % 4)
		return -EINVAL;
	types = (u64)h->hdr_len + h->type_off;
	strs = (u64)h->hdr_len + h->str_off;
	if (types + h->type_len > b->len || strs + h->str_len > b->len)
		return -EINVAL;
	b->types = b->data + types;
	b->types_len = h->type_len;
	b->strs = (const char *)b->data + strs;
	b->strs_len = h->str_len;
	if (b->strs_len && b->strs[b->strs_len - 1])
		return -EINVAL;
	if (!b->base && (!b->strs_len || b->strs[0]))
		return -EINVAL;
	return 0;
}

/* Takes the data, whatever comes of it. s NULL: all of it is opened. */
static int rawbtf_make(struct rawbtf with, struct search *s, struct rawbtf **out)
{
	struct rawbtf *b = malloc(sizeof(*b));
	int err;

	if (!b)
		arena_exhausted();
	*b = with;
	b->first = b->base ? rawbtf_end(b->base) : 1;
	b->strs_first = b->base ? b->base->strs_first + b->base->strs_len : 0;
	err = find_sections(b);
	if (!err)
		err = index_types(b, s);
	if (err) {
		rawbtf_free(b);
		return err;
	}
	*out = b;
	return 0;
}

/* The kernel hands out its BTF a page a read. */
static int read_all(int fd, u8 *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/*
 * Only the kernel's file is mapped (since 6.16 it can be): any other could shrink while it is in use. A search is made in what is
 * mapped, or not at all.
 */
static int load(int fd, bool may_map, const struct rawbtf *base, struct search *s,
		struct rawbtf **out)
{
	struct stat st;
	size_t len;
	void *data;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct btf_header))
		return -EINVAL;
	if (st.st_size > MAX_BYTES)
		return -EFBIG;
	len = (size_t)st.st_size;
	if (may_map) {
		data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED)
			return rawbtf_make(
				(struct rawbtf){
					.data = data, .len = len, .is_mapped = true, .base = base },
				s, out);
		if (s)
			return -errno;
	}
	data = malloc(len);
	if (!data)
		arena_exhausted();
	err = read_all(fd, data, len);
	if (err) {
		free(data);
		return err;
	}
	return rawbtf_make((struct rawbtf){ .data = data, .len = len, .base = base }, NULL, out);
}

static int open_path(const char *path, const struct rawbtf *base, struct search *s,
		     struct rawbtf **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	if (fd < 0)
		return -errno;
	err = load(fd, !strcmp(path, KERNEL), base, s, out);
	close(fd);
	return err;
}

int rawbtf_open(const char *path, const struct rawbtf *base, struct rawbtf **out)
{
	return open_path(path, base, NULL, out);
}

int rawbtf_open_kernel_part(struct rawbtf_want *wants, u32 n, struct rawbtf **out)
{
	struct search s = { .wants = wants, .n = n };

	for (u32 i = 0; i < n; i++)
		wants[i].id = 0;
	search_for_rest(&s);
	return open_path(KERNEL, NULL, &s, out);
}

int rawbtf_from_bytes(const void *data, size_t len, const struct rawbtf *base, struct rawbtf **out)
{
	u8 *copy;

	if (len < sizeof(struct btf_header))
		return -EINVAL;
	copy = malloc(len);
	if (!copy)
		arena_exhausted();
	memcpy(copy, data, len);
	return rawbtf_make((struct rawbtf){ .data = copy, .len = len, .base = base }, NULL, out);
}

void rawbtf_free(struct rawbtf *b)
{
	if (!b)
		return;
	free(b->index);
	free(b->hash);
	if (b->is_mapped)
		munmap((void *)(uintptr_t)b->data, b->len);
	else
		free((void *)(uintptr_t)b->data);
	free(b);
}

const struct rawbtf *rawbtf_base(const struct rawbtf *b)
{
	return b->base;
}

u32 rawbtf_first(const struct rawbtf *b)
{
	return b->first;
}

u32 rawbtf_end(const struct rawbtf *b)
{
	return b->first + b->count;
}

const struct btf_type *rawbtf_type(const struct rawbtf *b, u32 id)
{
	const struct btf_type *t;
	u32 i;

	if (b->base && id < b->first)
		return rawbtf_type(b->base, id);
	if (id < b->first || id - b->first >= b->count)
		return NULL;
	i = id - b->first;
	t = type_at(b, b->index[i / INDEX_STRIDE]);
	for (u32 n = i % INDEX_STRIDE; n; n--)
		t = (const void *)((const u8 *)t + type_len(t));
	return t;
}

const char *rawbtf_str(const struct rawbtf *b, u32 offset)
{
	if (b->base && offset < b->strs_first)
		return rawbtf_str(b->base, offset);
	offset -= b->strs_first;
	return offset < b->strs_len ? b->strs + offset : "";
}

const struct btf_type *rawbtf_next(const struct rawbtf *b, struct rawbtf_iter *it)
{
	const struct btf_type *t;

	if (it->pos >= b->types_len)
		return NULL;
	t = type_at(b, it->pos);
	it->pos += type_len(t);
	it->id = it->id ? it->id + 1 : b->first;
	return t;
}

/* Where a name is in the strings: offsets as types give them. */
struct places {
	u32 at[MAX_PLACES];
	u32 n;
};

static void find_places(const struct rawbtf *b, const char *name, struct places *p)
{
	size_t len = strlen(name) + 1;
	const char *s = b->strs, *end = b->strs + b->strs_len;

	if (b->base)
		find_places(b->base, name, p);
	while (p->n < MAX_PLACES && (s = memmem(s, (size_t)(end - s), name, len)) != NULL) {
		if (s == b->strs || !s[-1])
			p->at[p->n++] = b->strs_first + (u32)(s - b->strs);
		s += len;
	}
}

static bool is_place(const struct places *p, u32 offset)
{
	for (u32 i = 0; i < p->n; i++) {
		if (p->at[i] == offset)
			return true;
	}
	return false;
}

static u32 name_hash(const char *s)
{
	u32 h = 2166136261u;

	while (*s)
		h = (h ^ (u8)*s++) * 16777619;
	return h ^ h >> 15;
}

static void hash_build(struct rawbtf *b)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	b->hash_size = 64;
	while (b->hash_size < b->count + b->count / 4)
		b->hash_size *= 2;
	b->hash = calloc(b->hash_size, sizeof(*b->hash));
	if (!b->hash)
		arena_exhausted();
	while ((t = rawbtf_next(b, &it)) != NULL) {
		u32 i;

		if (!t->name_off || !(named_kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info))))
			continue;
		i = name_hash(rawbtf_str(b, t->name_off)) & (b->hash_size - 1);
		while (b->hash[i])
			i = (i + 1) & (b->hash_size - 1);
		b->hash[i] = it.id;
	}
}

static u32 hash_find(const struct rawbtf *b, u32 kinds, const char *name)
{
	u32 i = name_hash(name) & (b->hash_size - 1);

	for (; b->hash[i]; i = (i + 1) & (b->hash_size - 1)) {
		const struct btf_type *t = rawbtf_type(b, b->hash[i]);

		if ((kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info))) &&
		    !strcmp(rawbtf_str(b, t->name_off), name))
			return b->hash[i];
	}
	return 0;
}

u32 rawbtf_find(struct rawbtf *b, u32 kinds, const char *name)
{
	struct rawbtf_iter it = { 0 };
	struct places places = { 0 };
	const struct btf_type *t;

	if (!*name)
		return 0;
	if (!b->hash && b->scans++ >= SCANS_BEFORE_HASH)
		hash_build(b);
	if (b->hash)
		return hash_find(b, kinds, name);
	find_places(b, name, &places);
	while (places.n && (t = rawbtf_next(b, &it)) != NULL) {
		if ((kinds & RAWBTF_KIND(BTF_INFO_KIND(t->info))) && is_place(&places, t->name_off))
			return it.id;
	}
	return 0;
}

u32 rawbtf_find_enumerator(const struct rawbtf *b, const char *name, u32 *index)
{
	struct rawbtf_iter it = { 0 };
	struct places places = { 0 };
	const struct btf_type *t;

	if (*name)
		find_places(b, name, &places);
	while (places.n && (t = rawbtf_next(b, &it)) != NULL) {
		u32 kind = BTF_INFO_KIND(t->info), n = BTF_INFO_VLEN(t->info);
		const struct btf_enum *e = (const void *)(t + 1);
		const struct btf_enum64 *e64 = (const void *)(t + 1);

		if (kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64)
			continue;
		for (u32 i = 0; i < n; i++) {
			u32 off = kind == BTF_KIND_ENUM ? e[i].name_off : e64[i].name_off;

			if (!is_place(&places, off))
				continue;
			*index = i;
			return it.id;
		}
	}
	return 0;
}

const struct btf_type *rawbtf_skip(const struct rawbtf *b, u32 *id, bool *is_const)
{
	const struct btf_type *t = b ? rawbtf_type(b, *id) : NULL;

	for (u32 i = 0; t && i < MAX_SKIPPED; i++) {
		u32 kind = BTF_INFO_KIND(t->info);

		if (kind == BTF_KIND_CONST && is_const)
			*is_const = true;
		if (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_CONST &&
		    kind != BTF_KIND_VOLATILE && kind != BTF_KIND_RESTRICT &&
		    kind != BTF_KIND_TYPE_TAG)
			return t;
		*id = t->type;
		t = rawbtf_type(b, *id);
	}
	return NULL;
}

bool rawbtf_is_number(const struct btf_type *t)
{
	u32 kind = t ? BTF_INFO_KIND(t->info) : 0;

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

bool rawbtf_is_record(const struct btf_type *t)
{
	u32 kind = t ? BTF_INFO_KIND(t->info) : 0;

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}
