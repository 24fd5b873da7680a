/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program whose object has tests/object/skel.c linked into it, with the subskeleton of that; in C and C++. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "app.skel.h"
#include "lib.subskel.h"
#include <bpf/bpf.h>

static int mistakes;
#define CHECK(fact)                                                                                \
	do {                                                                                       \
		if (!(fact)) {                                                                     \
			printf("%d: %s\n", __LINE__, #fact);                                       \
			mistakes++;                                                                \
		}                                                                                  \
	} while (0)

static int ignore(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static void check_parts(const struct lib *l, const struct app *a)
{
	CHECK(l->maps.by_level == a->maps.by_level);
	CHECK(l->progs.on_getppid == a->progs.on_getppid);
	CHECK(l->rodata.wanted_pid == &a->rodata->wanted_pid);
	CHECK((void *)l->bss.last == (void *)&a->bss->last);
	CHECK(&(*l->bss.sizes)[1][2] == &a->bss->sizes[1][2]);
	CHECK(*l->data.level == lib__LEVEL_HIGH);
	CHECK(*l->data.negative == -5 && *l->data.on && *l->data.new_ == 9);
	CHECK(!strcmp(*l->rodata.greeting, "none") && l->rodata.limits->s == 3);
	CHECK(*l->data_more.small == 8);
}

int main(int argc, char **argv)
{
	struct app *a = app__open();
	struct lib *l = a ? lib__open(a->obj) : NULL;
	LIBBPF_OPTS(bpf_test_run_opts, once);
	struct bpf_object *other;

	CHECK(l);
	if (!l)
		return 1;
	check_parts(l, a);
	*l->rodata.wanted_pid = (__u32)getpid();
	/* At the same places once it is loaded. */
	CHECK(!app__load(a));
	CHECK(!bpf_prog_test_run_opts(bpf_program__fd(l->progs.run_once), &once));
	CHECK(*l->bss.calls == 1 && a->bss->calls == 1 && l->bss.last->pid == 1);
	lib__destroy(l);
	l = lib__open(a->obj);
	CHECK(l && *l->bss.calls == 1);
	lib__destroy(l);
	app__destroy(a);
	lib__destroy(NULL);
	/* An object that has it not. */
	libbpf_set_print(ignore);
	other = argc > 1 ? bpf_object__open(argv[1]) : NULL;
	CHECK(other && !lib__open(other) && errno);
	bpf_object__close(other);
	if (!mistakes)
		puts("well");
	return mistakes != 0;
}
