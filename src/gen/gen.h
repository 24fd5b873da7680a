/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From typed programs to a BPF object:
 *
 *	typed AST -> lower -> IR -> clean -> register allocation -> emit -> object + script section
 */
#ifndef GEN_GEN_H
#define GEN_GEN_H

#include "lang/lang.h"
#include "object/object.h"
#include "object/script.h"

struct gen_options {
	bool core;           /* the object is to be saved: write CO-RE relocations */
	struct buf *dump_ir; /* -d ir: gets each function's IR; NULL if not wanted */
	const char *source_name, *source;
};

/* Fills in object (object_init'ed) and script (script_init'ed). 0 or -EINVAL with messages in d. */
int gen_unit(const struct unit *u, const struct gen_options *opts, struct object *object,
	     struct script *script, struct diag *d);

#endif
