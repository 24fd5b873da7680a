/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names and functions of the language by name: builtin.def, func.def, and what is not there yet. */
#ifndef LANG_BUILTIN_H
#define LANG_BUILTIN_H

#include "base/text.h"
#include "lang/lang.h"

/* NULL if there is none. "arg3" and "sarg3" are made in the arena. */
const struct builtin *builtin_find(struct arena *a, const char *name);
const struct func *func_find(const char *name);
/* Names and functions of the language that are known but not supported so far. */
bool builtin_is_later(const char *name);

void builtin_nearest(struct nearest *n);
void func_nearest(struct nearest *n);

#endif
