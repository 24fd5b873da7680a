/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an errno means that came of attaching. */
#ifndef KERNEL_REASON_H
#define KERNEL_REASON_H

#include "isa/attach.h"

struct reason {
	const char *why;  /* NULL: no better words than strerror's */
	const char *hint; /* NULL: none */
};
/* multi: the attempt was one link for many targets; err is positive. */
struct reason reason_find(enum attach kind, bool multi, int err);

#endif
