/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of links, from link_type.def: LINK_TCX and so on have the numbers of bpf(2), whatever the kernel's headers know. */
#ifndef ISA_LINK_TYPE_H
#define ISA_LINK_TYPE_H

#include "base/int.h"

enum link_type {
	LINK_UNSPEC,
#define LINK_TYPE(number, id, name) LINK_##id = number,
#include "isa/link_type.def"
	LINK_TYPES
};

enum link_event {
	LINK_EVENT_UNSPEC,
#define LINK_EVENT(number, id, name) LINK_EVENT_##id = number,
#include "isa/link_type.def"
	LINK_EVENTS
};

/* "raw_tracepoint"; NULL for a number that the table does not have. */
const char *link_type_name(u32 type);
const char *link_event_name(u32 event);

#endif
