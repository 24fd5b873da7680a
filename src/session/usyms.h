/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User addresses as symbols: which file is mapped there, and which function of that file it is (.symtab and
 * .dynsym of the file or of its debug file). Files are read once for all processes.
 */
#ifndef SESSION_USYMS_H
#define SESSION_USYMS_H

#include "base/int.h"

struct usyms;

struct usym {
	const char *name; /* owned by the usyms */
	const char *path; /* of the mapped file */
	u64 offset;       /* from the symbol's beginning */
};

struct usyms *usyms_new(void);
void usyms_free(struct usyms *u);
/* false if nothing is known about the address. A process that is gone is known only if it was asked about
 * or watched before, or told about. */
bool usyms_find(struct usyms *u, u32 pid, u64 address, struct usym *out);
/* Takes down what is mapped in a process now, so that its symbols can be found after its end. */
void usyms_watch(struct usyms *u, u32 pid);
/* From now on the kernel tells what any process maps. A descriptor, readable when usyms_update should be called;
 * -1 where the kernel does not allow that. */
int usyms_listen(struct usyms *u);
void usyms_update(struct usyms *u);

#endif
