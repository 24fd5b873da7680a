/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_STRUCT_OPS_STRUCT_OPS_H
#define CMD_STRUCT_OPS_STRUCT_OPS_H

#include "cmd/noun/noun.h"

extern const struct noun_verb struct_ops_register, struct_ops_unregister;

int cmd_struct_ops(int argc, char **argv);

#endif
