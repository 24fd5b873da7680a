/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of builtin.def and func.def. */
#include "lang/builtin.h"

#include <string.h>

static const struct builtin builtins[] = {
#define BUILTIN(id, name, help) { BUILTIN_##id, name, 0 },
#include "lang/builtin.def"
#undef BUILTIN
};

static const struct func funcs[] = {
#define FUNC(id, name, min, max, form) { FUNC_##id, name, min, max, form },
#include "lang/func.def"
#undef FUNC
};

static const char *const later[] = {
	"assert",        "assert_str",  "container_of",  "default_str_length",
	"dw_ustack",     "fail",        "find",          "globmatch",
	"has_cpid",      "is_array",    "is_err",        "is_integer",
	"is_literal",    "is_ptr",      "is_str",        "is_unsigned_integer",
	"kfunc_allowed", "kfunc_exist", "leader_pid",    "leader_comm",
	"memcmp",        "override",    "path",          "pcomm",
	"percpu_kaddr",  "probetype",   "signal_name",   "signal_thread",
	"skboutput",     "skb_output",  "socket_cookie", "static_assert",
	"str_concat",    "strcap",      "strerror",      "strstr",
	"syscall_name",  "tseries",     "typeinfo",      "typeof",
	"unwatch",       "usermode",    "write_user",
};

/* "arg12" after its prefix: a number without leading zeroes, below 1000. */
static bool builtin_number(const char *s, u32 *out)
{
	u32 v = 0;

	if (!*s || (s[0] == '0' && s[1]) || strlen(s) > 3)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (u32)(*s - '0');
	}
	*out = v;
	return true;
}

const struct builtin *builtin_find(struct arena *a, const char *name)
{
	bool stack = name[0] == 's';
	struct builtin *b;
	u32 number;

	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (builtins[i].id != BUILTIN_ARG && builtins[i].id != BUILTIN_SARG &&
		    !strcmp(builtins[i].name, name))
			return &builtins[i];
	}
	if (strncmp(name + stack, "arg", 3) != 0 || !builtin_number(name + stack + 3, &number))
		return NULL;
	b = arena_new(a, struct builtin);
	*b = (struct builtin){ stack ? BUILTIN_SARG : BUILTIN_ARG, arena_strdup(a, name), number };
	return b;
}

const struct func *func_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++) {
		if (!strcmp(funcs[i].name, name))
			return &funcs[i];
	}
	return NULL;
}

bool builtin_is_later(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		if (!strcmp(later[i], name))
			return true;
	}
	return false;
}

void builtin_nearest(struct nearest *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (builtins[i].id != BUILTIN_ARG && builtins[i].id != BUILTIN_SARG)
			nearest_try(n, builtins[i].name);
	}
}

void func_nearest(struct nearest *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++)
		nearest_try(n, funcs[i].name);
}
