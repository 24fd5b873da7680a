/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that give strings, bytes and text: str, buf, ntop, ... */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "lang/check_call.h"
#include "lang/check_type.h"

enum { CHECK_HEADER = 4 }; /* of a buffer: its length */

/* An address: a pointer or a 64-bit integer. */
static bool check_is_address(const struct type *t)
{
	return t->kind == TYPE_PTR || (t->kind == TYPE_INT && t->size == 8);
}

/* A string without a length is itself: the call goes away. */
static const struct type *check_call_str_itself(struct node *n)
{
	struct node *next = n->next;

	*n = *n->call.args;
	n->next = next;
	return n->type;
}

const struct type *check_call_str(struct check *c, struct node *n)
{
	u32 limit = c->u->config.max_strlen;
	struct call_info *info = n->call.info;
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);
	s64 len;

	info->number = limit;
	info->is_constant = true;
	if (arg->next && check_integer(c, arg->next, "str: the length")) {
		info->is_constant = check_constant(arg->next, &len);
		if (info->is_constant && len < 0)
			check_error(c, arg->next->loc, "str: the length cannot be negative");
		else if (info->is_constant && len < limit)
			info->number = len ? (u64)len : 1; /* the terminator included */
	}
	if (!t)
		return check_string_type(c, (u32)info->number);
	if (t->kind == TYPE_STRING && !arg->next)
		return check_call_str_itself(n);
	if (!check_is_address(t) && t->kind != TYPE_STRING &&
	    !(t->kind == TYPE_ARRAY && t->target->size == 1)) {
		check_error(c, arg->loc, "str() takes a pointer or an array of chars, not %s",
			    check_name(c, t));
		return NULL;
	}
	return check_string_type(c, (u32)info->number);
}

static const struct type *check_buf_type(struct check *c, u32 bytes, const struct type *old)
{
	if (old && old->kind == TYPE_BUF && old->size == bytes + CHECK_HEADER)
		return old;
	return type_new(c->arena, TYPE_BUF, bytes + CHECK_HEADER);
}

const struct type *check_call_buf(struct check *c, struct node *n)
{
	u32 limit = c->u->config.max_strlen;
	struct call_info *info = n->call.info;
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);
	s64 len;

	if (!t)
		return NULL;
	check_as_array(arg);
	t = arg->type;
	info->number = limit;
	info->is_constant = false;
	if (arg->next) {
		if (!check_integer(c, arg->next, "buf: the length"))
			return NULL;
		if (check_constant(arg->next, &len)) {
			if (len < 1) {
				check_error(c, arg->next->loc,
					    "buf: the length has to be at least 1");
				return NULL;
			}
			info->is_constant = true;
			info->number = len < limit ? (u64)len : limit;
		}
	} else if (t->kind == TYPE_ARRAY || t->kind == TYPE_RECORD || t->kind == TYPE_STRING) {
		u32 size = check_sizeof_type(c, t);

		info->is_constant = true;
		info->number = size < limit ? size : limit;
	} else {
		check_error(c, n->loc, "buf() needs a length for %s", check_name(c, t));
		check_hint(c, "the form is %s", n->call.func->form);
		return NULL;
	}
	if (!check_is_address(t) && t->kind != TYPE_ARRAY && t->kind != TYPE_RECORD &&
	    t->kind != TYPE_STRING) {
		check_error(c, arg->loc, "buf() takes a pointer or an array, not %s",
			    check_name(c, t));
		return NULL;
	}
	return check_buf_type(c, (u32)info->number, n->type);
}

/* A string argument; text parameters count. */
static bool check_text(struct check *c, struct node *n, const char *func)
{
	const struct type *t = check_value(c, n);

	check_param_text(c, n);
	t = n->type;
	if (!t || t->kind == TYPE_STRING)
		return t != NULL;
	check_error(c, n->loc, "%s() takes strings, not %s", func, check_name(c, t));
	if (t->kind == TYPE_PTR)
		check_hint(c, "str() makes a string of a pointer");
	return false;
}

const struct type *check_call_strncmp(struct check *c, struct node *n)
{
	struct node *a = n->call.args;
	s64 len;

	check_text(c, a, "strncmp");
	check_text(c, a->next, "strncmp");
	if (check_bounded(c, a->next->next, "strncmp: the length", 0, LANG_MAX_STRING, &len))
		n->call.info->number = (u64)len;
	n->call.info->is_constant = true;
	return &type_s64;
}

const struct type *check_call_strlen(struct check *c, struct node *n)
{
	check_text(c, n->call.args, "strlen");
	return &type_u64;
}

const struct type *check_call_strcontains(struct check *c, struct node *n)
{
	check_text(c, n->call.args, "strcontains");
	check_text(c, n->call.args->next, "strcontains");
	return &type_bool;
}

const struct type *check_call_strftime(struct check *c, struct node *n)
{
	struct node *format = n->call.args, *when = format->next;

	n->call.info->text = check_literal(c, format, "strftime: the format");
	check_expr(c, format);
	check_integer(c, when, "strftime: the time");
	n->call.info->number =
		when->kind == NODE_CALL && when->call.func && when->call.func->id == FUNC_NSECS
			? when->call.info->number
			: CLOCK_BOOTTIME;
	return n->type ? n->type : type_new(c->arena, TYPE_TIMESTAMP, 16);
}

const struct type *check_call_ntop(struct check *c, struct node *n)
{
	struct node *family = n->call.count == 2 ? n->call.args : NULL;
	struct node *address = family ? family->next : n->call.args;
	const struct type *t = check_value(c, address);
	s64 value;

	n->call.info->is_constant = true;
	if (family && check_integer(c, family, "ntop: the address family")) {
		n->call.info->is_constant = check_constant(family, &value);
		if (n->call.info->is_constant && value != AF_INET && value != AF_INET6)
			check_error(c, family->loc,
				    "ntop: the address family is AF_INET or AF_INET6, not %lld",
				    (long long)value);
		else if (n->call.info->is_constant)
			n->call.info->number = (u64)value;
	}
	if (!t)
		return NULL;
	check_as_array(address);
	t = address->type;
	if (!type_is_integer(t) && t->kind != TYPE_PTR &&
	    !((t->kind == TYPE_ARRAY || t->kind == TYPE_RECORD) &&
	      (check_sizeof_type(c, t) == 4 || check_sizeof_type(c, t) == 16))) {
		check_error(c, address->loc,
			    "ntop() takes an integer or an array of 4 or 16 bytes, not %s",
			    check_name(c, t));
		return NULL;
	}
	if (t->kind == TYPE_PTR && !family) {
		check_error(c, n->loc,
			    "ntop() needs the address family to read an address behind a pointer");
		return NULL;
	}
	return n->type ? n->type : type_new(c->arena, TYPE_INET, 20);
}

const struct type *check_call_pton(struct check *c, struct node *n)
{
	const char *text = check_literal(c, n->call.args, "pton: the address");
	u32 size = text && strchr(text, ':') ? 16 : 4;

	if (!text)
		return NULL;
	check_expr(c, n->call.args);
	if (inet_pton(size == 16 ? AF_INET6 : AF_INET, text, n->call.info->address) != 1) {
		check_error(c, n->call.args->loc, "'%s' is no IPv4 or IPv6 address", text);
		return NULL;
	}
	return n->type ? n->type : type_array(c->arena, &type_u8, size);
}

const struct type *check_call_macaddr(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);

	if (!t)
		return NULL;
	check_as_array(arg);
	t = arg->type;
	if (!check_is_address(t) && !(t->kind == TYPE_ARRAY && t->size == 6)) {
		check_error(c, arg->loc, "macaddr() takes an array of 6 bytes or a pointer, not %s",
			    check_name(c, t));
		return NULL;
	}
	return n->type ? n->type : type_new(c->arena, TYPE_MAC, 6);
}

const struct type *check_call_bswap(struct check *c, struct node *n)
{
	if (!check_integer(c, n->call.args, "bswap: the value"))
		return NULL;
	return type_int(n->call.args->type->size, false);
}
