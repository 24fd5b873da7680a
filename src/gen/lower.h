/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lowering: from the typed AST to IR. What the files of this step share.
 *
 *	lower.c      programs, statements, variables
 *	value.c      expressions that fit a register, and conditions
 *	place.c      memory: where things lie, how they are read, copied and cleared
 *	store.c      any expression's value into memory
 *	text.c       comparing and searching strings
 *	mapop.c      looking up, updating and deleting
 *	aggregate.c  count, sum, hist and so on
 *	event.c      records for user space: printf, print, exit
 *	call.c       the other functions
 *	describe.c   types with all that printing them takes
 *	loop.c       for loops, whose bodies are functions of their own
 */
#ifndef GEN_LOWER_H
#define GEN_LOWER_H

#include "gen/gen.h"
#include "gen/ir.h"

/* On the stack if not larger; else in per-CPU scratch memory. */
#define LOWER_MAX_ON_STACK 64
/* Of 512: callbacks, spills and the kernel's own needs get the rest. */
#define LOWER_STACK_BUDGET 320
#define LOWER_MAX_SCRATCH (32u << 10) /* the kernel's limit for a per-CPU value */
#define LOWER_COMM_SIZE 16
#define STACK_MAP_ENTRIES 8192u

enum place_kind {
	PLACE_MEM,    /* the program's own: stack, scratch, map value, ring buffer record */
	PLACE_CTX,    /* the context */
	PLACE_KERNEL, /* elsewhere in the kernel: read by helper */
	PLACE_USER,   /* in the process: read by helper */
};

/* Where a value lies. */
struct place {
	enum place_kind kind;
	struct ir_operand base; /* register, frame or .bss */
	s32 off;
	u8 bit_offset, bit_size; /* bit-fields */
	const struct object_core
		*core; /* PLACE_KERNEL: how `off` came about, if it may be relocated; NULL if not */
};

/* A function being lowered: the program itself or a loop's body. */
struct lower_func {
	struct ir_func *ir;
	struct lower_func *parent; /* NULL for the program */
	struct ir_operand
		outer_ctx; /* address of where the program's context is kept for loop bodies */
	u32 scratch; /* register of the scratch memory's address, or IR_NO_REG: not needed yet */
	u32 scratch_key;                 /* frame offset, negated */
	u32 top;                         /* bytes of stack in use at this point */
	u32 break_label, continue_label; /* of the innermost loop inside this function */
	bool in_loop;
	bool leaves; /* a loop's body with a break, return or exit() of the loop's or program's */
	u32 depth;   /* loops around */
	struct each_loop *each; /* the for-each loop whose body this is */
};

/* for ($kv : @map): the key and value at hand. */
struct each_loop {
	const struct var *var;
	const struct map *map;
	struct place key, value;
};

struct lower_var {
	bool declared;
	u32 reg; /* scalars that are neither captured nor addressed */
	bool in_scratch;
	s32 off; /* in the frame or in scratch */
};

struct gen {
	struct arena *arena;
	const struct unit *unit;
	const struct gen_options *opts;
	struct diag *diag;
	struct object *object;
	struct script *script;
	u64 pid_ns_device, pid_ns_inode;              /* our pid namespace; 0: the initial one */
	u32 events_map, stacks_map[128], scratch_map; /* index + 1; 0: not there yet */
	u32 *map_index;             /* of each unit map in object.maps; UINT32_MAX: in .bss */
	u32 *map_writers;           /* programs that write each unit map */
	u32 zero_offset, zero_size; /* a stretch of .bss that is always zero */
	bool busy;                  /* probes of the system write events */
	u32 largest_record;
	u32 lost_counter;  /* .bss offset + 1 */
	u32 *full_counter; /* likewise, for each unit map */

	const struct program *program;
	u32 program_index;
	struct lower_func *fn;
	struct lower_var *vars;
	u32 scratch_used, scratch_max;
	u32 leave_at;   /* scratch: a body stopped its loop (LEAVE_...), else 0 */
	u32 from_at;    /* scratch: where each nested range loop began */
	u32 body_count; /* loop bodies made, for their names */
	u32 body_stack; /* stack of the deepest nest of them */
	bool failed;
};

#define LEAVE_LOOP 1
#define LEAVE_PROGRAM 2
#define LOOP_DEPTH 4 /* of nested for loops */

/* lower.c */
int lower_program(struct gen *g, u32 index);
void lower_statement(struct gen *g, const struct node *n);
void lower_return(struct gen *g);
struct ir_operand lower_ctx(struct gen *g);
int lower_error(struct gen *g, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Emits a function once it is complete; its index in the object, or -EINVAL. */
int lower_finish(struct gen *g, struct lower_func *fn, u32 *stack);
/* Where a variable lives, unless it is in a register. */
bool lower_var_in_reg(const struct var *v);
struct place lower_var_place(struct gen *g, const struct var *v);
void lower_assign_var(struct gen *g, const struct var *v, const struct node *value);
void lower_declare(struct gen *g, const struct var *v);

/* value.c */
/* Whether values of the type are handled in registers. */
bool value_is_scalar(const struct type *t);
struct ir_operand value_of(struct gen *g, const struct node *n);
struct ir_operand value_convert(struct gen *g, struct ir_operand v, const struct type *from,
				const struct type *to);
/* The current process's or thread's number. */
struct ir_operand value_current(struct gen *g, bool thread);
struct ir_operand value_divide_signed(struct gen *g, u8 alu, struct ir_operand a,
				      struct ir_operand b);
/* Goes to `to` if the condition is false (or true, with invert), otherwise on. */
void value_branch(struct gen *g, const struct node *n, bool invert, u32 to);

/* place.c */
struct place place_of(struct gen *g, const struct node *n); /* of a thing that lies in memory */
bool place_has(const struct node *n);                       /* whether it does */
struct place place_mem(struct ir_operand base, s32 off);
struct place place_at(struct place p, s32 off);   /* further on */
struct place place_temp(struct gen *g, u32 size); /* until the statement's end */
bool place_fits_stack(const struct gen *g, u32 size);
u32 place_take_scratch(struct gen *g, u32 size); /* an offset for place_scratch() */
struct place place_scratch(struct gen *g, u32 offset);
/* The widest access at p + at, 8 to 1 bytes, that is aligned where it has to be and within left. */
u32 place_step(struct place p, u32 at, u32 left);
struct place place_through(struct gen *g, struct ir_operand pointer,
			   const struct type *pointer_type);
/* A field, which is no bit-field, of a record of the kernel's at an address. */
struct place place_field(struct gen *g, struct ir_operand address, const struct type *record,
			 const char *name, const struct field *found);
struct ir_operand place_address(struct gen *g, struct place p);
struct ir_operand place_load(struct gen *g, struct place p, const struct type *t);
void place_store(struct gen *g, struct place p, u32 size, struct ir_operand v);
void place_zero(struct gen *g, struct place p, u32 size);
void place_copy(struct gen *g, struct place to, struct place from, u32 size);
/* A NUL-terminated string of at most size bytes; pad: zeroes up to size. Returns its length with the NUL, or
 * a negative error. */
struct ir_operand place_copy_string(struct gen *g, struct place to, struct place from, u32 size,
				    bool pad, struct loc loc);

/* store.c */
/* Stores n as a value of type t. pad: bytes that are not used become zero, as map keys need it. */
void store_value(struct gen *g, const struct node *n, struct place to, const struct type *t,
		 bool pad);
/* The value in memory: where it is, or in a temporary. */
struct place store_somewhere(struct gen *g, const struct node *n, bool pad);

/* text.c */
void text_branch_equal(struct gen *g, const struct node *a, const struct node *b, bool invert,
		       u32 to);
struct ir_operand text_compare_n(struct gen *g, const struct node *a, const struct node *b, u64 n);
struct ir_operand text_contains(struct gen *g, const struct node *hay, const struct node *needle);
struct ir_operand text_length(struct gen *g, const struct node *s);
/* Goes to `to` when size bytes differ. */
void text_branch_bytes(struct gen *g, struct place a, struct place b, u32 size, u32 to);

/* mapop.c */
int mapop_prepare(struct gen *g); /* makes the object's maps */
u32 mapop_full_counter(struct gen *g, const struct map *m, struct loc loc);
struct place mapop_bss(struct gen *g,
		       const struct map *m); /* a scalar's value; is_set is 8 bytes before */
bool mapop_is_bss(const struct gen *g, const struct map *m);
struct ir_operand mapop_operand(const struct gen *g, const struct map *m);
/* The key's address; for keyless maps that are arrays a zero. */
struct place mapop_key(struct gen *g, const struct map *m, const struct node *keys);
struct ir_operand mapop_lookup(struct gen *g, const struct map *m, struct place key);
struct ir_operand mapop_read(struct gen *g, const struct node *n); /* a register's worth */
void mapop_read_to(struct gen *g, const struct node *n, struct place to, const struct type *t);
void mapop_assign(struct gen *g, const struct node *target, const struct node *value);
void mapop_assign_scalar(struct gen *g, const struct node *target, struct ir_operand v,
			 const struct type *from);
/* @x++ and @x += v for integers: in place, atomically. The result is the value before if wanted. */
struct ir_operand mapop_add(struct gen *g, const struct node *target, struct ir_operand v,
			    bool want_old);
struct ir_operand mapop_delete(struct gen *g, const struct map *m, const struct node *keys);
struct ir_operand mapop_has_key(struct gen *g, const struct map *m, const struct node *keys);
struct ir_operand mapop_len(struct gen *g, const struct map *m);
/* Counts r0 != 0 of an update. */
void mapop_check_update(struct gen *g, const struct map *m, struct ir_operand result,
			struct loc loc);

/* aggregate.c */
void aggregate_update(struct gen *g, const struct node *target, const struct node *call);
/*
 * Makes n the value at p, {number, is set}, if it is greater, and else may go to end. Not exclusive: another program may do
 * the same between any two instructions.
 */
void aggregate_keep_best(struct ir_func *f, struct ir_operand p, struct ir_operand n,
			 bool is_exclusive, u32 end);
struct ir_operand aggregate_read(struct gen *g, const struct map *m, struct place key);

/* event.c */
u32 event_action(struct gen *g, enum script_action_kind kind, struct loc loc);
/* Stores and submits a record of this action; args are appended to it. */
void event_emit(struct gen *g, u32 action, const struct node *args);
void event_print(struct gen *g, const struct node *n);
void event_join(struct gen *g, const struct node *n);
void event_size_ring(struct gen *g);
/* One more on a counter in .bss. */
void event_count(struct gen *g, u32 bss_offset);
u32 event_counter(struct gen *g, enum script_counter_kind kind, u32 map, const char *text,
		  struct loc loc);
u32 event_bss(struct gen *g, u32 size);

/* describe.c */
const struct type *describe_type(struct gen *g, const struct type *t); /* NULL for NULL */

/* call.c */
struct ir_operand call_value(struct gen *g,
			     const struct node *n); /* of calls that yield a scalar */
void call_store(struct gen *g, const struct node *n, struct place to, const struct type *t,
		bool pad);
void call_statement(struct gen *g, const struct node *n);
struct ir_operand call_stack_id(struct gen *g, bool user, u64 frames);
/* probe_read_kernel or _user of size bytes at address, failures counted. */
void call_read(struct gen *g, enum place_kind from, struct ir_operand to, struct ir_operand size,
	       struct ir_operand address, struct loc loc);

/* loop.c */
void loop_range(struct gen *g, const struct node *n);
void loop_each(struct gen *g, const struct node *n);
struct ir_operand loop_count(struct gen *g, const struct map *m);

#endif
