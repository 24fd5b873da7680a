/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a script shows addresses of processes' code, which have to be looked up in their mappings. */
#ifndef SESSION_USERCODE_H
#define SESSION_USERCODE_H

#include "object/script.h"

bool usercode_is_shown(const struct script *s);

#endif
