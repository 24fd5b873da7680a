/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The measurements, each an operation of the program. */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>

struct meter {
	const char *load; /* -l KIND: what runs beside the tool; NULL: nothing */
	unsigned rest;    /* -r US: its rest between two turns */
	unsigned long n;  /* -n N */
	bool ends;        /* -x: the script ends by itself */
	const char *out;  /* -o FILE: for the tool's standard output */
	const char *err;  /* -e FILE: for its standard error; NULL: dropped */
	char **argv;      /* what follows the options */
};

/* Each prints one result and returns the exit code. */
int meter_start(const struct meter *m);
int meter_cost(const struct meter *m);
int meter_flood(const struct meter *m);
int meter_detach(const struct meter *m);
int meter_run(const struct meter *m);

/* Opens FILE or /dev/null for writing; ends the program if that fails. */
int meter_open(const char *path);

#endif
