/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The declarations in tracefs format files, which are C only by and large:
 *
 *	[__data_loc | __rel_loc] words... [*...] name [ "[" anything "]" ]
 *	[__data_loc | __rel_loc] words... "[]" name
 *
 * The kernel prints what its source says, so a typedef may be unknown and a length may be a macro's name.
 * The size beside it is a number and right: it decides. BTF is never asked, so that a script with only
 * tracepoints does without.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "btf/types_impl.h"

enum { DECL_MAX = 256, DECL_SIZE_MAX = 65536 /* an event is smaller than this */ };

/* A declaration taken apart. */
struct decl {
	char words[DECL_MAX]; /* of the base type, one space between them */
	char name[DECL_MAX];
	u32 tag; /* 's', 'u', 'e' for struct, union, enum; 0 */
	u32 pointers;
	u32 user_pointers; /* bit n: pointer n, the first being 0, is to user memory */
	bool user_next;    /* __user was seen: it is about the pointer that follows */
	bool is_array;
	bool is_data_loc, is_rel_loc;
	u32 count; /* of the array, 0 if it is not a number */
};

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(word, list[i]))
			return true;
	}
	return false;
}

/* The word before is not the name: it belongs to the type. */
static int add_word(struct decl *d)
{
	size_t len = strlen(d->words), more = strlen(d->name);

	if (len + more + 2 > sizeof(d->words))
		return -EINVAL;
	if (len)
		d->words[len++] = ' ';
	memcpy(d->words + len, d->name, more + 1);
	d->name[0] = '\0';
	return 0;
}

/* A word: a qualifier, a tag's keyword, a part of the type, or the name, which is known by being last. */
static int take_word(struct decl *d, const char *word)
{
	static const char *const ignored[] = { "const",      "volatile", "restrict",
					       "__restrict", "__force",  "__rcu",
					       "__percpu",   "__iomem",  "__kernel" };
	static const char *const tags[] = { "struct", "union", "enum" };

	if (is_one_of(word, ignored, ARRAY_SIZE(ignored)))
		return 0;
	if (!strcmp(word, "__user")) {
		d->user_next = true;
		return 0;
	}
	if (!strcmp(word, "__data_loc") || !strcmp(word, "__rel_loc")) {
		d->is_rel_loc = word[2] == 'r';
		d->is_data_loc = true;
		return 0;
	}
	if (is_one_of(word, tags, ARRAY_SIZE(tags))) {
		if (d->tag || d->words[0] || d->name[0] || d->pointers)
			return -EINVAL;
		d->tag = (u8)word[0];
		return 0;
	}
	if (d->name[0] && (d->pointers || add_word(d)))
		return -EINVAL;
	memcpy(d->name, word, strlen(word) + 1);
	return 0;
}

static int take_star(struct decl *d)
{
	if (d->name[0] && add_word(d))
		return -EINVAL;
	if (!d->words[0] || d->is_array || d->pointers == 31)
		return -EINVAL;
	d->user_pointers |= (u32)d->user_next << d->pointers++;
	d->user_next = false;
	return 0;
}

/* "[6]", "[]", "[MAX + 1]"; several are one array of them all. s is behind the bracket. */
static int take_array(struct decl *d, const char **s)
{
	char text[DECL_MAX];
	size_t n = strcspn(*s, "]");
	u64 count;

	if (!(*s)[n] || n >= sizeof(text) || (!d->name[0] && !d->words[0]))
		return -EINVAL;
	memcpy(text, *s, n);
	text[n] = '\0';
	*s += n + 1;
	d->count =
		!d->is_array && text_u64(text, &count) && count <= DECL_SIZE_MAX ? (u32)count : 0;
	d->is_array = true;
	return 0;
}

/* __attribute__((btf_type_tag("user"))) is what __user is to some compilers. s is behind the word. */
static int take_attribute(struct decl *d, const char **s)
{
	const char *p = *s + strspn(*s, " \t"), *start = p;
	u32 open = 0;

	do {
		open += *p == '(';
		open -= *p == ')';
		if (!*p)
			return -EINVAL;
		p++;
	} while (open);
	if (memmem(start, (size_t)(p - start), "\"user\"", 6))
		d->user_next = true;
	*s = p;
	return 0;
}

static int take_apart(struct decl *d, const char *s)
{
	int err = 0;

	for (s += strspn(s, " \t"); *s && !err; s += strspn(s, " \t")) {
		char word[DECL_MAX];
		size_t n = 0;

		if (*s == '*') {
			s++;
			err = take_star(d);
			continue;
		}
		if (*s == '[') {
			s++;
			err = take_array(d, &s);
			continue;
		}
		while (is_word_char(s[n]) && n < sizeof(word) - 1)
			n++;
		/* Parentheses are function pointers', which say nothing that we could use. */
		if (!n || is_word_char(s[n]))
			return -EINVAL;
		memcpy(word, s, n);
		word[n] = '\0';
		s += n;
		err = strcmp(word, "__attribute__") ? take_word(d, word) : take_attribute(d, &s);
	}
	if (err || !d->words[0] || !d->name[0] || (d->tag && strchr(d->words, ' ')))
		return -EINVAL;
	return 0;
}

/* What size bytes are when nothing else is known of them. */
static const struct type *by_size(struct types *t, u32 size, bool is_signed)
{
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(size, is_signed);
	return type_array(t->arena, &type_u8, size);
}

static const struct type *tagged(struct types *t, const struct decl *d, u32 size, bool is_signed)
{
	struct type *type = type_new(t->arena, d->tag == 'e' ? TYPE_ENUM : TYPE_RECORD, size);

	type->name = arena_strdup(t->arena, d->words);
	type->is_union = d->tag == 'u';
	type->is_signed = d->tag == 'e' && is_signed;
	return type;
}

/* The type before stars and brackets; NULL if its name says nothing. char is signed, as in scripts. */
static const struct type *base_type(struct types *t, const struct decl *d, u32 size, bool is_signed)
{
	const struct type *own;

	if (d->tag)
		return tagged(t, d, size, is_signed);
	own = table_get_str(&t->typedefs, d->words);
	return own ? own : types_base_find(d->words);
}

static const struct type *pointer_type(struct types *t, const struct decl *d)
{
	const struct type *type = base_type(t, d, 0, false);

	if (!type)
		type = &type_none;
	for (u32 i = 0; i < d->pointers; i++)
		type = type_ptr(t->arena, type,
				d->user_pointers >> i & 1 ? SPACE_USER : SPACE_KERNEL);
	return type;
}

/* The element of an array whose whole size is known, and may contradict what the name says. */
static const struct type *element_type(struct types *t, const struct decl *d, u32 size,
				       bool is_signed)
{
	u32 each = d->count && size % d->count == 0 ? size / d->count : 0;
	const struct type *type;

	type = d->pointers ? pointer_type(t, d) : base_type(t, d, each, is_signed);
	if (type && type->size && (each ? type->size == each : size % type->size == 0))
		return type;
	return each == 2 || each == 4 || each == 8 ? type_int(each, is_signed) : &type_u8;
}

static const struct type *data_loc_type(struct types *t, const struct decl *d)
{
	const struct type *type = d->pointers ? pointer_type(t, d) : base_type(t, d, 0, false);

	return type_array(t->arena, type && type->size ? type : &type_u8, 0);
}

static const struct type *decl_type(struct types *t, const struct decl *d, u32 size, bool is_signed)
{
	const struct type *type;

	if (d->is_data_loc)
		return data_loc_type(t, d);
	if (d->is_array) {
		type = element_type(t, d, size, is_signed);
		return type_array(t->arena, type, size / type->size);
	}
	type = d->pointers ? pointer_type(t, d) : base_type(t, d, size, is_signed);
	if (!type || type->size != size || (type->kind == TYPE_ENUM && size > 8))
		return by_size(t, size, is_signed);
	/* The line knows the sign, except that of plain char. */
	if (type->kind == TYPE_INT && strcmp(d->words, "char") != 0)
		return type_int(size, is_signed);
	return type;
}

int types_parse_field(struct types *t, const char *decl, u32 size, bool is_signed,
		      struct field *out)
{
	struct decl d = { 0 };

	if (size > DECL_SIZE_MAX || take_apart(&d, decl))
		return -EINVAL;
	if (d.is_data_loc && size != 4)
		return -EINVAL;
	*out = (struct field){
		.name = arena_strdup(t->arena, d.name),
		.type = decl_type(t, &d, size, is_signed),
		.is_data_loc = d.is_data_loc,
		.is_rel_loc = d.is_rel_loc,
	};
	return 0;
}
