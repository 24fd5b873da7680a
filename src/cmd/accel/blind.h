/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does not see redirected data (net/blind.h), in all network namespaces, as connections between these are redirected, too. */
#ifndef CMD_ACCEL_BLIND_H
#define CMD_ACCEL_BLIND_H

#include "net/blind.h"

#define ACCEL_BLIND_MAX_SPACES 256 /* that are looked into */

/* As blind_find(); of other namespaces the text says which. */
void accel_blind_find(const char *cgroup, struct arena *a, blind_list *out);

#endif
