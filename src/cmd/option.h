/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that scripts, BPF C and objects have alike: what is given with them. 0 or -EINVAL with a message; out stays as it is then. */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include "base/diag.h"
#include "base/out.h"

/* -p: a process that there is. */
int option_take_pid(const char *value, u32 *out, struct diag *d);
/* -f text|json */
int option_take_format(const char *value, bool *is_json, struct diag *d);
/* -B line|full|none */
int option_take_buffer(const char *value, enum out_flush_mode *out, struct diag *d);

#endif
