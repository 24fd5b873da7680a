/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known at one point of one path: registers and stack of each function that is being run, what has been acquired.
 *
 *	state ── frames[0] (the program)   r0..r10, slots of 8 bytes from the top of the stack down
 *	      ├─ frames[1] (what it calls)
 *	      └─ refs: ids of what has to be released
 *
 * A pointer is a kind, a fixed distance `off`, and a variable one, `n`. Ids tie together what is learned at once: copies of a number, copies of
 * a pointer that may be NULL, packet pointers with the same variable distance. Numbers with the same id and other `off` differ by just that.
 */
#ifndef VERIFY_STATE_H
#define VERIFY_STATE_H

#include "verify/scalar.h"

#define STATE_FRAMES 8
#define STATE_STACK 512
#define STATE_SLOTS (STATE_STACK / 8)
#define STATE_REFS 32
#define STATE_MAX_OFFSET (1 << 29)
#define STATE_LOCK_OBJECT (1u << 31)
#define STATE_NAME                                                                                 \
	(1u << 31) /* in ids of numbers that are the same in all states: see counting.h */

enum reg_kind {
	REG_NONE, /* nothing was written */
	REG_SCALAR,
	REG_CTX,
	REG_MAP,
	REG_VALUE,
	REG_STACK,
	REG_PACKET,
	REG_PACKET_META,
	REG_PACKET_END,
	REG_MEM, /* `size` bytes that a helper gave */
	REG_SOCK_COMMON,
	REG_SOCK,
	REG_TCP_SOCK,
	REG_BTF,    /* a struct of the kernel */
	REG_OBJECT, /* a struct of the program's own, made by bpf_obj_new(): see owned.h */
	REG_FLOW_KEYS,
	REG_FUNC,
	REG_PERCPU, /* a variable of the kernel that each CPU has for itself: see ksym.h */
	REG_ITER,   /* on the stack only: see iter.c */
	REG_DYNPTR, /* on the stack, or handed to a callback: see dynptr.h */
};

/* How far a pointer to a struct of the kernel may be relied upon: whether the struct stays where it is. */
enum reg_trust {
	TRUST_PLAIN, /* as functions that are traced get them: for helpers, not for kernel functions */
	TRUST_TRUSTED, /* acquired, or handed over by who holds it */
	TRUST_RCU,     /* until the RCU section ends */
	TRUST_NOTHING, /* read from memory: may be NULL or stale, and is only read through */
};

struct reg {
	u8 kind;  /* enum reg_kind */
	u8 trust; /* enum reg_trust, of REG_BTF and REG_OBJECT */
	u8 frame; /* of REG_STACK */
	bool maybe_null;
	bool is_read_only;
	bool is_record; /* REG_MEM: reserved in a ring buffer */
	bool is_packet; /* REG_MEM: a slice of the packet */
	bool is_stale;  /* REG_SCALAR: was a pointer to what is gone; for messages */
	bool is_lent;   /* REG_OBJECT: there as long as the lock is held */
	bool is_percpu; /* REG_OBJECT: each CPU has one for itself */
	s32 off;
	u32 id;  /* 0: tied to nothing */
	u32 ref; /* 0: needs no release */
	/* Index, of REG_MAP and REG_VALUE; of REG_BTF, REG_PERCPU and REG_OBJECT the type's id in the kernel's BTF, the object's. */
	u32 map;
	u32 size; /* REG_MEM: bytes; REG_PACKET, REG_PACKET_META: bytes from off 0 that are there; REG_FUNC: instruction */
	struct scalar n;
};

enum byte_kind { BYTE_NONE, BYTE_MISC, BYTE_ZERO, BYTE_SPILL };

/* Eight bytes of stack. Of a spilled register `from` is its first byte and `size` how many. */
struct slot {
	u8 bytes[8]; /* enum byte_kind */
	u8 from, size;
	u8 zero; /* bytes of a zero that was stored whole at its beginning; 0: none was, or it was written over */
	struct reg spill;
};

struct frame {
	struct reg regs[11];
	u32 call; /* the instruction that called */
	u32 start;
	bool is_callback;
	u32 calls_back;          /* rounds of the bpf_loop() that is being gone through */
	u32 ref_count, first_id; /* of references, and the last id, when it was entered */
	u32 depth;               /* bytes of stack in use */
	u32 slot_count;
	struct slot *slots; /* slots[i] is at r10 - 8 * (i + 1); owned */
};

struct state {
	u32 insn, from; /* from: the instruction before it on the path */
	u32 frame_count;
	u32 ref_count;
	u32 refs[STATE_REFS];
	u32 lock;            /* id of the value whose lock is held, 0: none */
	u32 lock_map;        /* of its map, or of its object's type with STATE_LOCK_OBJECT */
	u32 rcu, preempt;    /* sections that were entered, within each other */
	u32 rounds;          /* may_goto that were gone through, not taken */
	bool is_speculative; /* no run comes here, but a CPU may by a wrong guess */
	bool sleeps;         /* in a function that a work queue calls */
	bool is_round;       /* just came back from a callback to the call that calls it again */
	struct frame frames[STATE_FRAMES];
};

/* Heap; copies own their slots. */
void state_copy(struct state *to, const struct state *from);
void state_done(struct state *s);
/* A copy that is only looked at: it has no room for more frames. */
struct state *state_new(const struct state *from);
void state_free(struct state *s);
struct frame *state_frame(struct state *s); /* the innermost */
/* Slots down to this one exist afterwards. */
struct slot *frame_slot(struct frame *f, u32 index);
/* Memory that was overwritten by an unknown number of unknown bytes: off is from r10, below 0. */
void frame_forget(struct frame *f, s32 off, u32 size);

static inline struct reg reg_scalar(struct scalar n)
{
	return (struct reg){ .kind = REG_SCALAR, .n = n };
}

static inline struct reg reg_unknown(void)
{
	return reg_scalar(scalar_unknown(SCALAR_BITS));
}

static inline struct reg reg_const(u64 v)
{
	return reg_scalar(scalar_const(v, SCALAR_BITS));
}

struct reg reg_pointer(enum reg_kind kind);
bool reg_is_packet(const struct reg *r);
bool reg_is_pointer(const struct reg *r);
/* A struct of the kernel that is there for sure, if it is not NULL. */
bool reg_is_trusted(const struct reg *r);

/* Every register and spilled register of all frames. */
typedef void (*state_visit)(struct reg *r, void *arg);
void state_each(struct state *s, state_visit visit, void *arg);

bool state_has_ref(const struct state *s, u32 id);
bool state_add_ref(struct state *s, u32 id); /* false: too many */
/* Pointers that are stale become `left`, in registers and on the stack. */
typedef bool (*state_test)(const struct reg *r, const void *arg);
void state_forget(struct state *s, state_test is_stale, const void *arg, struct reg left);
/* Forgets it and all pointers to it. */
void state_release(struct state *s, u32 id, struct reg left);

/* Whether all that new may be is covered by old. */
bool state_subset(const struct state *new, const struct state *old);

/* How far numbers that grow from one state to the next are let go. */
enum state_widen {
	STATE_EXACT,  /* as far as they have grown */
	STATE_LIMITS, /* up to the next number that the program compares with */
	STATE_ANY,    /* nothing is known of them */
};
struct state_joining {
	enum state_widen widen;
	const u64 *limits; /* ascending */
	u32 limit_count;
	u32 *next_id;
};
/* A state that covers both; false if they differ in more than numbers. */
bool state_join(struct state *into, const struct state *other, const struct state_joining *how);

const char *reg_kind_name(enum reg_kind kind);
void reg_print(const struct reg *r, struct buf *out);

#endif
