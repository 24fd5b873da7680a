/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Linux has brought what, from since.def: to tell why a kernel lacks something, never whether it does. */
#ifndef ISA_SINCE_H
#define ISA_SINCE_H

#include "base/int.h"

struct since {
	u32 number; /* of what it is about */
	u8 major, minor;
	const char *config; /* "BPF_LSM": the option, without CONFIG_; "" if it needs none */
};

/* Each by its number; NULL for what the table does not have. */
const struct since *since_prog(u32 type);
const struct since *since_map(u32 type);
const struct since *since_attach(u32 attach);
/* The version of a helper; config is "" there. */
const struct since *since_helper(u32 number);
/* The option that a helper needs beyond what its programs do; "" if none. */
const char *since_helper_config(u32 number);
/* Whether Linux after 6.12 lets programs of more types call it. */
bool since_helper_widened(u32 number);

#endif
