/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bpf/printk.bpf.c and src/host/host_lines.c share. */
#ifndef BPF_PRINTK_H
#define BPF_PRINTK_H

#define PRINTK_LINE 1024       /* bytes of a line, with its end; the kernel makes no longer ones */
#define PRINTK_RING (1u << 20) /* bytes */

#endif
