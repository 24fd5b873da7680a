/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object that bpf/accel.bpf.c was compiled to, and the words for what it counts. */
#include "net/accel_impl.h"

/* ACCEL_OBJECT is given by the Makefile. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"accel_object_start:\n"
	".incbin \"" ACCEL_OBJECT "\"\n"
	"accel_object_end:\n"
	".popsection\n");
extern const char accel_object_start[], accel_object_end[];

const void *accel_object(size_t *len)
{
	*len = (size_t)(accel_object_end - accel_object_start);
	return accel_object_start;
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
