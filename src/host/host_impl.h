/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the room share:
 *
 *	host.c		open, load, close
 *	host_variable.c	variables get values
 *	host_record.c	what rings carry
 *	host_attach.c	which program goes where
 *	host_link.c	attaching that libbpf does not do
 *	host_multi.c	programs on many functions
 *	host_netfilter.c	hooks of netfilter
 *	host_route.c	programs of routes
 *	host_reuseport.c	sockets that share a port
 *	host_target.c	programs on other programs
 *	host_listen.c	ring buffers, iterators, messages
 *	host_perf.c	perf event arrays
 *	host_lines.c	what programs print
 *	host_socket.c	packets of socket filters and AF_XDP
 *	host_pin.c	what is to stay
 */
#ifndef HOST_HOST_IMPL_H
#define HOST_HOST_IMPL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/host.h"
#include "isa/section.h"

#define HOST_MAX_QUEUES 64

struct host_prog {
	struct bpf_program *prog; /* NULL: it is not loaded */
	const struct image_prog *image;
	struct section_match section;
	bool is_called; /* by others, through a program array or map: not to be attached */
};

/* What holds a program attached. */
struct host_held {
	const char *name;
	struct bpf_link *link; /* or */
	int fd;                /* a link of bpf(2); -1: none, it is held in another way */
};

/* A filter of an interface's clsact. */
struct host_filter {
	struct bpf_tc_opts opts;
	bool is_egress;
};

struct host_xsk;
struct host_source {
	struct host *host;
	const struct image_map *map;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	bool tells_lost; /* reading its events says how many records were lost; else so far: */
	u64 lost;
	struct user_ring_buffer *user;
	struct host_xsk *xsk;
	int socket; /* of a socket filter; -1: none */
	u8 *packet; /* room for one of its packets */
};

struct host {
	struct arena arena;
	const struct image *img;
	struct host_options opts;
	struct bpf_object *object;
	struct host_prog *progs; /* one for each of the image's */
	int *maps;               /* descriptors, one for each of the image's; -1: none */
	u32 *records;            /* types, likewise */
	u8 **memory;             /* of variables, likewise; NULL: not mapped yet */
	vec_of(struct host_held) held;
	u32 ifindex;
	u32 events;                    /* attachments and sources that act by themselves */
	int target;                    /* the program of options.target; -1 */
	vec_of(struct host_filter) tc; /* where there is no tcx */
	bool has_clsact, has_route;    /* made by us */
	vec_of(int) shared;            /* sockets of another process that have a program of ours */
	vec_of(struct host_source *) sources;
	const struct host_sink *sink; /* these two: NULL: nobody listens */
	struct loop *loop;
	struct host_losses losses;
	struct bpf_object *lines; /* these two: NULL: no program prints */
	struct bpf_link *lines_link;
	bool is_loaded;
};

/* "xdp (section \"xdp\")" for messages. */
const char *host_prog_text(struct host *h, const struct host_prog *p);
void host_hold(struct host *h, const struct host_prog *p, struct bpf_link *link, int fd);
/* The interface that programs are attached to; 0 with a message if none was told or there is none of that name. */
u32 host_ifindex(struct host *h, const char *what, struct diag *d);

/* ---- host_variable.c */
void host_variable_close(struct host *h);

/* ---- host_record.c */
void host_record_find(struct host *h);

/* ---- host_link.c: 0 or -errno with a message */
int host_link_xdp(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_tc(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_cgroup(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_netns(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_sockmap(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_perf(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_struct_ops(struct host *h, struct diag *d);
/* ---- host_multi.c, host_netfilter.c: likewise */
int host_link_multi(struct host *h, const struct host_prog *p, struct diag *d);
int host_link_netfilter(struct host *h, const struct host_prog *p, struct diag *d);
/* Reports that attaching failed with err (positive). */
int host_link_failed(struct host *h, const struct host_prog *p, int err, struct diag *d);
void host_link_detach(struct host *h);

/* ---- host_route.c: programs of light-weight tunnels. 0 or -errno with a message */
int host_route_attach(struct host *h, struct diag *d);
void host_route_detach(struct host *h);

/* ---- host_reuseport.c: 0 or -errno with a message */
int host_link_reuseport(struct host *h, const struct host_prog *p, struct diag *d);
void host_reuseport_detach(struct host *h);

/* ---- host_target.c: before load */
int host_target_set(struct host *h, struct diag *d);

/* ---- host_listen.c */
struct host_source *host_listen_add(struct host *h, const struct image_map *map);
void host_listen_drain(void *source);

/* ---- host_perf.c: NULL with errno */
struct perf_buffer *host_perf_open(int map, struct host_source *s);
u64 host_perf_lost(const struct host_source *s);

/* ---- host_lines.c */
int host_lines_listen(struct host *h, struct loop *loop, struct diag *d);
u64 host_lines_lost(const struct host *h);
void host_lines_close(struct host *h);

/* ---- host_socket.c */
int host_socket_filter(struct host *h, const struct host_prog *p, struct diag *d);
int host_socket_listen(struct host *h, struct loop *loop, struct diag *d);
void host_socket_close(struct host_source *s);
void host_socket_drain(struct host_source *s);

#endif
