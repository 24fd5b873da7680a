/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From clauses to programs: u->programs and c->info, each with a copy of the clause and its targets. */
#ifndef LANG_EXPAND_H
#define LANG_EXPAND_H

#include "lang/check.h"

void expand_programs(struct check *c, struct clause *clauses);

#endif
