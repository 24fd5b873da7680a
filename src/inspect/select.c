/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids and pins are opened at once; names and tags are looked for among all. */
#include "inspect/select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* What objects are told apart by, wherever their kind has it. */
struct traits {
	char name[BPF_OBJ_NAME_LEN];
	u8 tag[BPF_TAG_SIZE];
	bool has_tag;
};

static int traits_of(enum handle_kind kind, int fd, struct traits *out)
{
	struct bpf_prog_info prog = { 0 };
	struct bpf_map_info map = { 0 };
	struct bpf_btf_info btf = { 0 };
	char long_name[256] = "";
	int err = 0;

	*out = (struct traits){ 0 };
	switch (kind) {
	case HANDLE_PROG:
		err = handle_info(fd, &prog, sizeof(prog));
		memcpy(out->name, prog.name, sizeof(out->name));
		memcpy(out->tag, prog.tag, sizeof(out->tag));
		out->has_tag = true;
		break;
	case HANDLE_MAP:
		err = handle_info(fd, &map, sizeof(map));
		memcpy(out->name, map.name, sizeof(out->name));
		break;
	case HANDLE_BTF:
		btf.name = (u64)(uintptr_t)long_name;
		btf.name_len = sizeof(long_name);
		err = handle_info(fd, &btf, sizeof(btf));
		memcpy(out->name, long_name, sizeof(out->name));
		break;
	case HANDLE_LINK:
	case HANDLE_KINDS:
		break;
	}
	out->name[sizeof(out->name) - 1] = '\0';
	return err;
}

static bool is_meant(const struct select *s, const struct traits *t)
{
	switch (s->by) {
	case SELECT_NAME:
		if (text_is_glob(s->text))
			return text_glob(s->text, t->name);
		return *t->name && !strncmp(s->text, t->name, sizeof(t->name) - 1);
	case SELECT_TAG:
		return t->has_tag && !memcmp(s->tag, t->tag, sizeof(s->tag));
	default:
		return true;
	}
}

/* The names that were passed over, for a suggestion. */
struct near_names {
	struct nearest near;
	struct arena *arena;
};

static int each_of_all(const struct select *s, int (*fn)(void *arg, int fd, u32 id), void *arg,
		       struct near_names *near, bool *is_none, struct diag *d)
{
	bool any = false;
	u32 id = 0;
	int err;

	while (!(err = handle_next(s->kind, &id))) {
		struct traits t = { 0 };
		int fd = handle_open(s->kind, id);

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return diag_errno(d, -fd, "cannot open %s %u", handle_kind_name(s->kind),
					  id);
		if (s->by != SELECT_ALL && traits_of(s->kind, fd, &t)) {
			close(fd);
			continue;
		}
		if (is_meant(s, &t)) {
			any = true;
			err = fn(arg, fd, id);
		} else if (s->by == SELECT_NAME) {
			nearest_try(&near->near, arena_strdup(near->arena, t.name));
		}
		close(fd);
		if (err)
			return err;
	}
	if (err != -ENOENT) {
		diag_errno(d, -err, "cannot list the kernel's objects of type %s",
			   handle_kind_name(s->kind));
		if (err == -EPERM)
			diag_hint(d, "this needs root (CAP_SYS_ADMIN)");
		return err;
	}
	*is_none = !any && s->by != SELECT_ALL;
	return 0;
}

static int open_pinned(const struct select *s, struct handle_name *name, struct diag *d)
{
	int fd = handle_open_pinned(s->text);

	if (fd < 0)
		return diag_errno(d, -fd, "cannot open the pin '%s'", s->text);
	if (handle_identify_fd(fd, name) || name->kind != s->kind) {
		close(fd);
		return diag_error(d, LOC_NONE, "'%s' is not a %s", s->text,
				  handle_kind_name(s->kind));
	}
	return fd;
}

static int open_id(const struct select *s, struct diag *d)
{
	int fd = handle_open(s->kind, s->id);

	if (fd == -ENOENT)
		diag_error(d, LOC_NONE, "there is no %s with id %u", handle_kind_name(s->kind),
			   s->id);
	else if (fd < 0)
		diag_errno(d, -fd, "cannot open %s %u", handle_kind_name(s->kind), s->id);
	return fd;
}

int select_each(const struct select *s, int (*fn)(void *arg, int fd, u32 id), void *arg,
		struct diag *d)
{
	struct handle_name name = { s->kind, s->id };
	struct near_names near = { nearest_to(s->by == SELECT_NAME ? s->text : ""), d->arena };
	bool is_none = false;
	int err, fd;

	if (s->by == SELECT_ID || s->by == SELECT_PINNED) {
		fd = s->by == SELECT_ID ? open_id(s, d) : open_pinned(s, &name, d);
		if (fd < 0)
			return fd;
		err = fn(arg, fd, name.id);
		close(fd);
		return err;
	}
	err = each_of_all(s, fn, arg, &near, &is_none, d);
	if (err || !is_none)
		return err;
	if (s->by == SELECT_TAG)
		diag_error(d, LOC_NONE, "no %s has this tag", handle_kind_name(s->kind));
	else
		diag_error(d, LOC_NONE, "no %s has the name '%s'", handle_kind_name(s->kind),
			   s->text);
	if (s->by == SELECT_NAME && nearest_name(&near.near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near.near));
	return -ENOENT;
}

struct found {
	int fd;
	u32 id;
	char ids[256];
	size_t len, n;
};

static int keep(void *arg, int fd, u32 id)
{
	struct found *f = arg;

	if (f->len < sizeof(f->ids) - 16)
		f->len += (size_t)snprintf(f->ids + f->len, sizeof(f->ids) - f->len, "%s%u",
					   f->n ? ", " : "", id);
	if (!f->n++) {
		f->fd = dup(fd);
		f->id = id;
	}
	return f->fd < 0 ? -errno : 0;
}

int select_one(const struct select *s, u32 *id, struct diag *d)
{
	struct found f = { .fd = -1 };
	int err = select_each(s, keep, &f, d);

	if (!err && f.n > 1) {
		err = diag_error(d, LOC_NONE, "%zu objects are meant by this: ids %s%s", f.n, f.ids,
				 f.len >= sizeof(f.ids) - 16 ? ", ..." : "");
		diag_hint(d, "name one of them by 'id'");
	}
	if (err) {
		if (f.fd >= 0)
			close(f.fd);
		return err;
	}
	*id = f.id;
	return f.fd;
}

bool select_parse_tag(const char *text, u8 tag[BPF_TAG_SIZE])
{
	char digits[3] = { 0 };

	if (strlen(text) != 2 * BPF_TAG_SIZE)
		return false;
	for (size_t i = 0; i < BPF_TAG_SIZE; i++) {
		if (!isxdigit((u8)text[2 * i]) || !isxdigit((u8)text[2 * i + 1]))
			return false;
		memcpy(digits, text + 2 * i, 2);
		tag[i] = (u8)strtoul(digits, NULL, 16);
	}
	return true;
}
