/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks keys up in a hash map, and updates them. */
#include "prog.h"

MAP(table, 1024);

PROGRAM(hashmap)
{
	TAKE_INPUT(__u64, in);
	__u64 sum = 0;

	for (__u32 i = 0; i < 16; i++) {
		__u64 key = in[i], value = i;
		__u64 *found = map_lookup_elem(&table, &key);

		if (found)
			sum += *found;
		map_update_elem(&table, &key, &value, BPF_ANY);
	}
	return (int)sum;
}
