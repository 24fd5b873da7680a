/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of helper.def and helper_arg.def as arrays; the forms of other programs in one more. */
#include "isa/helper.h"

#include <string.h>

#include "isa/prog_type.h"

/* The words of the tables' columns. */
#define OR_NULL HELPER_ARG_OR_NULL
#define OR_ZERO HELPER_ARG_OR_ZERO
#define READ HELPER_ARG_READ
#define WRITE HELPER_ARG_WRITE
#define UNINIT HELPER_ARG_UNINIT
#define RELEASED HELPER_ARG_RELEASED
#define ALIGNED HELPER_ARG_ALIGNED
#define LOCAL HELPER_ARG_LOCAL
#define RINGBUF HELPER_ARG_RINGBUF
#define GPL HELPER_GPL
#define BPF HELPER_BPF
#define PERFMON HELPER_PERFMON
#define SLEEPS HELPER_SLEEPS
#define PACKET HELPER_PACKET
#define CHANGES_PACKET HELPER_CHANGES_PACKET
#define ACQUIRES HELPER_ACQUIRES
#define RELEASES HELPER_RELEASES
#define CASTS HELPER_CASTS
#define FASTCALL HELPER_FASTCALL
#define IN_MACHINE HELPER_IN_MACHINE
#define NOT 0

enum arg_id {
#define HELPER_ARG(id, kind, flags, bytes, type, text) ARG_##id,
#include "isa/helper_arg.def"
	ARG_COUNT
};

static const struct helper_arg arg_kinds[ARG_COUNT] = {
#define HELPER_ARG(id, kind, flags, bytes, type, text)                                             \
	[ARG_##id] = { HELPER_KIND_##kind, flags, bytes, type, text },
#include "isa/helper_arg.def"
};

enum result_id {
#define HELPER_RESULT(id, kind, or_null, type, text) RESULT_##id,
#include "isa/helper_arg.def"
	RESULT_COUNT
};

static const struct helper_arg results[RESULT_COUNT] = {
#define HELPER_RESULT(id, kind, or_null, type, text)                                               \
	[RESULT_##id] = { HELPER_KIND_##kind, (or_null) ? OR_NULL : 0, 0, type, text },
#include "isa/helper_arg.def"
};

#define ROW(number, name, result, a1, a2, a3, a4, a5, progs, flags)                                \
	{                                                                                          \
		"bpf_" #name, number, flags, progs, &results[RESULT_##result],                     \
		{                                                                                  \
			&arg_kinds[ARG_##a1], &arg_kinds[ARG_##a2], &arg_kinds[ARG_##a3],          \
				&arg_kinds[ARG_##a4], &arg_kinds[ARG_##a5]                         \
		}                                                                                  \
	}

static const struct helper_info helpers[HELPER_NUMBERS] = {
#define HELPER(number, name, result, a1, a2, a3, a4, a5, progs, flags, machine)                    \
	[number] = ROW(number, name, result, a1, a2, a3, a4, a5, progs, (flags) | (machine)),
#include "isa/helper.def"
};

static const struct helper_info variants[] = {
#define HELPER_VARIANT(number, name, result, a1, a2, a3, a4, a5, progs, flags)                     \
	ROW(number, name, result, a1, a2, a3, a4, a5, progs, flags),
#include "isa/helper.def"
};

static const struct helper_attaches {
	enum helper_number helper;
	enum prog_type prog;
	s32 attach;
} attaches[] = {
/* A type that shares another one's helpers but is never attached so. */
#define AT_NEVER (-2)
#define HELPER_ATTACHES(name, prog, attach) { HELPER_##name, PROG_##prog, AT_##attach },
#include "isa/helper.def"
};

const struct helper_info *helper_info(u32 number)
{
	return number < HELPER_NUMBERS && helpers[number].name ? &helpers[number] : NULL;
}

const char *helper_name(u32 number)
{
	const struct helper_info *h = helper_info(number);

	return h ? h->name : NULL;
}

u32 helper_find(const char *name)
{
	if (!strncmp(name, "bpf_", 4))
		name += 4;
	for (u32 i = 0; i < HELPER_NUMBERS; i++) {
		if (helpers[i].name && !strcmp(helpers[i].name + 4, name))
			return i;
	}
	return 0;
}

const struct helper_info *helper_info_for(u32 number, u32 prog_type)
{
	const struct helper_info *h = helper_info(number);
	u64 prog = prog_type < PROG_TYPES ? 1ull << prog_type : 0;

	if (!h || h->progs & prog)
		return h;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (variants[i].number == number && variants[i].progs & prog)
			return &variants[i];
	}
	return NULL;
}

u64 helper_progs(u32 number)
{
	const struct helper_info *h = helper_info(number);
	u64 progs = h ? h->progs : 0;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (variants[i].number == number)
			progs |= variants[i].progs;
	}
	return progs;
}

bool helper_attaches(u32 number, u32 prog_type, u32 attach)
{
	bool is_limited = false;

	for (size_t i = 0; i < ARRAY_SIZE(attaches); i++) {
		const struct helper_attaches *a = &attaches[i];

		if (a->helper != number || a->prog != prog_type)
			continue;
		if (a->attach >= 0 && (u32)a->attach == attach)
			return true;
		is_limited = true;
	}
	return !is_limited;
}
