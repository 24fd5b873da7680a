/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparison of two JSON texts as values: white space does not count, the order of keys does. A string in the
 * expected one may stand for any value of a kind: "<number>", "<string>", "<any>".
 */
#ifndef RUNNER_JSON_H
#define RUNNER_JSON_H

#include "base/int.h"

/* Whether got is one JSON value, and the one wanted. */
bool json_equal(const char *want, const char *got);
/* Whether text is one JSON value. */
bool json_valid(const char *text);

#endif
