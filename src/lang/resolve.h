/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives each name of a program its meaning, once: variables by scope, maps, builtins, functions, enumerators,
 * parameters. What it cannot name it reports and leaves as it is.
 */
#ifndef LANG_RESOLVE_H
#define LANG_RESOLVE_H

#include "lang/check.h"

void resolve_program(struct check *c, struct program *p);
/* The map of this name, made at its first use. */
struct check_map *resolve_map(struct check *c, const char *name, struct loc loc);

#endif
