/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a loader without CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN may not do, though it be safe. To one with privilege all of these say
 * true.
 */
#ifndef VERIFY_PRIVILEGE_H
#define VERIFY_PRIVILEGE_H

#include "isa/ctx.h"
#include "isa/helper.h"
#include "verify/engine.h"

/* Of the program as a whole, before it is walked: its type and size, calls of functions, loops. */
bool privilege_program(struct engine *e);
/* A map that the program names. */
bool privilege_map(struct engine *e, u32 map);
bool privilege_helper(struct engine *e, const struct helper_info *info);
bool privilege_field(struct engine *e, const struct ctx_field *f, bool is_write);
/* That what is in r gets where others see it, if it is no address; where: "is written into the packet". */
bool privilege_shows(struct engine *e, u32 r, const char *where);

#endif
