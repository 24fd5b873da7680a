/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel verifier's log of a program that it rejects, read as a finding like our own. */
#ifndef CMD_VERIFY_KERNEL_H
#define CMD_VERIFY_KERNEL_H

#include "verify/verify.h"

/*
 * False if the log has no reason. What is found lives in the arena; message is the kernel's own; category is
 * VERIFY_CATEGORIES if the reason is none that we know.
 */
bool verify_kernel_finding(struct arena *a, const char *log, const struct image_prog *p,
			   struct verify_finding *out);

#endif
