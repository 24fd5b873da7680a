/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of a measured connection. All of it ends the process where it fails. */
#ifndef BENCH_ACCEL_ENDS_H
#define BENCH_ACCEL_ENDS_H

#include "bench/accel/meter.h"

/* Into the cgroup and the network namespace, before any socket is made. */
void ends_move(const struct meter_place *place);
/* To the first CPU that it may use. */
void ends_pin(void);
/* Woken, it waits for the CPU instead of taking it from who woke it. */
void ends_wait_for_cpu(void);

/* Listens, and tells the clients where. */
int ends_listen(struct meter *m);
int ends_connect(struct meter *m);

/*
 * The connection of one client and the server. By TCP it is their second one: services whose address is not this
 * host's own are known to be here only once they were connected to.
 */
int ends_server(struct meter *m);
int ends_client(struct meter *m);

/* All of it, in as many calls as it takes. */
void ends_send(int fd, const char *bytes, size_t size);
void ends_receive(int fd, char *bytes, size_t size);
/* What is received into and sent from: zeros, of n bytes. */
char *ends_buffer(size_t n);

#endif
