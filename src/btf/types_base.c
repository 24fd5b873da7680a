/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of integer types that need no BTF, since they mean the same on every 64-bit Linux. */
#include <string.h>

#include "btf/types_impl.h"

static const struct {
	const char *name;
	const struct type *type;
} named[] = {
	{ "void", &type_none },     { "bool", &type_bool },     { "_Bool", &type_bool },
	{ "int8", &type_s8 },       { "int16", &type_s16 },     { "int32", &type_s32 },
	{ "int64", &type_s64 },     { "uint8", &type_u8 },      { "uint16", &type_u16 },
	{ "uint32", &type_u32 },    { "uint64", &type_u64 },    { "int8_t", &type_s8 },
	{ "int16_t", &type_s16 },   { "int32_t", &type_s32 },   { "int64_t", &type_s64 },
	{ "uint8_t", &type_u8 },    { "uint16_t", &type_u16 },  { "uint32_t", &type_u32 },
	{ "uint64_t", &type_u64 },  { "s8", &type_s8 },         { "s16", &type_s16 },
	{ "s32", &type_s32 },       { "s64", &type_s64 },       { "u8", &type_u8 },
	{ "u16", &type_u16 },       { "u32", &type_u32 },       { "u64", &type_u64 },
	{ "__s8", &type_s8 },       { "__s16", &type_s16 },     { "__s32", &type_s32 },
	{ "__s64", &type_s64 },     { "__u8", &type_u8 },       { "__u16", &type_u16 },
	{ "__u32", &type_u32 },     { "__u64", &type_u64 },     { "__le16", &type_u16 },
	{ "__le32", &type_u32 },    { "__le64", &type_u64 },    { "__be16", &type_u16 },
	{ "__be32", &type_u32 },    { "__be64", &type_u64 },    { "size_t", &type_u64 },
	{ "ssize_t", &type_s64 },   { "ptrdiff_t", &type_s64 }, { "intptr_t", &type_s64 },
	{ "uintptr_t", &type_u64 }, { "off_t", &type_s64 },     { "loff_t", &type_s64 },
	{ "pid_t", &type_s32 },     { "uid_t", &type_u32 },     { "gid_t", &type_u32 },
	{ "uint", &type_u32 },      { "ulong", &type_u64 },     { "ushort", &type_u16 },
};

enum word { WORD_SIGNED, WORD_UNSIGNED, WORD_CHAR, WORD_SHORT, WORD_INT, WORD_LONG, WORD_COUNT };
static const char *const words[WORD_COUNT] = {
	"signed", "unsigned", "char", "short", "int", "long",
};

/* Counts the words of C's own integer types, in whatever order; false if there is another. */
static bool count_words(const char *s, u32 *counts)
{
	bool any = false;

	for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
		size_t n = strcspn(s, " \t"), i = 0;

		while (i < WORD_COUNT && (strlen(words[i]) != n || memcmp(words[i], s, n) != 0))
			i++;
		if (i == WORD_COUNT || counts[i] > 1)
			return false;
		counts[i]++;
		s += n;
		any = true;
	}
	return any;
}

static const struct type *spelled_out(const char *name)
{
	u32 n[WORD_COUNT] = { 0 };
	bool is_signed;

	if (!count_words(name, n))
		return NULL;
	is_signed = !n[WORD_UNSIGNED];
	if (n[WORD_SIGNED] + n[WORD_UNSIGNED] > 1 || n[WORD_INT] > 1)
		return NULL;
	if (n[WORD_CHAR] + n[WORD_SHORT] + (n[WORD_LONG] != 0) > 1 || n[WORD_CHAR] > 1 ||
	    n[WORD_SHORT] > 1)
		return NULL;
	if (n[WORD_CHAR])
		return n[WORD_INT] ? NULL : type_int(1, is_signed);
	return type_int(n[WORD_SHORT] ? 2 : n[WORD_LONG] ? 8 : 4, is_signed);
}

const struct type *types_base_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (!strcmp(named[i].name, name))
			return named[i].type;
	}
	return spelled_out(name);
}
