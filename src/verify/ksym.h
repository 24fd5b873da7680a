/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's symbols in programs, `extern ... __ksym`: what their addresses may be used for. */
#ifndef VERIFY_KSYM_H
#define VERIFY_KSYM_H

#include "verify/engine.h"

/* The address of an extern of the image. */
bool ksym_address(struct engine *e, u32 index, struct reg *out);
/* What a CPU has of a per-CPU variable (REG_PERCPU). */
struct reg ksym_of_cpu(struct engine *e, const struct reg *percpu);

#endif
