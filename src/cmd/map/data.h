/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that stand for keys and values: what btf/literal_words.h reads, up to the next of the words key, value, cpu, any, exist and
 * noexist. Where the kernel wants descriptors they are what those stand for: programs, maps, folders of cgroups, files, processes.
 */
#ifndef CMD_MAP_DATA_H
#define CMD_MAP_DATA_H

#include "cmd/map/entry.h"

struct map_data {
	struct noun_args *a;
	const struct map_entry *e;
	u8 *key;    /* key_size bytes */
	u8 *value;  /* room for all CPUs; what is taken is the first one's */
	u8 *named;  /* mask of the bits of the value that were named */
	int fds[2]; /* of key and value, to be closed when all is done; -1 */
};

void map_data_init(struct map_data *d, struct noun_args *a, const struct map_entry *e);
void map_data_done(struct map_data *d);
/* Behind the word "key", which may be left out. 0 or -EINVAL or -errno, reported. */
int map_data_key(struct map_data *d);
/* Behind the word "value". */
int map_data_value(struct map_data *d);

#endif
