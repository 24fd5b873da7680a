/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is special of single functions that programs attach to, and of fields of the kernel's structs, from hook.def. */
#ifndef ISA_HOOK_H
#define ISA_HOOK_H

#include "base/int.h"

enum {
	HOOK_DISABLED = 1 << 0,  /* no program may attach */
	HOOK_BOOL = 1 << 1,      /* programs return 0 or 1 */
	HOOK_UNTRUSTED = 1 << 2, /* what is handed over may be half made or half gone */
	HOOK_PATH = 1 << 3,      /* bpf_d_path() may be called */
};
/* By the name of the function, bpf_lsm_... for hooks of security modules; 0: nothing special. */
u32 hook_traits(const char *function);

enum hook_trust {
	HOOK_NOTHING,
	HOOK_TRUSTED,
	HOOK_TRUSTED_OR_NULL,
	HOOK_RCU,
	HOOK_RCU_OR_NULL,
};
enum hook_trust hook_field(const char *record, const char *field);
/* The i-th field of a struct, as a path of members, that `who` may write; NULL behind the last. */
const char *hook_writable(const char *who, const char *record, u32 i);

#endif
