/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How skep disasm shows a program, as text or as a line of JSON. */
#ifndef CMD_DISASM_PRINT_H
#define CMD_DISASM_PRINT_H

#include "base/out.h"
#include "cmd/disasm/native.h"
#include "cmd/listing.h"
#include "machine/code.h"

struct disasm_view {
	struct listing listing;
	bool no_source, bytes;
	const struct code *code;           /* what was compiled, NULL: nothing was asked for */
	const struct native_code *natives; /* its instructions; NULL: bytes only */
};

void disasm_print(struct out *o, const struct disasm_view *v);

#endif
