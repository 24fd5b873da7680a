/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script compiled and loaded into the kernel, to be run with numbers in its scalar maps:
 *
 *	struct gen_script s;
 *	if (gen_script_load(&s, "BEGIN { @r = @a + 1 } END { @a = 0 }")) ...
 *	gen_script_set(&s, "@a", 41);
 *	gen_script_run(&s);
 *	gen_script_get(&s, "@r") // 42
 */
#ifndef UNIT_GEN_SCRIPT_H
#define UNIT_GEN_SCRIPT_H

#include "cmd/compile.h"

struct gen_script {
	struct arena arena;
	struct diag diag;
	struct lang_options lang;
	struct compiled compiled;
	void *engine;
	u8 *bss;
	size_t bss_size;
};

/* 0 or -errno; what went wrong is printed unless BPF is not to be had: then ask gen_script_allowed(). Free it in any case. */
int gen_script_load(struct gen_script *s, const char *text);
void gen_script_done(struct gen_script *s);
bool gen_script_allowed(void);

/* A scalar map of 8 bytes; a name that is none fails the test. */
void gen_script_set(struct gen_script *s, const char *name, u64 value);
u64 gen_script_get(const struct gen_script *s, const char *name);
void gen_script_run(struct gen_script *s); /* the first program, once */

#endif
