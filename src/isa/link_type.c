/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "isa/link_type.h"

static const char *const types[LINK_TYPES] = {
#define LINK_TYPE(number, id, name) [number] = name,
#include "isa/link_type.def"
};

static const char *const events[LINK_EVENTS] = {
#define LINK_EVENT(number, id, name) [number] = name,
#include "isa/link_type.def"
};

const char *link_type_name(u32 type)
{
	return type < LINK_TYPES ? types[type] : NULL;
}

const char *link_event_name(u32 event)
{
	return event < LINK_EVENTS ? events[event] : NULL;
}
