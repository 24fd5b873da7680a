/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the kernel's helper functions, from helper.def. */
#ifndef ISA_HELPER_H
#define ISA_HELPER_H

#include "base/int.h"

/* "bpf_map_lookup_elem" for 1; NULL for a number that the table does not have. */
const char *helper_name(u32 number);

#endif
