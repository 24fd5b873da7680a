/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/object.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/clang.h"
#include "cmd/compile.h"

void test_objects_init(struct test_objects *o, struct arena *a)
{
	*o = (struct test_objects){ .arena = a };
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &o->kernel))
		o->kernel = NULL;
}

void test_objects_done(struct test_objects *o)
{
	for (size_t i = 0; i < o->all.n; i++) {
		if (o->all.at[i]->is_open)
			image_done(&o->all.at[i]->img);
		buf_done(&o->all.at[i]->output);
		free(o->all.at[i]->elf);
	}
	rawbtf_free(o->kernel);
}

static void compile(struct test_object *o, struct arena *a)
{
	clang_args args = { 0 };
	struct buf object = { 0 };
	char *flags = arena_strdup(a, o->cflags), *rest = NULL;
	int err;

	for (char *word = strtok_r(flags, " \t\n", &rest); word;
	     word = strtok_r(NULL, " \t\n", &rest))
		*vec_add(a, &args) = word;
	*vec_add(a, &args) = NULL;
	err = clang_compile(a, o->path, args.at, &o->output, &object, &o->diag);
	if (err == -ENOENT)
		o->skip = arena_printf(a, "there is no clang to compile %s with", o->path);
	else if (err && o->diag.items.n)
		o->wrong = o->diag.items.at[0].text;
	else if (err)
		o->wrong = arena_printf(a, "clang does not compile %s", o->path);
	o->elf = object.data;
	o->len = object.len;
}

static void open_object(struct test_objects *all, struct test_object *o)
{
	struct image_options how = { .kernel = all->kernel };

	diag_init(&o->diag, all->arena);
	if (clang_is_source(o->path)) {
		if (access(o->path, R_OK))
			o->wrong = arena_printf(all->arena, "%s cannot be read: %s", o->path,
						strerror(errno));
		else
			compile(o, all->arena);
	} else {
		o->elf = compile_read(o->path, &o->len, &o->diag);
		if (!o->elf)
			o->wrong = o->diag.items.n ? o->diag.items.at[0].text : "it is not there";
	}
	if (!o->elf)
		return;
	if (image_open(&o->img, all->arena, o->elf, o->len, &how, &o->diag)) {
		o->wrong = arena_printf(all->arena, "%s is no object that can be run: %s", o->path,
					o->diag.items.n ? o->diag.items.at[0].text : "");
		return;
	}
	o->is_open = true;
	o->verified = arena_array(all->arena, u8, o->img.progs.n + 1);
}

struct test_object *test_object_get(struct test_objects *all, const char *path, const char *cflags)
{
	struct test_object *o;

	for (size_t i = 0; i < all->all.n; i++) {
		o = all->all.at[i];
		if (!strcmp(o->path, path) && !strcmp(o->cflags, cflags))
			return o;
	}
	o = arena_new(all->arena, struct test_object);
	*vec_add(all->arena, &all->all) = o;
	o->path = arena_strdup(all->arena, path);
	o->cflags = arena_strdup(all->arena, cflags);
	open_object(all, o);
	return o;
}
