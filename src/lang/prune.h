/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops what a mistake left incomplete, so that the rest of a broken script can be checked. */
#ifndef LANG_PRUNE_H
#define LANG_PRUNE_H

#include "lang/ast.h"

/* Statements with a part missing go, and clauses without a probe or a body. */
void prune_script(struct script_ast *ast);

#endif
