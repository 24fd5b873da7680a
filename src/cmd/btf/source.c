/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's or map's BTF is found by the id that the kernel tells of it. */
#include "cmd/btf/source.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "inspect/btfinfo.h"

static int take_map(struct noun_args *a, struct btf_source *s)
{
	int err = noun_select(a, HANDLE_MAP, &s->select);

	s->by = BTF_SOURCE_MAP;
	s->key = s->value = true;
	if (err)
		return err;
	if (noun_take(a, "key"))
		s->value = false;
	else if (noun_take(a, "value"))
		s->key = false;
	else if (noun_take(a, "all"))
		s->key = s->value = false;
	else
		noun_take(a, "kv");
	return 0;
}

/* By itself: a path, an id, the name of the kernel or a module. */
static int take_word(struct noun_args *a, struct btf_source *s)
{
	const char *word = noun_next(a);
	u64 id;

	if (isdigit((u8)*word) && text_u64(word, &id) && id <= UINT32_MAX) {
		s->by = BTF_SOURCE_ID;
		s->id = (u32)id;
		return 0;
	}
	s->path = word;
	if (strchr(word, '/') || !access(word, F_OK))
		return 0;
	s->path = arena_printf(a->arena, "/sys/kernel/btf/%s", word);
	if (!access(s->path, F_OK))
		return 0;
	noun_usage(a, "'%s' is neither a file nor a module with BTF", word);
	diag_hint(a->diag, "sources: id N, prog PROG, map MAP, file PATH");
	return -EINVAL;
}

int btf_source_take(struct noun_args *a, struct btf_source *s)
{
	u64 id;
	int err;

	*s = (struct btf_source){ .path = BTFFILE_KERNEL };
	if (!noun_peek(a) || !strcmp(noun_peek(a), "format") || !strcmp(noun_peek(a), "root_id"))
		return 0;
	if (noun_take(a, "id")) {
		err = noun_need_u64(a, "the id", UINT32_MAX, &id);
		s->by = BTF_SOURCE_ID;
		s->id = (u32)id;
		return err;
	}
	if (noun_take(a, "file"))
		return noun_need(a, "the file", &s->path);
	if (noun_take(a, "map"))
		return take_map(a, s);
	if (!noun_take(a, "prog"))
		return take_word(a, s);
	s->by = BTF_SOURCE_PROG;
	return noun_select(a, HANDLE_PROG, &s->select);
}

static int open_id(struct noun_args *a, struct btf_source *s, u32 id, const char *base_path)
{
	struct bpf_btf_info info = { 0 };
	char name[64] = "";
	int err, fd = handle_open(HANDLE_BTF, id);

	if (fd == -ENOENT)
		return diag_error(a->diag, LOC_NONE, "there is no BTF object with id %u", id);
	if (fd < 0) {
		diag_errno(a->diag, -fd, "cannot open BTF object %u", id);
		if (fd == -EPERM)
			diag_hint(a->diag, "this needs root (CAP_SYS_ADMIN)");
		return fd;
	}
	info.name = (u64)(uintptr_t)name;
	info.name_len = sizeof(name);
	err = handle_info(fd, &info, sizeof(info));
	if (!err && !base_path && info.kernel_btf && strcmp(name, "vmlinux") != 0)
		base_path = BTFFILE_KERNEL;
	if (!err && base_path && btffile_open_base(base_path, &s->file.base, a->diag)) {
		close(fd);
		return -EINVAL;
	}
	if (!err)
		err = btfinfo_open_fd(fd, s->file.base, &s->file.btf);
	close(fd);
	return err ? diag_errno(a->diag, -err, "cannot read BTF object %u", id) : 0;
}

static int open_prog(struct noun_args *a, struct btf_source *s, const char *base_path)
{
	struct bpf_prog_info info = { 0 };
	int err, fd = select_one(&s->select, &s->id, a->diag);

	if (fd < 0)
		return fd;
	err = handle_info(fd, &info, sizeof(info));
	close(fd);
	if (err)
		return diag_errno(a->diag, -err, "cannot ask about program %u", s->id);
	if (!info.btf_id)
		return diag_error(a->diag, LOC_NONE, "program %u was loaded without BTF", s->id);
	return open_id(a, s, info.btf_id, base_path);
}

static int open_map(struct noun_args *a, struct btf_source *s, const char *base_path)
{
	struct bpf_map_info info = { 0 };
	int err, fd = select_one(&s->select, &s->id, a->diag);

	if (fd < 0)
		return fd;
	err = handle_info(fd, &info, sizeof(info));
	close(fd);
	if (err)
		return diag_errno(a->diag, -err, "cannot ask about map %u", s->id);
	if (!info.btf_id && info.btf_vmlinux_value_type_id) {
		s->roots[s->n_roots++] = info.btf_vmlinux_value_type_id;
		return btffile_open(&s->file, BTFFILE_KERNEL, NULL, a->diag);
	}
	if (!info.btf_id)
		return diag_error(a->diag, LOC_NONE, "map %u was made without BTF", s->id);
	if (s->key && info.btf_key_type_id)
		s->roots[s->n_roots++] = info.btf_key_type_id;
	if (s->value && info.btf_value_type_id)
		s->roots[s->n_roots++] = info.btf_value_type_id;
	if ((s->key || s->value) && !s->n_roots)
		return diag_error(a->diag, LOC_NONE, "nothing is known of the types of map %u's %s",
				  s->id,
				  !s->value ? "keys"
				  : !s->key ? "values"
					    : "entries");
	return open_id(a, s, info.btf_id, base_path);
}

int btf_source_open(struct noun_args *a, struct btf_source *s, const char *base_path)
{
	switch (s->by) {
	case BTF_SOURCE_ID:
		return open_id(a, s, s->id, base_path);
	case BTF_SOURCE_PROG:
		return open_prog(a, s, base_path);
	case BTF_SOURCE_MAP:
		return open_map(a, s, base_path);
	case BTF_SOURCE_FILE:
		break;
	}
	return btffile_open(&s->file, s->path, base_path, a->diag);
}

void btf_source_close(struct btf_source *s)
{
	btffile_close(&s->file);
}
