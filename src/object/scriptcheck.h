/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what a decoded script says holds together: the second half of script_decode(). */
#ifndef OBJECT_SCRIPTCHECK_H
#define OBJECT_SCRIPTCHECK_H

#include "object/script.h"

/*
 * Indices, places in records and in the source, texts that must be there. 0 or -EINVAL with a
 * message.
 */
int script_check(const struct script *s, struct diag *d);

#endif
