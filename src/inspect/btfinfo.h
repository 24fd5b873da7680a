/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF that was loaded with programs and maps, and the kernel's and its modules', as the kernel gives it back. */
#ifndef INSPECT_BTFINFO_H
#define INSPECT_BTFINFO_H

#include "btf/rawbtf.h"

#define BTFINFO_MAX_BYTES (256u << 20)

/* The BTF object with an id; base: the kernel's, needed if it is a module's, else NULL. 0 or -errno. */
int btfinfo_open(u32 id, const struct rawbtf *base, struct rawbtf **out);
/* The same from a descriptor. */
int btfinfo_open_fd(int fd, const struct rawbtf *base, struct rawbtf **out);

#endif
