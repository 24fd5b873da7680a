/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading an object's programs and maps by libbpf; what libbpf says of a failure becomes the hint. */
#ifndef INSPECT_OBJLOAD_H
#define INSPECT_OBJLOAD_H

#include <bpf/libbpf.h>

#include "base/diag.h"

/* Opens a file, which bpf_object__close() closes. 0 or -errno, reported. */
int objload_open(const char *path, struct bpf_object **out, struct diag *d);
/* Loads all that is to be. 0 or -errno, reported. */
int objload_load(struct bpf_object *obj, const char *path, struct diag *d);

#endif
