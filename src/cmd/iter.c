/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep iter: a program that lists something becomes a file that is read. */
#include "cmd/iter.h"

#include <unistd.h>

#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "inspect/objload.h"
#include "inspect/pin.h"
#include "kernel/warn.h"

/* The first program of the type; others are not loaded. */
static struct bpf_program *find_iter(struct bpf_object *obj)
{
	struct bpf_program *prog, *found = NULL;

	bpf_object__for_each_program(prog, obj)
	{
		bool is_iter = bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER;

		if (is_iter && !found)
			found = prog;
		bpf_program__set_autoload(prog, prog == found);
	}
	return found;
}

static int attach(struct bpf_program *prog, int map, const char *path, struct diag *d)
{
	union bpf_iter_link_info info = { .map.map_fd = map < 0 ? 0 : (u32)map };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = map < 0 ? NULL : &info,
		    .link_info_len = map < 0 ? 0 : sizeof(info));
	struct bpf_link *link;
	int err;

	warn_begin(NULL);
	link = bpf_program__attach_iter(prog, &opts);
	err = link ? 0 : -errno;
	warn_end();
	if (err) {
		diag_errno(d, -err, "cannot attach the iterator %s", bpf_program__name(prog));
		if (map < 0)
			diag_hint(d,
				  "if it goes through the elements of a map, name that: 'map MAP'");
		return err;
	}
	err = pin_make(bpf_link__fd(link), path, d);
	bpf_link__destroy(link);
	return err;
}

static int pin(const char *object, const char *path, int map, struct diag *d)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err = objload_open(object, &obj, d);

	if (err)
		return err;
	prog = find_iter(obj);
	if (!prog) {
		err = diag_error(d, LOC_NONE, "%s has no iterator", object);
		diag_hint(d, "iterators are programs in sections \"iter/NAME\"");
	} else {
		err = objload_load(obj, object, d);
		if (!err)
			err = attach(prog, map, path, d);
	}
	bpf_object__close(obj);
	return err;
}

static int run_pin(struct noun_args *a)
{
	const char *object, *path;
	int map = -1, err = noun_need(a, "the object file", &object);
	u32 id;

	if (!err)
		err = noun_need(a, "the path", &path);
	if (err)
		return err;
	if (noun_take(a, "map")) {
		map = noun_select_one(a, HANDLE_MAP, &id);
		if (map < 0)
			return map;
	}
	err = noun_end(a);
	if (!err)
		err = pin(object, path, map, a->diag);
	if (map >= 0)
		close(map);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static const struct noun_verb iter_pin = {
	.name = "pin",
	.args = "OBJECT PATH [map MAP]",
	.help = "Load an iterator and pin its link as a file.\n\n"
		"Who reads the file gets what the iterator writes; the first one of the object is\n"
		"taken. MAP, for those of a map's elements, is 'id ID', 'name NAME' or 'pinned "
		"PATH'.\n",
	.run = run_pin,
};

static const struct noun_verb *const verbs[] = { &iter_pin };

static const struct noun iter = {
	.name = "iter",
	.brief = "Iterators: programs that list the kernel's objects, as files that can be read",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
	.needs_verb = true,
};

int cmd_iter(int argc, char **argv)
{
	return noun_run(&iter, argc, argv);
}
