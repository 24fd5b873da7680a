/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer of results: text as it is, or one JSON value per line. Buffered; flushed when the caller
 * goes idle. Write errors stick (EPIPE ends a session quietly).
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include "base/buf.h"

enum out_flush_mode {
	OUT_FLUSH_IDLE, /* whenever the caller has nothing else to do */
	OUT_FLUSH_FULL, /* only when 64 KiB have come together, and at the end */
	OUT_FLUSH_EACH, /* after each write */
};

struct out {
	int fd;
	enum out_flush_mode flush; /* OUT_FLUSH_IDLE unless set after out_init() */
	bool json;
	bool used;   /* something has been written, if only into the buffer */
	bool failed; /* a write failed: error holds errno */
	int error;
	bool pretty; /* JSON: a line for each element, indented */
	bool comma;  /* JSON: a comma is due before the next element */
	bool keyed;  /* JSON: the key of the next value has been written */
	u32 depth;   /* JSON: brackets that are open */
	struct buf buf;
};

void out_init(struct out *o, int fd, bool json);
void out_done(struct out *o); /* flushes and frees; does not close fd */
void out_flush(struct out *o);
void out_idle(struct out *o); /* flushes unless the mode is OUT_FLUSH_FULL */

void out_write(struct out *o, const void *p, size_t n);
void out_puts(struct out *o, const char *s);
void out_printf(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* JSON: commas and escapes are taken care of; key is NULL inside arrays and at the top. */
void out_json_open(struct out *o, const char *key, char bracket); /* '{' or '[' */
void out_json_close(struct out *o, char bracket);                 /* '}' or ']' */
/* A byte that is no UTF-8 becomes \ufffd. */
void out_json_str(struct out *o, const char *key, const char *s, size_t n);
void out_json_s64(struct out *o, const char *key, s64 v);
void out_json_u64(struct out *o, const char *key, u64 v);
/* With so many digits behind the point; null if v is none that JSON has. */
void out_json_f64(struct out *o, const char *key, double v, int digits);
void out_json_bool(struct out *o, const char *key, bool v);
void out_json_null(struct out *o, const char *key);
/* A key by itself, before open or a value with key NULL. */
void out_json_key(struct out *o, const char *key, size_t n);
/* A value, and a key with its colon, that are JSON already. */
void out_json_ready(struct out *o, const char *key, const char *text, size_t n);
void out_json_ready_key(struct out *o, const char *text, size_t n);
void out_json_end(struct out *o); /* end of a top-level value: newline */

#endif
