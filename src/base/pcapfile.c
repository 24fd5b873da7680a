/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pcapfile.h"

void pcapfile_begin(struct buf *b, u32 longest, u32 link_type)
{
	buf_u32(b, 0xa1b23c4d);
	buf_u16(b, 2);
	buf_u16(b, 4);
	buf_u32(b, 0);
	buf_u32(b, 0);
	buf_u32(b, longest);
	buf_u32(b, link_type);
}

void pcapfile_record(struct buf *b, u64 ns, u32 here, u32 size)
{
	buf_u32(b, (u32)(ns / 1000000000));
	buf_u32(b, (u32)(ns % 1000000000));
	buf_u32(b, here);
	buf_u32(b, size);
}
