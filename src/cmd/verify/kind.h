/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs are whose sections do not say it: some loaders set it themselves. */
#ifndef CMD_VERIFY_KIND_H
#define CMD_VERIFY_KIND_H

#include "object/image.h"

/* As if it stood in this section. 0; -ENOENT if no program stands in sections of that name. */
int kind_set(struct image_prog *p, const char *section);
/* By what the program takes: the section that one with this context stands in ("xdp"); NULL if that does not tell. */
const char *kind_guess(const struct image *img, const struct image_prog *p);

#endif
