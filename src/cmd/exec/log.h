/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs print and send while inputs go by: kept until the end, as much as there is room for, and counted. */
#ifndef CMD_EXEC_LOG_H
#define CMD_EXEC_LOG_H

#include "base/out.h"
#include "base/vec.h"
#include "object/image.h"

#define EXEC_LOG_SHOWN 100         /* lines and records each in text; JSON has all that are kept */
#define EXEC_LOG_BYTES (16u << 20) /* that are kept in all */

struct exec_log_item {
	u32 input, cpu;
	const struct image_map *map; /* NULL: a line of bpf_printk() */
	const u8 *data;
	u32 len;
};

struct exec_log {
	struct arena arena;
	u32 input;       /* that runs */
	u32 record_type; /* in the image's BTF; 0: not told */
	vec_of(struct exec_log_item) items;
	size_t bytes;
	u64 printed, sent; /* in all, also what was not kept */
	u64 lost;          /* by the program's own buffers, for lack of room */
};

void exec_log_init(struct exec_log *l);
void exec_log_done(struct exec_log *l);
/* An exec_sink, whose arg is the log. */
void exec_log_add(void *arg, const struct image_map *map, u32 cpu, const void *data, size_t len);
void exec_log_print(const struct exec_log *l, struct out *o, const struct image *img);

#endif
