/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object that bpf/accel.bpf.c was compiled to, and the words for what it counts. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "net/accel_impl.h"

/* ACCEL_OBJECT is given by the Makefile: the object as gzip leaves it, a quarter of its size. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"accel_object_start:\n"
	".incbin \"" ACCEL_OBJECT "\"\n"
	"accel_object_end:\n"
	".popsection\n");
extern const char accel_object_start[], accel_object_end[];

enum { GZIP_WINDOW = 16 + MAX_WBITS };

void *accel_object(size_t *len)
{
	size_t packed = (size_t)(accel_object_end - accel_object_start);
	z_stream z = { .next_in = (Bytef *)accel_object_start, .avail_in = (uInt)packed };
	u32 size; /* the last thing in it */
	void *object;

	memcpy(&size, accel_object_start + packed - sizeof(size), sizeof(size));
	object = malloc(size);
	z.next_out = object;
	z.avail_out = size;
	if (!object || inflateInit2(&z, GZIP_WINDOW) != Z_OK) {
		free(object);
		return NULL;
	}
	if (inflate(&z, Z_FINISH) != Z_STREAM_END) {
		free(object);
		object = NULL;
	}
	inflateEnd(&z);
	*len = size;
	return object;
}

const char *const accel_counter_names[ACCEL_COUNTERS] = {
#define COUNTER(name, text) #name,
#include "bpf/accel.def"
};
const char *const accel_counter_texts[ACCEL_COUNTERS] = {
#define COUNTER(name, text) text,
#include "bpf/accel.def"
};
const char *const accel_reason_names[ACCEL_REASONS] = {
#define REASON(name, NAME, text) #name,
#include "bpf/accel.def"
};
const char *const accel_reason_texts[ACCEL_REASONS] = {
#define REASON(name, NAME, text) text,
#include "bpf/accel.def"
};
