/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that name BTF: `id N`, `prog P`, `map M [key|value|kv|all]`, `file PATH`; a path, an id or a module's name by itself, too. */
#ifndef CMD_BTF_SOURCE_H
#define CMD_BTF_SOURCE_H

#include "btf/btffile.h"
#include "cmd/noun/select.h"

#define BTF_SOURCE_ARGS "[id N|prog PROG|map MAP [key|value|kv|all]|file PATH]"

struct btf_source {
	/* As the words say. */
	enum { BTF_SOURCE_FILE, BTF_SOURCE_ID, BTF_SOURCE_PROG, BTF_SOURCE_MAP } by;
	const char *path;
	u32 id;
	struct select select; /* the program, the map */
	bool key, value;      /* of the map: only these types */
	/* Once it is open. */
	struct btffile file;
	u32 roots[2], n_roots; /* the map's types */
};

/* Takes the words; the kernel's if there are none. 0 or -EINVAL, reported. */
int btf_source_take(struct noun_args *a, struct btf_source *s);
/* 0 or -errno, reported; to be closed in any case. */
int btf_source_open(struct noun_args *a, struct btf_source *s, const char *base_path);
void btf_source_close(struct btf_source *s);

#endif
