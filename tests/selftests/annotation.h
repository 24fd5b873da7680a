/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own cases say of themselves: tags of functions in the object's BTF, "comment:test_expect_success". */
#ifndef SELFTESTS_ANNOTATION_H
#define SELFTESTS_ANNOTATION_H

#include "object/image.h"

enum annotation_verdict { ANNOTATION_NONE, ANNOTATION_ACCEPT, ANNOTATION_REJECT };

/* What is said of a loader with privilege, and of one without. */
struct annotation_case {
	enum annotation_verdict verdict; /* NONE: it is no such case */
	const char *message;             /* the first that is expected; "" if none */
};

struct annotation {
	struct annotation_case privileged, unprivileged;
	bool is_auxiliary; /* not a case, but has to be loaded beside those */
	bool is_elsewhere; /* for other architectures only */
	u32 flags;         /* BPF_F_... that it is loaded with */
};

void annotation_read(const struct image *img, const struct image_prog *p, struct annotation *out);

#endif
