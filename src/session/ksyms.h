/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's functions by address, modules' included, from /proc/kallsyms. */
#ifndef SESSION_KSYMS_H
#define SESSION_KSYMS_H

#include "base/int.h"

struct ksyms;

/* Reads a file in the form of /proc/kallsyms; never NULL: without rights to see addresses it knows nothing. */
struct ksyms *ksyms_new(const char *path);
void ksyms_free(struct ksyms *k);
/* The function that an address lies in, NULL if there is none; *offset from its beginning. */
const char *ksyms_find(const struct ksyms *k, u64 address, u64 *offset);
/* The module of the function that an address lies in; "": it is the kernel's own, or there is none. */
const char *ksyms_module(const struct ksyms *k, u64 address);
/* The address of the first function of this name; 0 if there is none. */
u64 ksyms_address(const struct ksyms *k, const char *name);

#endif
