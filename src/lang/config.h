/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings: their defaults, then config = { }, then the environment, each over the one before. */
#ifndef LANG_CONFIG_H
#define LANG_CONFIG_H

#include "lang/lang.h"

void config_read(const struct config_entry *entries, struct arena *a, struct config *out,
		 struct diag *d);

#endif
