/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a BPF object of any tool in the kernel: what its sections and maps are says what is done with it.
 *
 *	open     libbpf reads it; programs get their types by isa/section.def, which knows more than libbpf does
 *	set      variables get other values
 *	load     or a rejection, with the verifier's log
 *	listen   what programs print and send is handed to a sink, as it comes
 *	attach   each program where its section says, with what the options say of interfaces, cgroups and processes
 *	send     messages into user ring buffers
 *	close    all is taken off; the kernel does that by itself if the process dies
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "base/loop.h"
#include "object/image.h"

struct host;

struct host_options {
	const char *dev;    /* interface for XDP, tc, socket filters, AF_XDP; NULL: not told */
	const char *cgroup; /* path; NULL: not told */
	const char *
		target; /* program for fentry, fexit, freplace: id, name or pin; NULL: the kernel */
	const char *const *hooks; /* for netfilter: "[PROGRAM=]ip|ip6:HOOK[:PRIORITY[:defrag]]" */
	size_t hook_count;
	const char *route; /* for light-weight tunnels: "PREFIX[ via ADDRESS]"; NULL: not told */
	u32 pid; /* whom perf_event programs sample, 0: all; whose sockets sk_reuseport chooses among */
	u32 hz;       /* how often */
	bool egress;  /* tc programs whose section does not say */
	bool generic; /* XDP without the driver's help */
};

/* What comes of a running program. All are called from within loop_run(), host_drain() and host_iterate(). */
struct host_sink {
	void (*line)(void *arg, const char *line, size_t len); /* bpf_printk() */
	void (*record)(void *arg, const struct image_map *map, u32 cpu, const void *data,
		       size_t len);
	/* A packet that a socket got: by an XSKMAP, or by a socket filter's program (map NULL). */
	void (*packet)(void *arg, const struct image_map *map, u32 queue, const void *data,
		       size_t len);
	void (*text)(void *arg, const char *text, size_t len); /* of an iterator */
	void *arg;
};

/* Why it was not loaded: program and log live in the arena of the image. */
struct host_rejection {
	const struct image_prog
		*prog; /* NULL: it was no program that failed, and d has the message */
	const char *log;
};

/* elf and img have to outlive the host. 0 or -errno with a message; *out is to be closed by host_close(). */
int host_open(const void *elf, size_t len, const struct image *img, const struct host_options *opts,
	      struct diag *d, struct host **out);
void host_close(struct host *h); /* NULL is accepted */

/*
 * "NAME=VALUE", a value as literal.h reads it; NAME may go into structs and arrays by no more than its own name. Constants only
 * before load. 0 or -EINVAL with a message.
 */
int host_set(struct host *h, const char *assignment, struct diag *d);
/* "MAP=TYPE", or "TYPE" for all: what rings carry, where the object does not say it. 0 or -EINVAL with a message. */
int host_set_record(struct host *h, const char *record, struct diag *d);
/* Sets an integer if there is a variable of that name. */
void host_set_number(struct host *h, const char *name, u64 value);

/* 0 or -errno; with out->prog NULL a message is in d. */
int host_load(struct host *h, struct host_rejection *out, struct diag *d);
/* To be called before host_attach() by who wants to hear. 0 or -errno with a message. The sink and the loop have to outlive it. */
int host_listen(struct host *h, struct loop *loop, const struct host_sink *sink, struct diag *d);
/* Attaches all; programs that others call by program arrays are left alone. 0 or -errno with a message. */
int host_attach(struct host *h, struct diag *d);
/* How many places programs are attached to; whether anything may happen by itself from now on. */
u32 host_attached(const struct host *h);
bool host_may_go_on(const struct host *h);
/* Pins programs, maps and links below the directory, which is made. 0 or -errno with a message. */
int host_pin(struct host *h, const char *dir, struct diag *d);

/* Runs the programs of section "syscall" once. 0 or -errno with a message. */
int host_run(struct host *h, struct diag *d);
bool host_takes_messages(const struct host *h); /* there is a user ring buffer */
/* A message into each user ring buffer: as a value of its record's type, or the line's bytes; then host_run(). */
int host_send(struct host *h, const char *line, size_t len, struct diag *d);
/* Takes programs off, so that nothing is sent any more, and hands over what is left. */
void host_drain(struct host *h);
/* What iterators tell. 0 or -errno with a message. */
int host_iterate(struct host *h, struct diag *d);

/* The descriptor of a map of the image, owned by the host; -1: it does not exist by itself. */
int host_map_fd(const struct host *h, u32 map);
/* What a ring buffer or perf event array carries, in the image's BTF; 0: not known. */
u32 host_record_type(const struct host *h, const struct image_map *map);

/* What found no room on its way here. */
struct host_losses {
	u64 lines, records, packets;
};
struct host_losses host_losses(const struct host *h);

#endif
