/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network address translation, set up through nf_tables' netlink. */
#ifndef ACCEL_NFT_H
#define ACCEL_NFT_H

#include "accel/test.h"

/*
 * Connections from this network namespace to address:port go to to:to_port instead. IPv4. Skips the case where the kernel
 * cannot do it.
 */
void nft_translate(struct at at, const char *address, u16 port, const char *to, u16 to_port);

#endif
