/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a value is: C's types as BTF describes them, and those that only scripts have. One model for the
 * compiler, for the argument lists of probes and for printing, so nothing is converted on the way.
 *
 * Types are immutable once made and live in the arena of whoever made them. Sizes are those of the
 * value in memory: a map's value, a field of an event, a slot of the stack.
 */
#ifndef BTF_TYPE_H
#define BTF_TYPE_H

#include "base/int.h"

enum type_kind {
	TYPE_NONE,   /* void */
	TYPE_INT,    /* size 1, 2, 4, 8 (16 is opaque); is_signed */
	TYPE_BOOL,   /* 1 byte */
	TYPE_ENUM,   /* an integer whose values have names: size, is_signed, name, id */
	TYPE_PTR,    /* 8 bytes: target, space */
	TYPE_ARRAY,  /* target, count */
	TYPE_RECORD, /* struct or union: name, id; fields are fetched with types_fields() */
	TYPE_FUNC,   /* only as a pointer's target */

	TYPE_STRING, /* NUL-terminated within size bytes */
	TYPE_BUF,    /* u32 length, then up to size - 4 bytes */
	TYPE_TUPLE,  /* fields without names */

	TYPE_KSTACK,   /* 8 bytes: s64 stack id; limit, stack_mode */
	TYPE_USTACK,   /* 16 bytes: s64 stack id, u32 pid, u32 zero; limit, stack_mode */
	TYPE_KSYM,     /* 8 bytes: a kernel address to be shown as a symbol */
	TYPE_USYM,     /* 16 bytes: address, u32 pid, u32 zero */
	TYPE_INET,     /* 20 bytes: u32 family (AF_INET, AF_INET6), 16 bytes of address */
	TYPE_MAC,      /* 6 bytes */
	TYPE_USERNAME, /* 4 bytes: uid */
	TYPE_PROBE, /* 4 bytes: index into the script's targets; shown as the probe's full name */
	TYPE_TIMESTAMP, /* 16 bytes: nsecs, u32 format (a script string), u32 clock: see strftime */
	TYPE_CGROUP_PATH, /* 8 bytes: cgroup id */

	/* What a map's value holds when it was assigned from an aggregation. All per-CPU. */
	TYPE_COUNT, /* u64 */
	TYPE_SUM,   /* s64 or u64 by is_signed */
	TYPE_MIN,   /* {u64 value ^ type_extreme_mask(); u64 is_set} */
	TYPE_MAX,   /* likewise */
	TYPE_AVG,   /* {s64 or u64 total; u64 count} */
	TYPE_STATS, /* likewise */
	TYPE_HIST,  /* u64 buckets[count]; bits */
	TYPE_LHIST, /* u64 buckets[count]: below, (max - min) / step of them, above; min, max, step */
};

enum type_space {
	/*
	 * Read with bpf_probe_read_kernel; the script's own variables, too: the verifier loses track of a pointer in
	 * memory.
	 */
	SPACE_KERNEL,
	SPACE_USER, /* read with bpf_probe_read_user */
	SPACE_CTX,  /* the program's context: loaded directly */
};

enum stack_mode { STACK_BPFTRACE, STACK_PERF, STACK_RAW };

struct type;

struct field {
	const char *name; /* NULL in tuples */
	const struct type *type;
	const char *
		declared; /* of functions' parameters: the typedef and its stars ("loff_t *"), or NULL */
	u32 offset;       /* bytes, from the record's beginning */
	u8 bit_offset;    /* bit-fields: of the lowest bit, from `offset`, little-endian; 0 to 63 */
	u8 bit_size;      /* bit-fields: 1 to 64; otherwise 0 */
	bool is_data_loc; /* tracepoints: u32 at offset holds (length << 16 | offset) of the data */
	bool is_rel_loc; /* with is_data_loc: that offset counts from the end of the u32, not the event's start */
};

/* A name of one of an enum's values. */
struct enumerator {
	const char *name;
	s64 value;
};

struct type {
	enum type_kind kind;
	u32 size;
	bool is_signed;
	bool is_union;
	enum type_space space;
	const char *name; /* records, enums; without "struct " */
	u32 id; /* records, enums: what `struct types` knows it by; 0 if it has to be looked up by name */
	const struct type *target;  /* pointers, arrays */
	u32 count;                  /* arrays: elements; histograms: buckets */
	const struct field *fields; /* tuples, and records that were made field by field */
	u32 field_count;
	const struct enumerator *
		enumerators; /* enums that came with a compiled script; otherwise ask types_enum_name() */
	u32 enumerator_count;
	enum stack_mode stack_mode;
	u32 limit;          /* stacks: frames */
	u32 bits;           /* hist: log2 of the buckets per power of two, 0 to 5 */
	s64 min, max, step; /* lhist */
};

/* Shared immutable types. */
extern const struct type type_none, type_bool, type_u8, type_u16, type_u32, type_u64, type_s8,
	type_s16, type_s32, type_s64;

struct arena;
const struct type *type_int(u32 size, bool is_signed); /* size 1, 2, 4 or 8 */
struct type *type_new(struct arena *a, enum type_kind kind, u32 size);
const struct type *type_string(struct arena *a, u32 size);
const struct type *type_ptr(struct arena *a, const struct type *target, enum type_space space);
const struct type *type_array(struct arena *a, const struct type *element, u32 count);
/* Lays out fields in order, each aligned to min(its own alignment, 8); sets offsets and size. */
struct type *type_tuple(struct arena *a, const struct type *const *elements, u32 count);

u32 type_align(const struct type *t);
bool type_is_integer(const struct type *t);   /* int, bool, enum */
bool type_is_scalar(const struct type *t);    /* fits a register: the above and pointers */
bool type_is_aggregate(const struct type *t); /* TYPE_COUNT .. TYPE_LHIST: per-CPU map values */
/*
 * What values of min() and max() are kept xor'ed with: so the greatest, as an unsigned number, is the result, and zero, what
 * memory begins as, the worst that there is.
 */
u64 type_extreme_mask(const struct type *t);
bool type_equal(const struct type *a,
		const struct type *b); /* structurally; records by name or id */

/* As bpftrace names it in messages and -lv: "uint64", "int32", "string[64]", "struct task_struct *",
 * "(int64,string[16])", "count_t". Returned in the arena. */
const char *type_name(struct arena *a, const struct type *t);

#endif
