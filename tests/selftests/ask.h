/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel's word on one program of an object: libbpf loads that one, and nothing stays. */
#ifndef SELFTESTS_ASK_H
#define SELFTESTS_ASK_H

#include "object/image.h"

enum ask_answer { ASK_NONE, ASK_ACCEPT, ASK_REJECT };

struct ask {
	enum ask_answer answer;
	const char *reason; /* the verifier's, or why it could not be asked; in the arena */
};

struct ask_program {
	const char *name;
	u32 type, attach;             /* where libbpf does not know the section */
	u32 flags;                    /* beside those of its section */
	const char *const *auxiliary; /* programs that are loaded beside, up to NULL */
	bool is_unprivileged;         /* asked as one who has no capabilities */
};

void ask_kernel(struct arena *a, const void *elf, size_t len, const struct ask_program *p,
		struct ask *out);

#endif
