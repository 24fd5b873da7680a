/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of an ELF file by name, with the file offsets that uprobes are set by. */
#ifndef PROBE_ELF_SYMBOLS_H
#define PROBE_ELF_SYMBOLS_H

#include "base/int.h"

struct elf_symbol {
	const char *name; /* without its version ("@GLIBC_2.2.5"); valid during the call only */
	u64 address, size;
	u64 offset; /* in the file */
	bool is_ifunc; /* the code is of the function that picks the real one when the program starts */
};

struct elf_symbols;

/* NULL, with a reason in *why, if the file cannot be read or has no code to probe. */
struct elf_symbols *elf_symbols_open(const char *path, const char **why);
void elf_symbols_close(struct elf_symbols *e);

/* Calls fn for each function in executable code, of .symtab and .dynsym (some are in both) or of the
 * separate debug file, until it returns false. */
void elf_symbols_each(struct elf_symbols *e, bool (*fn)(void *arg, const struct elf_symbol *s),
		      void *arg);
/* The function or variable of a name; its file offset is that of code only, its name NULL. false if there is
 * none. */
bool elf_symbols_find(struct elf_symbols *e, const char *name, struct elf_symbol *out);
/* The file offset of an address in executable code; false if it is none. */
bool elf_symbols_offset(const struct elf_symbols *e, u64 address, u64 *offset);

#endif
