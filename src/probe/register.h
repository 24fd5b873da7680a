/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a program's context keeps the registers that carry arguments and return values: register.def. */
#ifndef PROBE_REGISTER_H
#define PROBE_REGISTER_H

#include "base/int.h"

#define REGISTER_ARGS 6 /* argument registers that scripts may name: arg0 to arg5 */

int register_argument(u32 n); /* context offset of argument n; -1 if it is in no register */
u32 register_return(void);    /* context offset of the return value */

#endif
