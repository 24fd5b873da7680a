/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel, or libbpf on its behalf, did not load an object: one diagnostic at the script's line. */
#ifndef KERNEL_REJECTION_H
#define KERNEL_REJECTION_H

#include "base/buf.h"
#include "kernel/instance.h"

/* err is positive. log: the verifier's, "" if there is none. warnings: libbpf's. Returns -err. */
int rejection_report(struct instance *k, int err, const char *log, const struct buf *warnings,
		     struct diag *d);

#endif
