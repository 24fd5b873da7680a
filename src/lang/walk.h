/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going over a tree without knowing every kind of node. */
#ifndef LANG_WALK_H
#define LANG_WALK_H

#include "lang/ast.h"

/* Calls fn for each child, or the first of a list of children linked by next, in the order of evaluation. */
typedef void (*walk_fn)(void *arg, struct node *list);
void walk_children(struct node *n, walk_fn fn, void *arg);

/* Calls fn for every node of a list and below, each before its children. */
typedef void (*walk_node_fn)(void *arg, struct node *n);
void walk_nodes(struct node *list, walk_node_fn fn, void *arg);

#endif
