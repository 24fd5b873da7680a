/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only scripts have: where each program attaches, what each event says, how each map prints.
 * It travels in the section "skep" of the BPF object, so that a compiled script needs no compiler:
 * gen fills it in, session acts on it, and neither knows the other.
 *
 * An event in the ring buffer is { u32 action; u32 zero; payload }, where action is an index into
 * `actions` and the payload holds the action's arguments at their offsets (from the record's
 * start).
 */
#ifndef OBJECT_SCRIPT_H
#define OBJECT_SCRIPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/vec.h"
#include "btf/type.h"
#include "isa/attach.h"

#define SCRIPT_SECTION "skep"
#define SCRIPT_VERSION 2
#define SCRIPT_RINGBUF "skep_events" /* the ring buffer's map name */
/* Stacks of a depth other than the default lie in maps with "_DEPTH" after this, and their ids have the
 * depth in their upper halves. */
#define SCRIPT_STACKS "skep_stacks" /* the BPF_MAP_TYPE_STACK_TRACE map's name */
#define SCRIPT_BSS ".bss"           /* counters and scalar maps; see script_map.offset */

/* One place to attach to. Which fields mean something depends on the kind. */
struct script_target {
	/* Full name, as `probe` shows it: "tracepoint:syscalls:sys_enter_openat". */
	const char *name;
	/*
	 * tracepoint: category; k*, f*: kernel module or NULL; u*: path of the binary; software,
	 * hardware: event; self: "signal"; profile, interval: unit as written.
	 */
	const char *module;
	/*
	 * tracepoint, rawtracepoint: event; k*, f*, u*: symbol, or NULL for an address; self:
	 * signal's name.
	 */
	const char *func;
	u64 offset; /* k*: bytes from func, or an address without it; u*: file offset */
	/* profile with is_freq: hertz; profile, interval: ns; software, hardware: count. */
	u64 period;
	bool is_freq;
	u32 signal; /* self: number */
	u32 pid;    /* 0: any process */
};

struct script_program {
	const char *func; /* symbol of the BPF program in the object */
	enum attach kind;
	/* Written for kprobe_multi/uprobe_multi: attached as one link where the kernel can. */
	bool multi;
	u32 first_target; /* into script.targets; the attach cookie of each is its index */
	u32 target_count;
	u32 clause;     /* index of the clause in the script: programs run in this order */
	struct loc loc; /* of the probe's name in the script */
};

/* An argument: where its value lies in the record, and what it is. */
struct script_arg {
	const struct type *type;
	u32 offset;
};

enum script_action_kind {
	ACTION_PRINTF,      /* text: format; args */
	ACTION_ERRORF,      /* likewise; shown on stderr with the script's place */
	ACTION_WARNF,       /* likewise */
	ACTION_SYSTEM,      /* text: format of the command; args */
	ACTION_CAT,         /* text: format of the path; args */
	ACTION_PRINT_VALUE, /* args[0]: a value other than a map */
	ACTION_PRINT_MAP,   /* map; top, div constants */
	/* print(@m[key]): map; args[0]: key; args[1]: value (not for per-CPU maps: looked up). */
	ACTION_PRINT_ENTRY,
	ACTION_CLEAR, /* map */
	ACTION_ZERO,  /* map */
	ACTION_TIME,  /* text: strftime format */
	ACTION_JOIN,  /* text: separator; args: strings, ends at the first empty one */
	ACTION_EXIT,  /* args[0] if any: exit code */
};

struct script_action {
	enum script_action_kind kind;
	const char *text;
	u32 map;      /* index into script.maps */
	u32 top, div; /* print(@, top, div); 0: not given */
	u32 size;     /* of the whole record, header included */
	struct loc loc;
	vec_of(struct script_arg) args;
};

struct script_map {
	const char *name;       /* "@", "@start": as the script writes it */
	const char *bpf_name;   /* the map's name in the object; NULL if it is a variable in .bss */
	const struct type *key; /* NULL: a scalar map. One key is its type, several are a tuple */
	const struct type *value;
	bool per_cpu;
	/*
	 * Variables in .bss: { u64 is_set; value } at this offset. A keyless per-CPU map is a
	 * per-CPU array of one element, { value } with the aggregate's own notion of empty.
	 */
	u32 offset;
	u32 max_entries;
};

enum script_counter_kind {
	COUNTER_LOST_EVENTS, /* ring buffer full: records not written */
	COUNTER_MAP_FULL,    /* map: an update failed, so a value was not stored */
	COUNTER_EXIT,        /* exit() found the ring full: it counts all the same */
	COUNTER_READ,        /* reading memory failed: text names the call, loc its place */
	COUNTER_HELPER,      /* another helper failed: likewise */
	COUNTER_KINDS
};

/* A u64 in .bss at `offset`, incremented atomically by the programs; shown when it is not 0. */
struct script_counter {
	enum script_counter_kind kind;
	u32 offset;
	u32 map;
	const char *text;
	struct loc loc;
};

struct script {
	struct arena *arena; /* owns all that hangs off it */
	vec_of(struct script_target) targets;
	vec_of(struct script_program) programs;
	vec_of(struct script_action) actions;
	vec_of(struct script_map) maps;
	vec_of(struct script_counter) counters;
	vec_of(const char *) strings; /* strftime formats */
	const char *source_name;
	const char *source; /* the script's text, so that a saved object can show its lines */
	bool uses_cpid;
	bool uses_elapsed;
	u32 elapsed_offset; /* .bss: u64, the boot-time clock when the script began, for `elapsed` */
	/* config = { ... } and the environment's settings that matter when running */
	bool print_maps_on_exit;
	u32 max_map_keys, max_strlen, stack_frames;
};

void script_init(struct script *s, struct arena *arena);
/* Appends the section's bytes. Both directions are written once, as one walk over the fields. */
void script_encode(const struct script *s, struct buf *out);
/*
 * Everything is checked: counts, indices, offsets within records, type depth. -EINVAL with a
 * reason in d.
 */
int script_decode(struct script *s, struct arena *arena, const void *data, size_t len,
		  struct diag *d);

#endif
