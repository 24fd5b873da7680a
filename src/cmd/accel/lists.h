/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings that accel was turned on with, read back from its maps. */
#ifndef CMD_ACCEL_LISTS_H
#define CMD_ACCEL_LISTS_H

#include "net/accel.h"

/* cgroup stays the view's. Lists that do not decide are empty; a map that cannot be read counts as that. */
void accel_lists_read(const struct accel_view *v, struct arena *a, struct accel_config *out);

/* "80, 8000-8100"; each as it is written in a setting. */
const char *accel_lists_ports(struct arena *a, const struct accel_config *c);
const char *accel_lists_cidrs(struct arena *a, const struct accel_config *c);
const char *accel_lists_uids(struct arena *a, const struct accel_config *c);
const char *accel_lists_excluded(struct arena *a, const struct accel_config *c);

#endif
