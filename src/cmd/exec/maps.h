/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in maps after all inputs: read from an engine in the order of keys, printed through BTF, compared with another engine's.
 *
 * Of arrays the elements that are not zero count; of sections of variables those variables that are not as they began. Maps that
 * hold no values of the program's own (program arrays, rings, sockets) are left out, and constants.
 */
#ifndef CMD_EXEC_MAPS_H
#define CMD_EXEC_MAPS_H

#include "base/out.h"
#include "cmd/exec/engine.h"

#define EXEC_MAP_BYTES (256u << 20) /* of a map's contents that are kept */
#define EXEC_MAP_SHOWN 256          /* entries of a map in text; JSON has all that are kept */

/* Prints the maps that are not empty. */
void exec_maps_print(struct exec_engine *e, struct out *o);
/* Prints where two engines' maps differ; the number of maps that do. */
u32 exec_maps_compare(struct exec_engine *a, struct exec_engine *b, struct out *o);

#endif
