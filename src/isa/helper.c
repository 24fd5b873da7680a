/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One array, indexed by number. */
#include "isa/helper.h"

static const char *const helper_names[] = {
#define HELPER(number, name) [number] = "bpf_" #name,
#include "isa/helper.def"
#undef HELPER
};

const char *helper_name(u32 number)
{
	return number < ARRAY_SIZE(helper_names) ? helper_names[number] : NULL;
}
