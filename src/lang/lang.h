/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a script's text to typed programs:
 *
 *	text -> lex -> parse -> AST -> expand (a program for each shape of arguments) -> check (names and types)
 *
 * The result has one `struct program` for each BPF program to be made: a typed copy of its clause with
 * all targets it is to be attached to.
 */
#ifndef LANG_LANG_H
#define LANG_LANG_H

#include "base/buf.h"
#include "lang/ast.h"

/* Bounds on what is accepted. */
#define LANG_MAX_SOURCE (1u << 20) /* bytes */
#define LANG_MAX_DEPTH 200         /* of nesting */
#define LANG_MAX_PROGRAMS 1024     /* BPF programs made of one script */
#define LANG_MAX_STRING 65536u     /* bytes of a string literal, and the most for max_strlen */

enum builtin_id {
#define BUILTIN(id, name, help) BUILTIN_##id,
#include "lang/builtin.def"
#undef BUILTIN
};
struct builtin {
	enum builtin_id id;
	const char *name;
	u32 number; /* argN, sargN */
};

enum func_id {
#define FUNC(id, name, min, max, form) FUNC_##id,
#include "lang/func.def"
#undef FUNC
};
struct func {
	enum func_id id;
	const char *name;
	u32 min_args, max_args;
	const char *form;
};

/* What check found out about a call, so that gen need not look again. */
struct call_info {
	const char *text; /* the literal format, separator, path, symbol or strftime format */
	struct map *
		map; /* print, clear, zero, delete, len, has_key: the map, if the call is about one */
	struct node *
		keys; /* delete(@m[k]), delete(@m, k), has_key, print(@m[k]): the key's nodes; linked */
	u32 key_count;
	u64 number;  /* str, buf: most bytes, terminator included for str; kstack, ustack: frames;
				 * hist: bits; print: top; reg: context offset; kaddr, uaddr, cgroupid: the value;
				 * signal: number; nsecs: clock; ntop: 0 (by size), AF_INET or AF_INET6 */
	u64 number2; /* print: div */
	u8 address[16]; /* pton */
	bool is_constant; /* number is known now (str with constant length, ntop with constant family, signal) */
	enum stack_mode mode; /* kstack, ustack */
};

/* Settings from config = { } , the environment (BPFTRACE_MAX_STRLEN or SKEP_MAX_STRLEN, ...) in that order of force. */
struct config {
	u32 max_strlen;   /* 1024 */
	u32 max_map_keys; /* 4096 */
	u32 max_probes;   /* 1024; 0: no limit below PROBE_MAX_TARGETS */
	u32 stack_frames; /* 127 */
	enum stack_mode stack_mode;
	bool print_maps_on_exit;
	u32 ring_pages;      /* event ring, in pages of 4 KiB; 0: default */
	const char *license; /* "GPL" */
	u32 missing_probes;  /* 0: error (default), 1: warn, 2: ignore */
	u32 on_stack_limit;
	u32 max_cat_bytes;
};

struct lang_options {
	int argc; /* positional parameters, and --name=value for getopt */
	char **argv;
	bool unsafe;    /* signal(), system() allowed */
	bool has_child; /* -c: cpid is known */
	u32 child_pid;
	u32 pid; /* -p */
};

struct program {
	struct clause *clause; /* a copy of its own, typed */
	enum attach kind;
	struct probe_args args; /* of its targets: the same for all */
	bool args_known;
	probe_targets targets;
	bool multi; /* k*, u* with many targets: one multi link where the kernel can */
	vec_of(struct var *) vars; /* all variables; index is the place in here */
	bool uses_probe;           /* `probe` or `func`: which target fired matters */
	bool has_callback;         /* contains a for loop */
};

struct unit {
	struct arena *arena;
	struct script_ast *ast;
	struct config config;
	vec_of(struct map *) maps;
	vec_of(struct program) programs; /* in the order of clauses, targets */
	const struct lang_options *options;
	struct probe_context *probes;
	struct types *types;
	bool uses_cpid;
};

/* Stage by stage, for -d and for tests. Source is d's; each returns 0 or -EINVAL with all that was found in d.
 * Parsing goes on after a mistake to report the next ones; *out is then what could be read, or NULL if nothing. */
void lang_dump_tokens(struct arena *a, const char *source, size_t len, struct buf *out);
int lang_parse(struct arena *a, const char *source, size_t len, struct script_ast **out,
	       struct diag *d);
/* A script that could not be parsed whole may be checked all the same, for the mistakes in the rest of it. */
void lang_dump_ast(const struct script_ast *ast, struct buf *out); /* -d ast */
int lang_check(struct script_ast *ast, struct probe_context *probes,
	       const struct lang_options *options, struct unit *out, struct diag *d);
void lang_dump_unit(const struct unit *u, struct buf *out); /* typed programs, -d ast after check */

/* Deep copy, for programs of one clause that differ in their arguments. */
struct clause *ast_copy_clause(struct arena *a, const struct clause *c);

#endif
