/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of code as symbols: one by one, and as stacks. */
#ifndef SESSION_STACK_H
#define SESSION_STACK_H

#include "session/value.h"

/* "name", or "name+offset"; the address in hex where no symbol is known. */
void stack_ksym(struct values *v, struct buf *b, u64 address, bool with_offset);
/* Likewise without offset for the 16 bytes of a TYPE_USYM. */
void stack_usym(struct values *v, struct buf *b, const u8 *p);
/* A TYPE_KSTACK or TYPE_USTACK: a line break, then a line a frame, in the form of the type's stack_mode. */
void stack_text(struct values *v, struct buf *b, const struct type *t, const u8 *p);

#endif
