/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C types that a script can name: the kernel's, from BTF, and the script's own definitions.
 * The kernel's BTF (some 5 MB) is read on the first question that needs it, never before. Types are made
 * from BTF on demand, once each: asking twice returns the same pointer.
 */
#ifndef BTF_TYPES_H
#define BTF_TYPES_H

#include "base/diag.h"
#include "btf/type.h"

struct types;

struct types *types_new(struct arena *arena);
void types_free(struct types *t); /* closes the BTF; the types made stay in the arena */
/* Gives the BTF's memory back; asking again reads it again. What was made before stays valid. */
void types_drop_kernel(struct types *t);

bool types_have_kernel(struct types *t); /* reads the kernel's BTF if that was not yet done */
/* Reads BTF of FILE instead of the running kernel's. 0 or -errno. */
int types_use_file(struct types *t, const char *path);

/* kind is TYPE_RECORD (struct or union), TYPE_ENUM, or TYPE_NONE for a typedef or base type's name
 * ("pid_t", "u64", "size_t", "unsigned int"). The script's own come first. NULL if there is none. */
const struct type *types_find(struct types *t, enum type_kind kind, const char *name);

/* The fields of a record, whether made from BTF or by the script; a record with id 0 is resolved by
 * name. Anonymous members are in the list with name "". NULL with *count = 0 if it is only declared. */
const struct field *types_fields(struct types *t, const struct type *record, u32 *count);
/* Looks into anonymous members as C does; out->offset is from the record's beginning. false if absent. */
bool types_field(struct types *t, const struct type *record, const char *name, struct field *out);
/* Size of a type with forward-declared records resolved; 0 if unknown. */
u32 types_size(struct types *t, const struct type *type);

/* The value of an enumerator of the script's or any of the kernel's enums. */
bool types_enumerator(struct types *t, const char *name, s64 *value, const struct type **type);
/* The name of a value of an enum, NULL if it has none. */
const char *types_enum_name(struct types *t, const struct type *enum_type, s64 value);
/* Calls fn for each enumerator. */
void types_enum_each(struct types *t, const struct type *enum_type,
		     void (*fn)(void *arg, const char *name, s64 value), void *arg);

/* Adds definitions made by the script. They hide the kernel's of the same name. The fields carry their
 * final offsets; the arrays must live in the arena. A redefinition is -EEXIST. */
int types_define_record(struct types *t, struct type *record);
int types_define_enum(struct types *t, struct type *enum_type, const char *const *names,
		      const s64 *values, u32 count);
int types_define_typedef(struct types *t, const char *name, const struct type *type);

/* A kernel function's prototype. */
struct func_proto {
	const struct type *ret;
	const char *ret_declared;   /* as field.declared */
	const struct field *params; /* name and type; offset is 8 * index */
	u32 param_count;
};
/* module: NULL or "vmlinux" for the kernel itself, else a module's name. 0, -ENOENT or -EINVAL. */
int types_func(struct types *t, const char *module, const char *name, struct func_proto *out);
/* The arguments of a raw tracepoint, from its btf_trace_NAME typedef (without the leading void *). */
int types_raw_tracepoint(struct types *t, const char *name, struct func_proto *out);
/* Calls fn for each kernel function in BTF (module NULL: vmlinux, "*": all modules too) until it returns
 * false. */
void types_each_func(struct types *t, const char *module,
		     bool (*fn)(void *arg, const char *module, const char *name), void *arg);
/* Likewise for each raw tracepoint. */
void types_each_raw_tracepoint(struct types *t, bool (*fn)(void *arg, const char *name), void *arg);
/* Calls fn for each struct, union and enum with a name, for listing ("struct task_struct"). */
void types_each_named(struct types *t, bool (*fn)(void *arg, const struct type *type), void *arg);

/* A C declaration as tracefs writes it ("const char * filename", "u64 args[6]", "__data_loc char[] name",
 * "struct sockaddr * usockaddr"): its type (records by name, unresolved) and name; size and is_signed come
 * from the format line. Pointers get SPACE_KERNEL. 0 or -EINVAL. */
int types_parse_field(struct types *t, const char *decl, u32 size, bool is_signed,
		      struct field *out);

/* A type printed as C with its fields ("struct foo {\n\tint a;\n...}") into the arena. */
const char *types_print(struct types *t, struct arena *a, const struct type *type);

#endif
