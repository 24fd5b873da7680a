/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs a program for `skep exec`: the machine or the kernel. Both are asked in the same way, so that what they say can be
 * compared.
 *
 *	open, then for each input run and drain, then next, read and take for what is in maps, close
 */
#ifndef CMD_EXEC_ENGINE_H
#define CMD_EXEC_ENGINE_H

#include "machine/cgroup.h"
#include "machine/fib.h"
#include "machine/machine.h"
#include "machine/sock.h"

#define EXEC_ETH 14 /* bytes of an Ethernet header */
/* Instructions of one run, where they are counted: some seconds. */
#define EXEC_FUEL 1000000000ull

/* What is run, and how. */
struct exec_job {
	struct arena *arena;
	struct diag *diag;
	const char *file; /* of the object */
	const void *elf;
	size_t elf_len;
	const struct image *img;
	const struct rawbtf *kernel; /* its types; NULL: not known */
	u32 prog;
	enum machine_mode mode;
	bool count_hits;
	u32 cpu, cpus; /* cpus: that per-CPU maps have values of */
	u32 ifindex;   /* 0: not told */
	u32 repeat;
	struct run_task task;
	bool set_data; /* variables begin as img has them, which was changed since it was read from elf */
	u64 now;       /* what the machine's clocks say, in ns; 0: the clocks' own time */
	const struct fib *fib;         /* the machine's routes; NULL: none */
	const struct cgroups *cgroups; /* and its tree of cgroups */
	const struct socks *socks;     /* and its sockets */
	const u8 *ctx;                 /* as given, NULL: not told */
	const u8 *ctx_mask;            /* which of its bits were; NULL: all */
	u32 ctx_len;
};

struct exec_sysctl {
	const char *name, *current; /* current: without the newline that it is read with */
	const char *written;        /* NULL: it is read */
};

/* What belongs to a context beside its fields. */
struct exec_about {
	u32 socket;     /* 1 and more: of job->socks the one that it is about; 0: none */
	const u8 *data; /* what its pointers lead to; NULL: nothing */
	u32 len;
	const struct exec_sysctl *sysctl; /* NULL: none */
};

struct exec_input {
	u32 number;     /* from 1 */
	const u8 *data; /* of a packet; NULL: the context is all there is */
	u32 len;
	u32 link_type;
	u64 ns;       /* when it was captured; 0: not known */
	bool is_text; /* given on the command line */
	struct exec_about about;
};

enum exec_outcome {
	EXEC_RAN,
	EXEC_TRAPPED, /* it did what no program may */
	EXEC_REFUSED, /* the input is none that it can be run on */
};

struct exec_result {
	enum exec_outcome outcome;
	struct buf why;                /* if it did not run to its end */
	const struct image_line *line; /* of a trap; NULL: not known */
	u32 ret;
	const u8 *data; /* the packet afterwards, until the engine runs again; NULL: none */
	u32 len;
	u64 ns; /* of one run on average */
	/* The machine knows what became of the context and what belongs to it; valid until the engine runs again. */
	const u8 *ctx; /* without pointers; NULL: not known, or of a packet */
	u32 ctx_len;
	bool is_ctx_changed;
	const u8 *about; /* what its pointers lead to */
	u32 about_len;
	const char *sysctl; /* what is written to it in the end; NULL: nothing is */
	u32 socket;         /* the one that was chosen, 1 and more as of exec_about; 0: none */
	s32 retval;         /* what bpf_set_retval() has said */
	/* The machine knows where a packet is redirected to; the kernel does not tell. */
	bool has_target;
	u32 ifindex;          /* 0: by a map */
	const char *map_name; /* whose entry with this key */
	u64 map_key;
};

/* What programs send: cpu and record of a map; or, with map NULL, a line that they print. */
typedef void (*exec_sink)(void *arg, const struct image_map *map, u32 cpu, const void *data,
			  size_t len);

struct exec_engine;
struct exec_engine_ops {
	const char *name;
	/* 0 or -errno with a message. */
	int (*open)(struct exec_engine *e);
	void (*run)(struct exec_engine *e, const struct exec_input *in, struct exec_result *r);
	/* Hands over what was sent and printed since the last time; the number that was lost for lack of room. */
	u64 (*drain)(struct exec_engine *e, exec_sink sink, void *arg);
	/* As map_next(), map_read() and map_take() of machine/map.h, by the map's index. */
	int (*next)(struct exec_engine *e, u32 map, const void *key, void *next);
	int (*read)(struct exec_engine *e, u32 map, const void *key, void *value);
	int (*take)(struct exec_engine *e, u32 map, void *value);
	/* As map_write(). */
	int (*write)(struct exec_engine *e, u32 map, const void *key, const void *value);
	/* Both for a map that is in a map of maps, at an outer key; write makes one where there is none. value NULL: is there one? */
	int (*read_inner)(struct exec_engine *e, u32 map, const void *outer, const void *key,
			  void *value);
	int (*write_inner)(struct exec_engine *e, u32 map, const void *outer, const void *key,
			   const void *value);
	/* Which of the object's maps that is; -ENOENT: there is none, -ESRCH: it is none of the object's. */
	s32 (*inner)(struct exec_engine *e, u32 map, const void *outer);
	/* Puts a record into a user ring buffer. */
	int (*send)(struct exec_engine *e, u32 map, const void *data, u32 len);
	/* What is in maps of sockets (its number as of exec_about) and cgroups (its number); 0: nothing is. NULL: only the machine can. */
	int (*set_item)(struct exec_engine *e, u32 map, const void *key, u64 item);
	u64 (*item)(struct exec_engine *e, u32 map, const void *key);
	/* Sets all clocks and runs the timers that are due then; NULL: the engine's clocks are not its own. */
	void (*advance)(struct exec_engine *e, u64 now, struct exec_result *r);
	/* How often each instruction of a program was run; NULL if it is not counted. */
	const u64 *(*hits)(struct exec_engine *e, u32 prog);
	/* How many timers run, and how many ns it is until the first is due; NULL: the engine does not know. */
	u32 (*timers)(struct exec_engine *e, u64 *wait);
	void (*close)(struct exec_engine *e); /* also what is half open */
};

struct exec_engine {
	const struct exec_engine_ops *ops;
	const struct exec_job *job;
	void *own;         /* the engine's */
	const char *label; /* what messages call it; NULL: ops->name */
};

extern const struct exec_engine_ops exec_machine, exec_kernel;

static inline const char *exec_label(const struct exec_engine *e)
{
	return e->label ? e->label : e->ops->name;
}

static inline const struct image_prog *exec_prog(const struct exec_job *job)
{
	return &job->img->progs.at[job->prog];
}

#endif
