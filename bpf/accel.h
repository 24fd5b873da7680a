/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's half (accel.bpf.c) and the host's half (src/net) of accel share: the values of its maps.
 *
 * control, socks, ends, halves and counters are pinned by these names, and a later version turns an earlier
 * one off by them; so `struct accel_control` keeps the place of its first three words, and socks has the
 * keys of ends, in every version.
 */
#ifndef BPF_ACCEL_H
#define BPF_ACCEL_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define ACCEL_MAGIC 0x736b6163u /* "skac" */
#define ACCEL_ABI 7
#define ACCEL_COMM 16
#define ACCEL_MAX_ENDS 65536
#define ACCEL_MAX_SERVICES 8192
#define ACCEL_MAX_HALVES 8192
#define ACCEL_MAX_LIST 4096
#define ACCEL_MAX_LEAVERS 4096
#define ACCEL_TAP_RING (1 << 20)
#define ACCEL_TAP_BYTES 4096 /* of a message that tap can have */

enum accel_mode {
	ACCEL_OFF, /* half-made, or being taken down: nobody enters, all leave */
	ACCEL_ON,
	ACCEL_PAUSED, /* nobody enters, all that is sent goes by TCP, once what was redirected is read */
};

enum accel_counter {
#define COUNTER(name, text) ACCEL_COUNT_##name,
#include "accel.def"
	ACCEL_COUNTERS
};

enum accel_reason {
#define REASON(name, NAME, text) ACCEL_REASON_##NAME,
#include "accel.def"
	ACCEL_REASONS
};

/* Map counters, an array per CPU. */
struct accel_totals {
	__u64 counter[ACCEL_COUNTERS];
	__u64 refused[ACCEL_REASONS];  /* before entering */
	__u64 fallback[ACCEL_REASONS]; /* a direction went back to TCP */
	__u64 backlog_max;             /* bytes, of any direction */
};

/* Map control, an array of one. */
struct accel_control {
	__u32 magic;
	__u32 abi;
	__u32 mode;
	__u32 lists;      /* ACCEL_LIST_...: what decides who may enter */
	__u64 limit;      /* bytes of memory that a direction's unread messages may take */
	__u64 budget;     /* the same for all that read in one cgroup */
	__u64 tap_until;  /* CLOCK_MONOTONIC, ns: tapped messages are copied until then; 0: never */
	__u64 since;      /* CLOCK_REALTIME, s: when it was turned on */
	__u32 quiet_refs; /* sk_refcnt of an idle socket in the map, its timers not counted */
	__u32 notes; /* ACCEL_NOTE_...: what this kernel does otherwise on sockets in the map */
	__u64 small; /* bytes: one-way streams of smaller messages are left to TCP; see ACCEL_SMALL_NODELAY */
	/* The functions that wake who sleeps in recv() and in poll(), by which they are known; 0: not found out. */
	__u64 recv_waker, poll_waker;
};
/* With TCP_NODELAY only those are whose messages are that many times smaller. */
#define ACCEL_SMALL_NODELAY 4
#define ACCEL_NOTE_FIONREAD 1 /* FIONREAD does not count redirected bytes */
#define ACCEL_NOTE_SPLICE 2   /* splice from a socket does not see them */

#define ACCEL_LIST_PORT 1        /* map ports: __u16 */
#define ACCEL_LIST_CIDR 2        /* map cidrs: struct accel_cidr */
#define ACCEL_LIST_UID 4         /* map uids: __u32 */
#define ACCEL_LIST_NONBLOCKING 8 /* no map: only non-blocking sockets */

struct accel_cidr {
	__u32 bits; /* IPv4 counts from 96 */
	__u8 addr[16];
};

/* Signals, as bits, that a program brings upon itself and so never has while it sleeps: ILL TRAP BUS FPE SEGV SYS. */
#define ACCEL_OWN_SIGNALS (1ull << 3 | 1ull << 4 | 1ull << 6 | 1ull << 7 | 1ull << 10 | 1ull << 30)

/* IPv4 addresses are mapped into IPv6 ones, ports are in host order. */
struct accel_tuple {
	__u8 local[16], remote[16];
	__u16 local_port, remote_port;
	__u32 netns; /* inode of the network namespace */
};

/* Map services: what connections to an address and port turned out to be like. */
struct accel_service_key {
	__u8 addr[16];
	__u32 netns; /* seen from there */
	__u16 port;
	__u16 pad;
};
struct accel_service {
	__u64 last_ns;      /* the last connection's beginning */
	__u64 banned_until; /* peers were outside the cgroup */
	__u32 is_local;     /* a connection to it had its peer on this host */
	__u32 gap_us;       /* between connections, averaged */
	__u32 closes;
	__u32 messages; /* of a connection, averaged over some */
	__u32 skipped;  /* since the last one that was let in to see whether they still are short */
	__u32 pad;
};

/* Map listeners: by which program a port is listened on. */
struct accel_listener_key {
	__u32 netns;
	__u16 port;
	__u16 pad;
};
struct accel_listener {
	__u64 cookie, sk; /* of the listening socket, to look at it later; 0: not known */
	__u32 pid;
	__u32 is_denied;
	__u32 may_block;      /* it has one thread and handles no signal: see accel_admit.h */
	__u32 is_nonblocking; /* as far as seen: what it accepts is taken to be so too */
	__u32 blocks;         /* which was wrong */
	__u32 unblocks; /* it blocks itself, but what it accepts is non-blocking before it is used */
	char comm[ACCEL_COMM];
};

/* Map habits: how a program waits for what comes on its sockets that block. See accel_habit.h. */
struct accel_habit_key {
	char comm[ACCEL_COMM];
	__u32 uid, netns;
	__u16 port;      /* that it connects to or listens on */
	__u16 is_active; /* it connects */
};
struct accel_habit {
	__u32 polls;  /* so often it was seen to wait in poll() */
	__u32 sleeps; /* it was seen to wait in recv() */
};

/* Map callers, by socket cookie: who uses a socket that blocks, from connect() or accept() on. */
struct accel_caller {
	struct accel_habit_key habit;
	__u32 may_block; /* as in struct accel_listener */
	__u32 seen;      /* rcv_nxt when it was last seen in poll() */
};

/* Map halves, by (snd_nxt << 32 | rcv_nxt) of the connecting end: waits for the mirror image. */
struct accel_half {
	__u64 cookie, sk, ns;
	__u32 entered; /* it is in socks */
	__u32 pad;
	struct accel_tuple tuple;
};

enum accel_state {
	ACCEL_TCP,
	ACCEL_REDIRECT,
};

/* Map ends, by socket cookie: a socket in the map and the direction from it to its peer. */
struct accel_end {
	/* What each message looks at, near together: see goes_as_before(). */
	__u64 sk, peer_sk; /* addresses of struct sock */
	__u64 peer;        /* its cookie; 0: none yet */
	/* The proof that nobody sleeps in TCP's own recv(): 1 << 32 | rcv_nxt when that was so; 0: none. */
	__u64 ready;
	__u64 peer_file; /* struct file of a peer that may sleep in recv(); 0: it does not */
	__u32 state;     /* enum accel_state */
	/* The connection is on its way out of the map, TCP for good; anyone may set it, nobody clears it. */
	__u32 leaving;
	__u32 credit; /* bytes of memory that are free for sure, so the backlog need not be looked at */
	__u32 run; /* messages since the peer was last looked at */
	__u64 run_bytes;
	__u64 messages, bytes; /* redirected */
	__u32 average;         /* bytes of a message, over the last ones */
	__u32 may_block;       /* its program may sleep in recv() */
	__u32 peer_polls;      /* the peer's may not, and does not */
	__u32 is_tracked;      /* netfilter may have to know that it is in use: see is_due() */
	__u32 is_busy;         /* when that was asked last, it was short after the time before */
	__u32 grant;           /* what credit was when it was given */

	__u64 ns; /* when it was established, CLOCK_MONOTONIC */
	struct accel_tuple tuple;
	__u64 cgroup, peer_cgroup;
	__u32 is_active; /* it connected */
	__u32 is_known;  /* that its program is not excluded */
	__u32 pid;       /* of who sent first */
	__u32 uid;
	char comm[ACCEL_COMM];
	struct accel_habit_key habit;
	__u32 polls; /* its program does not sleep in recv(), though its sockets block */

	/* The direction from here, written by its own sends only, which the socket's lock keeps apart. */
	__u64 tcp_messages, tcp_bytes; /* since it is paired */
	__u64 backlog_max;
	__u64 charged; /* to the peer's cgroup */
	__u64 limit;   /* bytes of memory that the unread messages may take */
	__u64 stuck;   /* bytes by TCP since the last fallback */
	__u64 peer_seen;
	__u64 tracked; /* when a message went by TCP for netfilter, CLOCK_MONOTONIC, about */
	__u64 looked;  /* when it was looked whether one has to */
	__u32 reason;  /* of the last fallback */
	__u32 starts;
	__u32 is_awaiting; /* a send waits awake for the peer's lock */
	__u32 dozes;       /* so many messages more do not */
	__u32 doze;        /* how many that was the last time; 0: it was not in vain */
	__u32 is_edged;    /* the limit was reached, and the peer waits for edges */
	__u32 sharers;     /* messages in a row that found peer_file in use by more than one */

	/* What has been seen since it leaves, in this order: see quiet(). */
	__u32 is_past, is_still;
	__u32 pad;
};

/* What program inspect is given, by its cookie, and tells. */
struct accel_inspect {
	__u64 cookie;
	__u32 refs, timer_refs; /* sk_refcnt, and how much of it are timers */
	__u32 calls;            /* threads that are in a send() or recv() of the map's */
	__u32 pad;
	__u32 unread;   /* bytes that wait for it, redirected ones included */
	__u32 is_empty; /* no redirected message waits */
	__u64 waker; /* the function that wakes who came last to wait for the socket; 0: nobody waits */
};

/* Map tap_ring. */
struct accel_tapped {
	__u64 ns; /* CLOCK_MONOTONIC */
	__u64 cookie;
	__u64 before;             /* bytes sent in this direction before it, since it is paired */
	struct accel_tuple tuple; /* of the sender */
	__u32 size;               /* of the message */
	__u32 captured;           /* bytes of it that follow */
	__u32 redirected;
	__u32 pad;
};

#endif
