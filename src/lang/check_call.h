/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checkers of value functions, by name. Each gives the call's type, NULL if it is not known. */
#ifndef LANG_CHECK_CALL_H
#define LANG_CHECK_CALL_H

#include "lang/check.h"

const struct type *check_call_str(struct check *c, struct node *n);
const struct type *check_call_buf(struct check *c, struct node *n);
const struct type *check_call_strncmp(struct check *c, struct node *n);
const struct type *check_call_strlen(struct check *c, struct node *n);
const struct type *check_call_strcontains(struct check *c, struct node *n);
const struct type *check_call_strftime(struct check *c, struct node *n);
const struct type *check_call_ntop(struct check *c, struct node *n);
const struct type *check_call_pton(struct check *c, struct node *n);
const struct type *check_call_macaddr(struct check *c, struct node *n);
const struct type *check_call_bswap(struct check *c, struct node *n);
const struct type *check_call_sym(struct check *c, struct node *n);
const struct type *check_call_kaddr(struct check *c, struct node *n);
const struct type *check_call_uaddr(struct check *c, struct node *n);
const struct type *check_call_reg(struct check *c, struct node *n);
const struct type *check_call_stack(struct check *c, struct node *n);
const struct type *check_call_space(struct check *c, struct node *n);
const struct type *check_call_cgroupid(struct check *c, struct node *n);
const struct type *check_call_cgroup_path(struct check *c, struct node *n);
const struct type *check_call_nsecs(struct check *c, struct node *n);
const struct type *check_call_pid(struct check *c, struct node *n);
const struct type *check_call_signal(struct check *c, struct node *n);

/* The map value that an aggregation makes; NULL if the call is wrong. */
const struct type *check_aggregate(struct check *c, struct node *n);
bool check_is_aggregation(const struct node *n);

#endif
