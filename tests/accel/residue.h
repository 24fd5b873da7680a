/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in the kernel of BPF objects that are accel's, or the naive redirect's, by their names. */
#ifndef ACCEL_RESIDUE_H
#define ACCEL_RESIDUE_H

#include "accel/control.h"

struct residue {
	unsigned programs, maps, links;
};

void residue_count(struct residue *r, enum control_mode mode);
/* Waits, as the kernel takes its time, until there are no more than before. Whether that happened, else text says what is left. */
bool residue_gone(const struct residue *before, enum control_mode mode, unsigned ms, char *text,
		  size_t size);

/* For cases: accel is off, and nothing is left of it. */
void residue_expect_none(struct at at);

#endif
