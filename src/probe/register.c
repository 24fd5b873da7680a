/* SPDX-License-Identifier: GPL-2.0-or-later */
/* register.def as tables, and the questions of probe.h about registers. */
#include "probe/register.h"

#include <string.h>

#include "probe/probe.h"

static const struct {
	const char *name, *other;
	int offset;
} registers[] = {
#define REGISTER(name, other, offset) { name, other, offset },
#define ARGUMENT(offset)
#define RETURN(offset)
#include "probe/register.def"
#undef REGISTER
#undef ARGUMENT
#undef RETURN
};

static const int arguments[] = {
#define REGISTER(name, other, offset)
#define ARGUMENT(offset) offset,
#define RETURN(offset)
#include "probe/register.def"
#undef REGISTER
#undef ARGUMENT
#undef RETURN
};
_Static_assert(ARRAY_SIZE(arguments) == REGISTER_ARGS, "arg0 to arg5");

static const u32 return_value =
#define REGISTER(name, other, offset)
#define ARGUMENT(offset)
#define RETURN(offset) offset;
#include "probe/register.def"
#undef REGISTER
#undef ARGUMENT
#undef RETURN

	int register_argument(u32 n)
{
	return n < ARRAY_SIZE(arguments) ? arguments[n] : -1;
}

u32 register_return(void)
{
	return return_value;
}

int probe_register_offset(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (!strcmp(name, registers[i].name) ||
		    (*name && !strcmp(name, registers[i].other)))
			return registers[i].offset;
	}
	return -1;
}

void probe_each_register(void (*fn)(void *arg, const char *name), void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		fn(arg, registers[i].name);
}

/* Arguments of raw tracepoints and trampolines, at most: the kernel's own limit for both. */
enum { SLOTS_MAX = 12 };

int probe_argn_offset(enum attach kind, u32 n)
{
	switch (kind) {
	case ATTACH_KPROBE:
	case ATTACH_UPROBE:
		return register_argument(n);
	case ATTACH_RAWTRACEPOINT:
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
		return n < SLOTS_MAX ? (int)(n * 8) : -1;
	default:
		return -1;
	}
}
