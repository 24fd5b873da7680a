/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a script, or an object made of one before, to the bytes that an engine opens. */
#ifndef CMD_COMPILE_H
#define CMD_COMPILE_H

#include "base/buf.h"
#include "base/diag.h"
#include "lang/lang.h"
#include "object/script.h"

/* Which stage of the compiler to show instead of running; -d. */
enum stage { STAGE_NONE, STAGE_TOKENS, STAGE_AST, STAGE_IR, STAGE_BPF };
/* -1 for a name that is none; names are "tokens", "ast", "ir", "bpf". */
int stage_find(const char *name);

struct compile_input {
	const char *name; /* of the source: "-e" or a path */
	const char *text;
	size_t len;
	const struct lang_options *lang;
	u32 pid;       /* -p or the child's: for uprobes by library name */
	bool portable; /* write CO-RE relocations: the object is to be saved */
	enum stage stage;
};

struct compiled {
	struct script script;
	struct buf elf;  /* to be freed with buf_done() */
	struct buf dump; /* what the stage asked for says; likewise */
};

/* 0 or -errno with all messages in d, whose source is set to the input. Types live in the arena. */
int compile_script(struct arena *arena, const struct compile_input *in, struct compiled *out,
		   struct diag *d);
/* An object's script section instead. The bytes are copied. */
int compile_load(struct arena *arena, const void *elf, size_t len, struct compiled *out,
		 struct diag *d);
void compiled_done(struct compiled *c);

/* Reads a script or object. malloc'ed; NULL with a message in d. */
char *compile_read(const char *path, size_t *len, struct diag *d);
bool compile_is_object(const char *data, size_t len);

#endif
