/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program is, by the name of its ELF section, from section.def. */
#ifndef ISA_SECTION_H
#define ISA_SECTION_H

#include "base/int.h"

enum {
	SECTION_SLEEPS = 1 << 0, /* it is loaded with BPF_F_SLEEPABLE */
	SECTION_FRAGS = 1 << 1,  /* it is loaded with BPF_F_XDP_HAS_FRAGS */
	SECTION_BTF = 1 << 2,    /* it is attached by the BTF id of its target */
	SECTION_RETURN = 1 << 3, /* it runs when a function returns */
	SECTION_MULTI = 1 << 4,  /* it is attached to many targets at once */
	SECTION_USDT = 1 << 5,
};

struct section_match {
	u32 type;             /* enum prog_type */
	u32 attach;           /* enum attach_type; 0 where none is expected */
	bool has_attach;      /* one is expected */
	u32 flags;            /* SECTION_... */
	u32 load_flags;       /* BPF_F_..., that it has to be loaded with */
	const char *rest;     /* within the name: what follows the slash; "" if nothing does */
	bool is_optional;     /* written with a `?` in front: not loaded unless asked for */
	bool is_old;          /* only loaders before libbpf 1.0 took this name */
	const char *expected; /* what should follow ("category/name"); "" if nothing does */
};

/* 0; -ENOENT if the name says nothing, or is none of a program (".text", "license"). */
int section_find(const char *name, struct section_match *out);

#endif
