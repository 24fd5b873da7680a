/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf's formats: how many conversions, and which types they take. */
#ifndef LANG_FORMAT_H
#define LANG_FORMAT_H

#include "lang/check.h"

/* Checks a call's arguments behind the format against it; `format` is a NODE_STRING. */
void format_check(struct check *c, const char *func, struct node *format, struct node *args);

#endif
