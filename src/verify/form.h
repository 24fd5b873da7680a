/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an instruction is one at all: known codes, and zero in all fields that it does not use. */
#ifndef VERIFY_FORM_H
#define VERIFY_FORM_H

#include <linux/bpf.h>

#include "base/int.h"

/* What is wrong with it; NULL if nothing. Of a 64-bit load both halves are looked at. */
const char *form_check(const struct bpf_insn *i);

#endif
