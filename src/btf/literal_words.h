/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as words of a command line, in all ways that people write them:
 *
 *	0x01 0 0 0  |  1 0 0 0		bytes, a word for each
 *	hex 01 00 00 00  |  hex 01000000
 *	["0x01","0x00","0x00","0x00"]	bytes in JSON
 *	{ .pid = 1 }  |  {"pid": 1}  |  7  |  10.0.0.1
 *					what btf/literal.h reads; without a type numbers of up to 8 bytes, and addresses
 */
#ifndef BTF_LITERAL_WORDS_H
#define BTF_LITERAL_WORDS_H

#include "base/diag.h"
#include "btf/rawbtf.h"

#define LITERAL_WORDS_MAX (1u << 20) /* bytes of text in all */

/*
 * what: "key", which becomes the name of the source that errors have their places in; b NULL: no type is known. size: of out and
 * mask (which may be NULL); in the mask are bits of what was named. 0 or -EINVAL, reported.
 */
int literal_words(struct diag *d, const char *what, const struct rawbtf *b, u32 type,
		  char *const *words, u32 n, void *out, void *mask, u32 size);

#endif
