/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a field is an address, or a number in the order of the network, as its type or name says. */
#ifndef BTF_FORM_ADDRESS_H
#define BTF_FORM_ADDRESS_H

#include "btf/form_impl.h"

/* FORM_IPV4 and so on, or FORM_MISSING if it is none; name: of the field, "" if it has none. */
enum form_kind form_address(const struct rawbtf *b, u32 type, u64 size, const char *name);

#endif
