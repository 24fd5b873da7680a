/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of `skep accel on`, as its options give them and as a file does:
 *
 *	# what may be redirected
 *	cgroup = /sys/fs/cgroup/system.slice
 *	port = 5432, 8000-8100      # lists may go on in a second line with the same key
 *	limit = 16M
 *
 * Nothing here looks at the system: texts go in, a struct accel_config or messages with their places come out.
 */
#ifndef NET_ACCEL_CONFIG_H
#define NET_ACCEL_CONFIG_H

#include "net/accel.h"

enum accel_setting {
#define SETTING(NAME, key, value, help) ACCEL_SET_##NAME,
#include "net/accel_config.def"
#undef SETTING
	ACCEL_SETTINGS
};

#define ACCEL_CONFIG_MAX (1u << 18) /* bytes of a file */
/* The kernel counts the bytes that wait in a socket with 31 bits. */
#define ACCEL_LIMIT_MIN (4ull << 10)
#define ACCEL_LIMIT_MAX (1ull << 30)
#define ACCEL_BUDGET_MIN (64ull << 10)
#define ACCEL_BUDGET_MAX (1ull << 40)
#define ACCEL_SMALL_MIN (1ull << 10)
#define ACCEL_SMALL_MAX (1ull << 30)

struct accel_config_reader {
	struct arena *arena; /* owns what the config points to */
	struct diag *diag;
	const char *passwd; /* the text of /etc/passwd for the names of users; NULL: numbers only */
};

/* Takes one setting's text; lists grow. `at` is the text's place in the diag's source, or LOC_NONE. 0 or -EINVAL. */
int accel_config_set(const struct accel_config_reader *r, struct accel_config *c,
		     enum accel_setting which, const char *text, struct loc at);
/* Takes a file's text, which is the diag's source; all of its mistakes are reported. 0 or -EINVAL. */
int accel_config_read(const struct accel_config_reader *r, struct accel_config *c, const char *text,
		      size_t len);
/* Each setting that `by` has replaces that of c. */
void accel_config_override(struct accel_config *c, const struct accel_config *by);

#endif
