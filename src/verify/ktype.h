/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's types behind pointers that programs get: structs by their id in the kernel's BTF. */
#ifndef VERIFY_KTYPE_H
#define VERIFY_KTYPE_H

#include "object/image.h"

/* 0 if there is none, or no BTF (NULL). */
u32 ktype_find(const struct rawbtf *btf, u32 kind, const char *name);
const char *ktype_name(const struct rawbtf *btf, u32 id);
/* Of the name of a struct of the object, without what is behind "___". */
u32 ktype_find_local(const struct rawbtf *btf, const char *name);
/* Whether it is this type, or begins with it. */
bool ktype_begins(const struct rawbtf *btf, u32 id, u32 with);
u32 ktype_size(const struct rawbtf *btf, u32 id);
/* Whether it is this struct, or begins with it. */
bool ktype_is(const struct rawbtf *btf, u32 id, const char *name);
/* What lies at an offset: a whole number or a part of one, a pointer to a struct, or nothing that may be read so. */
enum ktype_field { KTYPE_NOTHING, KTYPE_NUMBER, KTYPE_POINTER };
enum ktype_field ktype_access(const struct rawbtf *btf, u32 id, u32 offset, u32 size, u32 *to);
/* The struct that the pointer at an offset of a struct leads to; 0 if there is no such pointer. */
u32 ktype_follow(const struct rawbtf *btf, u32 id, u32 offset);
bool ktype_has_member(const struct rawbtf *btf, u32 id, const char *name);
/* The first member that begins at an offset, by name; "" if none does. */
const char *ktype_member(const struct rawbtf *btf, u32 id, u32 offset);
/* HOOK_... of what a program attaches to. */
u32 ktype_hook(const struct image_prog *p);
/* Whether what the program attaches to, or takes the place of, is known. */
bool ktype_has_target(const struct rawbtf *btf, const struct image_prog *p);
/* Where a member lies by its path, "a.b.c", and its bytes; false if there is no such. */
bool ktype_path(const struct rawbtf *btf, u32 id, const char *path, u32 *offset, u32 *size);
/* The type that what is attached to returns, in C's words; false if the target is not known. */
enum ktype_result { KTYPE_UNKNOWN, KTYPE_VOID, KTYPE_OTHER };
enum ktype_result ktype_result(const struct rawbtf *btf, const struct image_prog *p);
/* An iterator, whose arguments but the first are NULL in its last round. */
bool ktype_is_iter(const struct image_prog *p);
/*
 * The struct that argument `arg` of the function or tracepoint is a pointer to that a program attaches to; 0 if it is
 * something else. False if there is no such argument, or the target is not known.
 */
bool ktype_argument(const struct rawbtf *btf, const struct image_prog *p, u32 arg, u32 *id);

/* ---- prototypes of the kernel's functions */

const struct btf_type *ktype_prototype(const struct rawbtf *btf, const char *function);
const char *ktype_param(const struct rawbtf *btf, const struct btf_param *param);
bool ktype_is_pointer(const struct rawbtf *btf, u32 id);
/* The struct behind a pointer type; 0 if it is none, or to something else. */
u32 ktype_target(const struct rawbtf *btf, u32 id);
/* Bytes behind a pointer to something else; 0 if that has no size. */
u32 ktype_pointed_size(const struct rawbtf *btf, u32 id);
bool ktype_to_const(const struct rawbtf *btf, u32 id);
u32 ktype_number_size(const struct rawbtf *btf, u32 id);
/* A struct of numbers only: memory of a program may be one. */
bool ktype_is_plain(const struct rawbtf *btf, u32 id);
/* The struct of a type that lies at an offset of another one; 0 if there is none. */
u32 ktype_inner(const struct rawbtf *btf, u32 id, u32 offset, u32 type);

#endif
