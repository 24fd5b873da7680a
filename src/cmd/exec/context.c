/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/context.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "btf/rawvalue.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"

static enum ctx_id ctx_of(const struct exec_job *job)
{
	const struct prog_type_info *info = prog_type_info(exec_prog(job)->type);

	return info ? (enum ctx_id)info->ctx : CTX_NONE;
}

static bool is_socket(enum ctx_kind k)
{
	return k == CTX_KIND_SOCKET || k == CTX_KIND_SOCKET_OR_NULL ||
	       k == CTX_KIND_SOCK_COMMON_OR_NULL;
}

/* Of packets the addresses have 32 bits, and are made elsewhere. */
static bool is_pointer(const struct ctx_field *f)
{
	return (f->kind == CTX_KIND_PACKET || f->kind == CTX_KIND_PACKET_END) &&
	       f->size == sizeof(u64);
}

static bool has_field(enum ctx_id ctx, bool (*is_it)(const struct ctx_field *f))
{
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	for (size_t i = 0; i < n; i++) {
		if (fields[i].ctx == ctx && is_it(&fields[i]))
			return true;
	}
	return false;
}

static bool is_of_socket(const struct ctx_field *f)
{
	return is_socket(f->kind);
}

/* That of sk_lookup is what the program chooses. */
bool exec_has_socket(const struct exec_job *job)
{
	enum ctx_id ctx = ctx_of(job);

	return ctx == CTX_SOCK || (ctx != CTX_SK_LOOKUP && has_field(ctx, is_of_socket));
}

bool exec_has_data(const struct exec_job *job)
{
	return has_field(ctx_of(job), is_pointer);
}

bool exec_has_sysctl(const struct exec_job *job)
{
	return ctx_of(job) == CTX_SYSCTL;
}

/* ---- as text */

static u32 find_struct(const struct rawbtf *btf, const char *name)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (btf && (t = rawbtf_next(btf, &it))) {
		if (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT &&
		    !strcmp(rawbtf_str(btf, t->name_off), name))
			return it.id;
	}
	return 0;
}

/* Compilers leave a struct out of which they have met but a pointer in another one. */
u32 exec_context_type(const struct exec_job *job, const struct rawbtf **btf)
{
	const char *name = ctx_info(ctx_of(job))->name;
	u32 type;

	*btf = job->img->btf;
	if (strncmp(name, "struct ", 7) != 0)
		return 0;
	type = find_struct(*btf, name + 7);
	if (type)
		return type;
	*btf = job->kernel;
	return find_struct(*btf, name + 7);
}

static int read_fields(struct literal *l, const struct exec_job *job, u8 *ctx, u8 *mask, u32 size)
{
	const struct ctx_info *info = ctx_info(ctx_of(job));
	const struct rawbtf *of_object = l->btf;
	u32 type = exec_context_type(job, &l->btf);
	u64 has = type ? rawvalue_size(l->btf, type) : 0;
	int err;

	if (!type || has > size) {
		diag_error(l->d, literal_loc(l, 1), "%s is not among the types of %s", info->name,
			   job->file);
		diag_hint(l->d, "compile it with -g, or give the context in hexadecimal");
		return -EINVAL;
	}
	err = literal_value(l, type, ctx, mask, (u32)has);
	l->btf = of_object;
	return err;
}

int exec_context_read(struct literal *l, const struct exec_job *job, u8 **ctx, u8 **mask, u32 *len)
{
	const struct prog_type_info *type = prog_type_info(exec_prog(job)->type);
	const struct ctx_info *info = ctx_info(ctx_of(job));
	struct loc loc;

	literal_skip(l);
	loc = literal_loc(l, l->end - l->at);
	if (l->at < l->end && l->text[l->at] == '{') {
		*ctx = arena_alloc(job->arena, info->size + 1u);
		memset(*ctx, 0, info->size);
		if (mask) {
			*mask = arena_alloc(job->arena, info->size + 1u);
			memset(*mask, 0, info->size);
		}
		*len = info->size;
		if (read_fields(l, job, *ctx, mask ? *mask : NULL, info->size))
			return -EINVAL;
	} else if (literal_hex(l, job->arena, UINT32_MAX, ctx, mask, len)) {
		return -EINVAL;
	}
	if (literal_skip(l))
		return literal_expected(l, "fields as { .name = value }, or bytes in hexadecimal");
	if (*len > info->size)
		return diag_error(l->d, loc, "%u bytes, but the context of %s programs (%s) has %u",
				  *len, type->name, info->name, info->size);
	return 0;
}

static const char *trimmed(struct arena *a, const char *text, const char *end)
{
	while (text < end && strchr(" \t\n", *text))
		text++;
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	return arena_strndup(a, text, (size_t)(end - text));
}

int exec_sysctl_read(struct literal *l, struct arena *a, const struct exec_sysctl **out)
{
	const char *text = l->text + l->at, *end = l->text + l->end;
	const char *equals = memchr(text, '=', (size_t)(end - text));
	const char *arrow = equals ? memmem(equals, (size_t)(end - equals), "->", 2) : NULL;
	struct exec_sysctl *s = arena_new(a, struct exec_sysctl);

	if (!equals)
		return diag_error(l->d, literal_loc(l, l->end - l->at),
				  "here goes a sysctl like net/ipv4/ip_forward = 0 -> 1");
	s->name = trimmed(a, text, equals);
	s->current = trimmed(a, equals + 1, arrow ? arrow : end);
	s->written = arrow ? trimmed(a, arrow + 2, end) : NULL;
	if (!s->name[0] || strpbrk(s->name, " \t\n"))
		return diag_error(l->d, literal_loc(l, (u32)(equals - text)),
				  "this is no name of a sysctl");
	if (strlen(s->current) >= RUN_SYSCTL_BYTES ||
	    (s->written && strlen(s->written) >= RUN_SYSCTL_BYTES))
		return diag_error(l->d, literal_loc(l, l->end - l->at),
				  "a value has less than %d bytes", RUN_SYSCTL_BYTES);
	*out = s;
	return 0;
}

/* ---- what follows from the rest */

void exec_context_apply(void *ctx, const struct exec_job *job)
{
	u8 *to = ctx;

	for (u32 i = 0; job->ctx && i < job->ctx_len; i++) {
		u8 mask = job->ctx_mask ? job->ctx_mask[i] : 0xff;

		to[i] = (u8)((to[i] & ~mask) | (job->ctx[i] & mask));
	}
}

u32 exec_any_socket(struct socks *socks, const struct exec_job *job)
{
	const char *attach = attach_type_name(exec_prog(job)->attach);
	struct sock *s;

	if (!exec_has_socket(job) || !socks->arena || socks->all.n == SOCK_MAX)
		return 0;
	s = vec_add(socks->arena, &socks->all);
	sock_init(s, !attach || !strstr(attach, "_udp"));
	s->cookie = socks->all.n;
	s->view.family = attach && strchr(attach, '6') ? AF_INET6 : AF_INET;
	return (u32)socks->all.n;
}

/* The field of a socket that a context has under this name, too. */
static const struct ctx_field *same_field(const struct ctx_field *f)
{
	bool is_local = !strncmp(f->name, "local_", 6), is_remote = !strncmp(f->name, "remote_", 7);
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	/* A packet's mark, priority and protocol are its own. */
	if (f->ctx == CTX_SK_BUFF && !is_local && !is_remote && strcmp(f->name, "family") != 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *name = fields[i].name;

		if (fields[i].ctx != CTX_SOCK && fields[i].ctx != CTX_TCP_SOCK)
			continue;
		if ((is_local && !strncmp(name, "src_", 4) && !strcmp(name + 4, f->name + 6)) ||
		    (is_remote && !strncmp(name, "dst_", 4) && !strcmp(name + 4, f->name + 7)) ||
		    !strcmp(name, f->name))
			return &fields[i];
	}
	return NULL;
}

static void copy_field(u8 *ctx, const struct ctx_field *f, const struct sock *s)
{
	const struct ctx_field *from = same_field(f);
	const u8 *at;

	if (!from || f->kind != CTX_KIND_SCALAR)
		return;
	at = (from->ctx == CTX_SOCK ? (const u8 *)&s->view : (const u8 *)&s->tcp) + from->offset;
	if (from->size == f->size)
		memcpy(ctx + f->offset, at, f->size);
	else if (from->size == 2 &&
		 f->size == 4) /* a port in the order of the network, in four bytes */
		memcpy(ctx + f->offset + 2, at, 2);
}

/* How long the memory is that the pointers lead to. */
static const struct {
	enum ctx_id ctx;
	u32 offset;
} lengths[] = {
	{ CTX_SOCKOPT, offsetof(struct bpf_sockopt, optlen) },
	{ CTX_SK_REUSEPORT_MD, offsetof(struct sk_reuseport_md, len) },
	{ CTX_SK_MSG_MD, offsetof(struct sk_msg_md, size) },
	{ CTX_SOCK_OPS, offsetof(struct bpf_sock_ops, skb_len) },
};

void exec_context_fill(u8 *ctx, const struct exec_job *job, const struct exec_about *about,
		       const struct sock *s)
{
	enum ctx_id id = ctx_of(job);
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	for (size_t i = 0; s && i < n; i++) {
		if (fields[i].ctx == id)
			copy_field(ctx, &fields[i], s);
	}
	if (s && id == CTX_SOCK_OPS)
		((struct bpf_sock_ops *)(void *)ctx)->is_fullsock = sock_is_full(s);
	if (s && id == CTX_SK_REUSEPORT_MD)
		((struct sk_reuseport_md *)(void *)ctx)->ip_protocol = s->view.protocol;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (lengths[i].ctx == id)
			memcpy(ctx + lengths[i].offset, &about->len, sizeof(about->len));
	}
	if (id == CTX_SYSCTL && about->sysctl)
		((struct bpf_sysctl *)(void *)ctx)->write = !!about->sysctl->written;
}

void exec_context_point(u8 *ctx, const struct exec_job *job, const struct sock *s, const u8 *data,
			u32 len)
{
	enum ctx_id id = ctx_of(job);
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	for (size_t i = 0; i < n; i++) {
		const struct ctx_field *f = &fields[i];
		u64 to = s ? (u64)(uintptr_t)&s->view : 0;

		if (is_pointer(f))
			to = (u64)(uintptr_t)data + (f->kind == CTX_KIND_PACKET_END ? len : 0);
		/* What is being moved to another socket is nothing. */
		if (f->ctx == id && f->size == sizeof(to) &&
		    (is_pointer(f) || (is_socket(f->kind) && strcmp(f->name, "migrating_sk") != 0)))
			memcpy(ctx + f->offset, &to, sizeof(to));
	}
}

void exec_context_unpoint(u8 *ctx, const struct exec_job *job)
{
	exec_context_point(ctx, job, NULL, NULL, 0);
}
