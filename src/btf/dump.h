/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF as a C header that compiles: each type behind those that it needs, pointers led by forward declarations where that will do,
 * every member at the place that BTF gives it.
 *
 *	struct dump *d = dump_new(btf, out, diag);
 *	dump_begin(d);
 *	err = dump_all(d);      // or dump_root() for some of them, then dump_follow()
 *	dump_end(d);
 *	dump_free(d);
 *
 * C knows one name for one thing: types and enumerators that share a name get ___2, ___3 and so on. Anonymous types are written
 * where they are used. BTF may refer to anything: what has no form in C (a struct that contains itself, a reference to no type)
 * is reported, and what is written is bounded by the size of the BTF.
 */
#ifndef BTF_DUMP_H
#define BTF_DUMP_H

#include "base/diag.h"
#include "base/out.h"
#include "btf/rawbtf.h"

struct dump;

/* All must outlive it. */
struct dump *dump_new(const struct rawbtf *b, struct out *out, struct diag *diag);
void dump_free(struct dump *d);

/* What a header begins and ends with: a guard, and that clang is to note what fields programs for BPF use. */
void dump_begin(struct dump *d);
void dump_end(struct dump *d);

/* All types that are its own, not its base's, with what they need. 0 or -EINVAL, reported. */
int dump_all(struct dump *d);
/* A type with what it needs; a function, which is declared, with what its prototype needs. 0 or -EINVAL, reported. */
int dump_root(struct dump *d, u32 id);
/* Defines what pointers in the types so far lead to, and again, steps times. 0 or -EINVAL, reported. */
int dump_follow(struct dump *d, u32 steps);
/* Declares all functions of the kernel's that programs may call, with what their prototypes need. 0 or -EINVAL, reported. */
int dump_kfuncs(struct dump *d);

/*
 * The declaration of a name with a type in one line ("int (*fn)(struct foo *)"), of a type alone if the name is "". Valid until the
 * next call; NULL if it has none, reported.
 */
const char *dump_declare(struct dump *d, u32 id, const char *name);

#endif
