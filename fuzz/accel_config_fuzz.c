/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a file of settings for accel. A refused one has to say why, at a place within the text; of an
 * accepted one all has to be within its bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "net/accel_config.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_messages(const struct diag *d, size_t size)
{
	for (size_t i = 0; i < d->items.n; i++) {
		const struct loc *loc = &d->items.at[i].loc;

		demand((size_t)loc->offset + loc->len <= size);
		demand(!loc->line == !loc->col);
	}
}

static void check_config(const struct accel_config *c)
{
	demand(c->ports.n <= ACCEL_MAX_LIST && c->cidrs.n <= ACCEL_MAX_LIST);
	demand(c->uids.n <= ACCEL_MAX_LIST && c->excluded.n <= ACCEL_MAX_LIST);
	for (size_t i = 0; i < c->ports.n; i++)
		demand(c->ports.at[i]);
	for (size_t i = 0; i < c->cidrs.n; i++)
		demand(c->cidrs.at[i].bits <= 128);
	for (size_t i = 0; i < c->excluded.n; i++)
		demand(*c->excluded.at[i] && strlen(c->excluded.at[i]) < ACCEL_COMM);
	demand(c->blocking <= ACCEL_BLOCKING_NO);
	demand(c->limit <= ACCEL_LIMIT_MAX && c->budget <= ACCEL_BUDGET_MAX);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct accel_config c = { 0 };
	struct arena a;
	struct diag d;
	char *text = malloc(size + !size); /* exactly: reading past the end is found */
	int err;

	demand(text);
	if (size)
		memcpy(text, data, size);
	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = {
		.arena = &a,
		.diag = &d,
		.passwd = "root:x:0:0::/root:/bin/sh\nbroken\nx:y\nnobody:x:65534:65534::/:",
	};
	err = accel_config_read(&r, &c, text, size);
	demand(err ? err == -EINVAL && d.errors : !d.errors);
	check_messages(&d, size);
	check_config(&c);
	free(text);
	arena_done(&a);
	return 0;
}
