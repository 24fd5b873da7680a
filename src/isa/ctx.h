/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts of programs, and the structs that sockets are shown as, from ctx.def: which part may be
 * read and written by which programs, and what is found there.
 */
#ifndef ISA_CTX_H
#define ISA_CTX_H

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "base/int.h"

/* Two that the headers do not have. */
struct ctx_nf {
	u64 state, skb;
};
struct ctx_lirc {
	u32 sample;
};

enum ctx_id {
#define CTX(id, name, shape, size) CTX_##id,
#include "isa/ctx.def"
	CTX_COUNT
};

enum ctx_shape {
	CTX_SHAPE_FIELDS, /* fields, see ctx_access() */
	CTX_SHAPE_BYTES,  /* any aligned read within the size */
	CTX_SHAPE_ROOM,   /* any read or write within the size */
	CTX_SHAPE_ARGS, /* 8 bytes an argument, whose types are those of the hook that is attached to */
	CTX_SHAPE_TARGET, /* as in the program or function that is replaced */
};

/* What a load from a field gives. */
enum ctx_kind {
	CTX_KIND_SCALAR,
	CTX_KIND_PACKET,
	CTX_KIND_PACKET_END,
	CTX_KIND_PACKET_META,
	CTX_KIND_SOCK_COMMON_OR_NULL,
	CTX_KIND_SOCKET,
	CTX_KIND_SOCKET_OR_NULL,
	CTX_KIND_FLOW_KEYS,
	CTX_KIND_SK_BUFF,       /* the kernel's struct sk_buff, trusted */
	CTX_KIND_NF_HOOK_STATE, /* the kernel's struct nf_hook_state, trusted */
};

enum ctx_rule {
	CTX_RULE_EXACT,
	CTX_RULE_NARROW,
	CTX_RULE_HALVES,
	CTX_RULE_WIDE,
	CTX_RULE_BLOCK,
	CTX_RULE_HEAD,
	CTX_RULE_PORT,
	CTX_RULE_PADDED,
	CTX_RULE_WORDS
};

struct ctx_field {
	const char *name; /* "data_end" */
	enum ctx_id ctx;
	u32 offset, size; /* of the whole field; of an array all elements */
	u32 element;      /* size of one, as an access has it */
	enum ctx_kind kind;
	enum ctx_rule rule;
	u64 read, write; /* masks of PROGS(...) */
};

struct ctx_info {
	const char *name; /* "struct xdp_md" */
	enum ctx_shape shape;
	u32 size;
};
const struct ctx_info *ctx_info(enum ctx_id id);
/* "sk_buff": the kernel's struct that it is a view of; "" if there is none. */
const char *ctx_kernel_name(enum ctx_id id);
/* All fields of all contexts, in the order of the table. */
const struct ctx_field *ctx_fields(size_t *n);
/* The field at an offset, whoever may use it; NULL between and behind them. */
const struct ctx_field *ctx_field_at(enum ctx_id id, u32 offset);

/*
 * The field that a program of this type and expected attach type may access so, in a context of
 * shape CTX_SHAPE_FIELDS; NULL if it may not.
 */
const struct ctx_field *ctx_access(u32 prog_type, u32 attach, u32 offset, u32 size, bool write);
/*
 * The same for a read through a pointer to a bpf_sock (CTX_SOCK; is_full: not only a sock_common) or
 * bpf_tcp_sock (CTX_TCP_SOCK). Nothing of these is written.
 */
const struct ctx_field *ctx_access_sock(enum ctx_id id, bool is_full, u32 offset, u32 size);
/* Whether to access the field so takes CAP_BPF, in a program that may be loaded without. */
bool ctx_takes_capability(const struct ctx_field *f, u32 prog_type, bool write);

/*
 * Whether a program of this type may access its context so, where that has another shape than
 * CTX_SHAPE_FIELDS. How many arguments there are it does not know; of a replaced program it is false.
 */
bool ctx_access_plain(u32 prog_type, u32 offset, u32 size, bool write);

#endif
