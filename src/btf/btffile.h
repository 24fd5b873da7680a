/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF of any file that may have some: the kernel's and its modules' in /sys/kernel/btf, bare BTF, ELF files with a section .BTF
 * (objects, vmlinux, modules).
 */
#ifndef BTF_BTFFILE_H
#define BTF_BTFFILE_H

#include "base/diag.h"
#include "btf/rawbtf.h"

#define BTFFILE_MODULES "/sys/kernel/btf" /* a file each, and the kernel itself */
#define BTFFILE_KERNEL BTFFILE_MODULES "/vmlinux"

struct btffile {
	struct rawbtf *base; /* NULL if it stands by itself */
	struct rawbtf *btf;
};

/*
 * Opens it; base_path is that of the BTF that it continues, NULL: if it continues one that is not in the file itself (.BTF.base),
 * the running kernel's. 0 or -errno, reported.
 */
int btffile_open(struct btffile *f, const char *path, const char *base_path, struct diag *d);
/* The same of bytes, which are copied; what says where they are from. */
int btffile_open_bytes(struct btffile *f, const void *data, size_t len, const char *what,
		       const char *base_path, struct diag *d);
/* What stands by itself, for others to continue. 0 or -errno, reported. */
int btffile_open_base(const char *path, struct rawbtf **out, struct diag *d);
void btffile_close(struct btffile *f);

#endif
