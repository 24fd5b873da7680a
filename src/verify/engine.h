/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verifier's walk: one path at a time, an instruction at a time. A check_*() judges an instruction and changes the current
 * state; false means that the program is rejected, and engine_fail() was told why. Where paths meet, states are kept, and a path that
 * is in a state that another one has covered ends there (prune.c).
 */
#ifndef VERIFY_ENGINE_H
#define VERIFY_ENGINE_H

#include "isa/prog_type.h"
#include "verify/field.h"
#include "verify/flow.h"
#include "verify/loops.h"
#include "verify/state.h"
#include "verify/verify.h"

#define VERIFY_MAP_UNSEEN (-2) /* in facts, until the call is reached */

/* The decisions that led to a point: a tree whose leaves are the paths. */
struct engine_trail {
	const struct engine_trail *before;
	u32 insn;
	bool is_taken,
		is_guess; /* is_guess: it cannot end so, but a CPU may think so for a while */
};

/* A state that was kept. It is done when all paths that go on from it are. */
struct engine_saved {
	struct state *state; /* owned; NULL once it is not compared any more */
	struct engine_saved *parent, *next;
	u32 open; /* paths from here that are not done */
};

struct engine_branch {
	struct state state;
	struct engine_saved *parent;
	const struct engine_trail *trail;
};

struct kfunc;
struct speculation_mask;

/* Of a struct of the object, once it was looked at. */
struct engine_fields {
	u32 type;
	struct fields fields;
};

struct engine_call {
	u32 from, to; /* first instructions of functions */
};

/* Whether the kernel knows that what is looked up in an array by a known key is there. */
enum engine_keys { KEYS_UNASKED, KEYS_UNKNOWN, KEYS_KNOWN };

struct engine {
	struct arena *arena; /* results */
	struct arena own;    /* what lives for the walk */
	const struct image *img;
	const struct image_prog *prog;
	const struct verify_options *opts;
	struct verify_result *out;
	struct flow flow;
	struct state *cur;
	struct engine_saved *parent; /* the last kept state on the path */
	const struct engine_trail *trail;
	vec_of(struct engine_branch) todo;
	struct engine_saved **saved; /* lists, of each instruction */
	u32 *saved_count;
	u32 next_id;
	const struct kfunc **kfuncs; /* of externs, as they are met */
	struct reg *ksyms;           /* likewise: what their addresses are */
	vec_of(struct engine_fields *) fields;
	struct reg shifted; /* a number, before it was shifted by 32 bits upwards */
	u32 shifted_id;     /* of what it has become; 0: none */
	u8 *pointers; /* of each load and store the kind of pointer that it was made through */
	u32 *depths;  /* bytes of stack of the function that begins there */
	vec_of(struct engine_call) calls;
	u64 max_steps;
	bool *called;     /* of each instruction: a global function begins there, and is called */
	bool *judged;     /* and was walked */
	u8 *effects;      /* of the function that begins there, see proto.c; NULL: not known yet */
	u32 jumps, insns; /* since the last kept state */
	struct speculation_mask *masks; /* of each instruction; see speculation.h */
	bool is_masked; /* one has a mask that depends on what is known of numbers */
	/* States that meet are joined, and loops are trusted to end by their counters: fast, but may reject what is fine. */
	bool joins;
	const struct loop *loops;
	u32 loop_count;
	struct counting *counting; /* of each loop; see counting.h */
	const u64 *limits;         /* numbers that the program compares with, ascending */
	u32 limit_count;
	struct buf log;
	u8 keys; /* enum engine_keys */
	bool failed;
	bool path_done;
};

/* What an instruction at hand may use. */
static inline struct reg *engine_reg(struct engine *e, u32 r)
{
	return &state_frame(e->cur)->regs[r];
}

/* What is left of a pointer to what is gone: a number, for those who may know it. */
static inline struct reg engine_stale(const struct engine *e)
{
	struct reg r = e->opts->privileged ? reg_unknown() : (struct reg){ 0 };

	r.is_stale = e->opts->privileged;
	return r;
}

__attribute__((format(printf, 4, 5))) bool engine_fail(struct engine *e, enum verify_category c,
						       const char *hint, const char *fmt, ...);
/* Whether what is walked may sleep but in sections: the program, or what work queues call, whatever the program is. */
static inline bool engine_sleeps(const struct engine *e)
{
	return e->prog->is_sleepable || e->cur->sleeps;
}

/* "r3" is readable; fails otherwise. */
bool engine_readable(struct engine *e, u32 r);
/* What "r3" was before it became stale is used. */
bool engine_fail_stale(struct engine *e, u32 r);
/* A function does not take what is in r as that argument; wants: what it takes. */
bool engine_fail_argument(struct engine *e, const char *function, u32 r, const char *wants);
/* Another path, from insn on, with a copy of the current state as it is. */
void engine_fork(struct engine *e, u32 insn, bool is_taken);
/* The same for one that no run takes, though a CPU may begin to. */
void engine_run_ahead(struct engine *e, u32 insn, bool is_taken);
void engine_note(struct engine *e, u32 insn, bool is_taken);
bool engine_walk(struct engine *e);

/* prune.c: true if the current path need not go on. */
bool prune_visit(struct engine *e);
void prune_path_done(struct engine *e, struct engine_saved *from);
void prune_free(struct engine *e);

bool check_alu(struct engine *e, const struct bpf_insn *i);
bool check_jump(struct engine *e, const struct bpf_insn *i);
bool check_load(struct engine *e, const struct bpf_insn *i);   /* LDX */
bool check_store(struct engine *e, const struct bpf_insn *i);  /* ST, STX, atomics */
bool check_imm64(struct engine *e, const struct bpf_insn *i);  /* 64-bit immediates */
bool check_legacy(struct engine *e, const struct bpf_insn *i); /* LD_ABS, LD_IND */
bool check_any_call(struct engine *e, const struct bpf_insn *i);
bool check_exit(struct engine *e);
bool check_depth(struct engine *e); /* of all calls that were met, once the walk is over */
bool check_helper(struct engine *e, const struct bpf_insn *i);
/* What calls back is a function of the kernel: that of trees, that of work queues. */
#define CHECK_NO_HELPER 0
#define CHECK_WORK UINT32_MAX
bool check_callback(struct engine *e, u32 func, u32 helper);

/* What an access is made for. */
struct access {
	u32 r; /* the register of the pointer, for messages */
	s32 off;
	u32 size;
	bool is_write;
	bool is_helper; /* or an atomic operation: no plain load or store */
};
/* An address that is a multiple of the access's size; `always`: even where programs of this kind need not care. */
bool check_alignment(struct engine *e, const struct reg *p, struct access a, bool always);
/* Memory of any kind but the stack and the context: in bounds, and may be written. */
bool check_memory(struct engine *e, const struct reg *p, struct access a);
/* The beginning of a string that nobody changes, and that ends. */
bool check_string(const struct engine *e, const struct reg *p);
/* The stack as bytes: for helpers, atomics. Reads have to be of written bytes; writes forget. */
bool check_stack_bytes(struct engine *e, const struct reg *p, struct access a);
bool check_stack_load(struct engine *e, const struct reg *p, struct access a, struct reg *out);
bool check_stack_store(struct engine *e, const struct reg *p, struct access a,
		       const struct reg *value);
/* The number that is a key of 4 bytes, as kernels know it; -1: it is not known. */
s64 check_stack_key(struct engine *e, const struct reg *p);
bool check_context(struct engine *e, const struct reg *p, struct access a, struct reg *out);

/* The fields of a struct of the object, of a map's value, of what a pointer leads to; never NULL. */
const struct fields *engine_fields(struct engine *e, u32 type);
const struct fields *engine_map_fields(struct engine *e, u32 map);
/* Fails for a map that the kernel does not make, as its values cannot be. */
bool engine_check_map(struct engine *e, u32 map);

/* kptr.c: a pointer that a value keeps. What is loaded of it, whether the access is a plain one of the whole, what may be stored. */
bool check_kptr(struct engine *e, const struct reg *p, struct access a, const struct field *k);
struct reg kptr_load(struct engine *e, const struct field *k);
bool kptr_store(struct engine *e, u32 r, const struct reg *value, const struct field *k);
/* bpf_kptr_xchg(): where a pointer is owned, and what is to be owned there instead. NULL: fails. */
const struct field *kptr_place(struct engine *e, u32 r, const char *who);
bool kptr_match(struct engine *e, u32 r, const struct field *k, const char *who);
/* The struct of the kernel that one of the fields owns, though the kernel has no function to release it with; NULL: there is none. */
const char *kptr_unowned(const struct engine *e, const struct fields *fields);

#endif
