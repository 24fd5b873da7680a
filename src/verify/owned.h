/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of the program's own types: bpf_obj_new() makes them, and lists, trees and pointers in maps' values keep them. A register
 * of kind REG_OBJECT points to one, in one of four ways:
 *
 *	owned		ref: made, or taken out of where it was kept; has to be dropped or given away
 *	lent		is_lent: it is in a list or tree; there until the lock is released, or the RCU section ends
 *	protected	TRUST_RCU: of a map's value, where it may be replaced; there until the RCU section ends
 *	lost		TRUST_NOTHING: of a map's value, outside of any section: it may be another one by now, and is only read
 *
 * An object that each CPU has for itself (is_percpu) is accessed by bpf_this_cpu_ptr() and bpf_per_cpu_ptr() only.
 */
#ifndef VERIFY_OWNED_H
#define VERIFY_OWNED_H

#include "verify/kfunc.h"

/* A load or store of its bytes. */
bool owned_access(struct engine *e, const struct reg *p, struct access a);
/* It is the program's to give away, and not NULL. */
bool owned_is(const struct reg *p);
/* A pointer to an object of a type of the image's BTF. */
struct reg owned_reg(struct engine *e, u32 type);
/* What the register points to is given to a list or tree: all copies are lent from now on. */
void owned_lend(struct engine *e, u32 ref);
/* The lock is released: nothing is lent any more. */
void owned_unlock(struct engine *e);
/* The RCU section ends. */
void owned_leave_rcu(struct engine *e);
/* A map's value keeps it; within an RCU section an object of each CPU may be used on. */
void owned_keep(struct engine *e, u32 ref);
/* Of what a list, a tree or bpf_obj_new() is of: fails if the kernel refuses such a struct. */
bool owned_check_type(struct engine *e, u32 type);

/* Arguments of the functions for objects (KFUNC_OBJECT), and what they give. */
bool owned_argument(struct engine *e, struct kcall *c, u32 r);
bool owned_result(struct engine *e, const struct kcall *c, struct reg *out);

/* ---- graph.c: lists and trees (KFUNC_GRAPH), whose lock has to be held */

bool graph_argument(struct engine *e, struct kcall *c, u32 r, const char *type);
bool graph_result(struct engine *e, const struct kcall *c, struct reg *out);
/* What the function that compares nodes is called with. */
void graph_less(struct engine *e, const struct reg *root, struct frame *f);
/* Whether such a function is being walked. */
bool graph_in_less(struct engine *e);

#endif
