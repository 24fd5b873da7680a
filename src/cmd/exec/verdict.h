/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the return value of a program means, by the program's type. */
#ifndef CMD_EXEC_VERDICT_H
#define CMD_EXEC_VERDICT_H

#include "base/buf.h"
#include "base/text.h"

/* "XDP_PASS", "TC_ACT_SHOT", "keeps 64 bytes", "allows"; a number where there is no name. */
void exec_verdict_name(u32 type, u32 ret, struct buf *out);
/*
 * The inverse, also for numbers, "allows", "denies" and "drops". near: NULL, or what is told of the names that there are. False: it is
 * none for this type.
 */
bool exec_verdict_find(u32 type, const char *word, u32 *ret, struct nearest *near);
/* The packet lives on: it is passed, sent or redirected; *len, its bytes, is cut to what is kept. */
bool exec_verdict_passes(u32 type, u32 ret, u32 *len);
bool exec_verdict_redirects(u32 type, u32 ret);
/* Whether programs of this type see a packet, and whether with its Ethernet header. */
bool exec_takes_packets(u32 type);
bool exec_takes_ethernet(u32 type);

#endif
