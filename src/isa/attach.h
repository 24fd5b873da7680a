/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attach kinds of attach.def: enum attach with ATTACH_TRACEPOINT and so on, and their facts. */
#ifndef ISA_ATTACH_H
#define ISA_ATTACH_H

#include <linux/bpf.h>

#include "base/int.h"

enum attach {
#define ATTACH(id, name, brief, old, type, section) ATTACH_##id,
#include "isa/attach.def"
#undef ATTACH
	ATTACH_COUNT
};

struct attach_info {
	const char *name, *brief, *old;
	enum bpf_prog_type prog_type;
	const char *section;
};
const struct attach_info *attach_info(enum attach kind);
/* By name, short name or old name; -1 if there is none. */
int attach_find(const char *name);

#endif
