/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog load, loadall: libbpf opens the object, maps that were named are those of the kernel, all programs are loaded; then the
 * first is pinned at PATH, or each in the folder PATH by its name. With autoattach it is the link that is pinned.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "cmd/verify/report.h"
#include "inspect/pin.h"
#include "kernel/warn.h"

#define LOG_BYTES (16u << 20)
#define DEV_BOUND_ONLY (1u << 6) /* BPF_F_XDP_DEV_BOUND_ONLY, of Linux 6.3 */

/* A map of the object that is not created: by its place or its name. */
struct reuse {
	u64 index;
	const char *name; /* NULL: by index */
	int fd;
};

struct job {
	struct noun_args *args;
	const char *file, *path, *pin_maps;
	bool is_all, attach;
	bool has_type;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	u32 ifindex;
	bool is_bound_only; /* the device is one whose metadata is read, not one that runs it */
	vec_of(struct reuse) reuse;
	struct bpf_object *obj;
	struct buf warnings;
	char *log;
};

/* ---- words */

static int take_type(struct job *j)
{
	struct noun_args *a = j->args;
	const char *word;
	int err = noun_need(a, "the type", &word);

	if (err)
		return err;
	/* libbpf knows types as sections: "xdp", "cgroup/bind4"; most need a slash behind. */
	if (libbpf_prog_type_by_name(word, &j->type, &j->attach_type) &&
	    libbpf_prog_type_by_name(arena_printf(a->arena, "%s/", word), &j->type,
				     &j->attach_type)) {
		noun_usage(a, "unknown type of program '%s'", word);
		diag_hint(a->diag, "types are named as sections are: xdp, tc, kprobe, "
				   "tracepoint, cgroup/connect4");
		return -EINVAL;
	}
	j->has_type = true;
	return 0;
}

static int take_map(struct job *j)
{
	struct noun_args *a = j->args;
	struct reuse *r;
	int err;

	r = vec_add(a->arena, &j->reuse);
	r->fd = -1;
	if (noun_take(a, "idx"))
		err = noun_need_u64(a, "the index of the map", UINT32_MAX, &r->index);
	else if (noun_take(a, "name"))
		err = noun_need(a, "the name of the map", &r->name);
	else
		err = noun_usage(a, "'map' is followed by 'idx NUMBER' or 'name NAME', then by the "
				    "map to take instead");
	if (err)
		return err;
	r->fd = noun_select_one(a, HANDLE_MAP, &(u32){ 0 });
	return r->fd < 0 ? r->fd : 0;
}

static int take_device(struct job *j, bool is_bound_only)
{
	struct noun_args *a = j->args;
	const char *word;
	int err = noun_need(a, "the network device", &word);

	if (err)
		return err;
	j->ifindex = if_nametoindex(word);
	j->is_bound_only = is_bound_only;
	return j->ifindex ? 0 : diag_errno(a->diag, errno, "network device '%s'", word);
}

static int read_words(struct job *j)
{
	struct noun_args *a = j->args;
	int err = noun_need(a, "the object file", &j->file);

	if (!err)
		err = noun_need(a, "the path to pin to", &j->path);
	while (!err && noun_peek(a)) {
		if (noun_take(a, "type"))
			err = take_type(j);
		else if (noun_take(a, "map"))
			err = take_map(j);
		else if (noun_take(a, "pinmaps"))
			err = noun_need(a, "the folder for maps", &j->pin_maps);
		else if (noun_take(a, "autoattach"))
			j->attach = true;
		else if (noun_take(a, "dev") || noun_take(a, "offload_dev"))
			err = take_device(j, false);
		else if (noun_take(a, "xdpmeta_dev"))
			err = take_device(j, true);
		else
			err = noun_end(a);
	}
	return err;
}

/* ---- loading */

static int reuse_map(struct job *j, const struct reuse *r)
{
	struct diag *d = j->args->diag;
	struct bpf_map *map = NULL;
	int err;

	if (r->name) {
		map = bpf_object__find_map_by_name(j->obj, r->name);
		if (!map)
			return diag_error(d, LOC_NONE, "%s has no map '%s'", j->file, r->name);
	} else {
		u64 i = 0;

		bpf_object__for_each_map(map, j->obj) if (i++ == r->index) break;
		if (!map)
			return diag_error(d, LOC_NONE, "%s has %llu maps, none of index %llu",
					  j->file, (unsigned long long)i,
					  (unsigned long long)r->index);
	}
	err = bpf_map__reuse_fd(map, r->fd);
	return err ? diag_errno(d, -err, "cannot take another map as %s", bpf_map__name(map)) : 0;
}

static void set_program(const struct job *j, struct bpf_program *p)
{
	if (j->has_type) {
		bpf_program__set_type(p, j->type);
		bpf_program__set_expected_attach_type(p, j->attach_type);
	}
	if (j->ifindex)
		bpf_program__set_ifindex(p, j->ifindex);
	if (j->is_bound_only)
		bpf_program__set_flags(p, bpf_program__flags(p) | DEV_BOUND_ONLY);
}

static int prepare(struct job *j)
{
	struct bpf_program *p;
	struct bpf_map *m;
	int err = 0;

	bpf_object__for_each_program(p, j->obj) set_program(j, p);
	for (size_t i = 0; !err && i < j->reuse.n; i++)
		err = reuse_map(j, &j->reuse.at[i]);
	bpf_object__for_each_map(m, j->obj)
	{
		if (j->ifindex && !j->is_bound_only)
			bpf_map__set_ifindex(m, j->ifindex);
	}
	if (!err && !bpf_object__next_program(j->obj, NULL))
		err = diag_error(j->args->diag, LOC_NONE, "%s has no program", j->file);
	return err;
}

static int reject(struct job *j, int err)
{
	struct diag *d = j->args->diag;

	if (j->log[0])
		diag_error(d, LOC_NONE, "the kernel rejects a program of %s: %s", j->file,
			   verify_report_kernel(j->log));
	else
		diag_errno(d, -err, "the kernel does not load %s: %s", j->file,
			   warn_last(&j->warnings, j->args->arena));
	if (j->log[0])
		diag_hint(d, "'skep verify %s' says where and why", j->file);
	else if (err == -EPERM)
		diag_hint(d, "it takes root, or CAP_BPF and the capability that programs of "
			     "this type need");
	return err;
}

static int open_and_load(struct job *j)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = j->log,
			    .kernel_log_size = LOG_BYTES);
	int err;

	j->obj = bpf_object__open_file(j->file, &opts);
	if (!j->obj)
		return diag_errno(j->args->diag, errno, "cannot open %s: %s", j->file,
				  warn_last(&j->warnings, j->args->arena));
	err = prepare(j);
	if (err)
		return err;
	err = bpf_object__load(j->obj);
	return err ? reject(j, err) : 0;
}

/* ---- pinning */

static int pin_link(struct job *j, struct bpf_program *p, const char *path)
{
	struct diag *d = j->args->diag;
	struct bpf_link *link = bpf_program__attach(p);
	int err = link ? 0 : -errno;

	if (err == -EOPNOTSUPP) {
		diag_warning(d, LOC_NONE,
			     "%s does not say what to attach it to, so the program is pinned",
			     bpf_program__name(p));
		return pin_make(bpf_program__fd(p), path, d);
	}
	if (err)
		return diag_errno(d, -err, "cannot attach %s: %s", bpf_program__name(p),
				  warn_last(&j->warnings, j->args->arena));
	err = pin_make(bpf_link__fd(link), path, d);
	bpf_link__destroy(link);
	return err;
}

static int pin_program(struct job *j, struct bpf_program *p, const char *path)
{
	if (j->attach)
		return pin_link(j, p, path);
	return pin_make(bpf_program__fd(p), path, j->args->diag);
}

/* What was pinned before one of them failed does not stay. */
static int pin_all(struct job *j)
{
	struct noun_args *a = j->args;
	vec_of(const char *) done = { 0 };
	struct bpf_program *p;
	int err = 0;
	bool is_made = !mkdir(j->path, 0700);

	if (!is_made && errno != EEXIST)
		return diag_errno(a->diag, errno, "cannot make the folder '%s'", j->path);
	bpf_object__for_each_program(p, j->obj)
	{
		const char *path = arena_printf(a->arena, "%s/%s", j->path, bpf_program__name(p));

		if (!err)
			err = pin_program(j, p, path);
		if (!err)
			*vec_add(a->arena, &done) = path;
	}
	for (size_t i = 0; err && i < done.n; i++)
		unlink(done.at[i]);
	if (err && is_made)
		rmdir(j->path);
	return err;
}

static int pin(struct job *j)
{
	int err;

	if (j->pin_maps) {
		err = bpf_object__pin_maps(j->obj, j->pin_maps);
		if (err)
			return diag_errno(j->args->diag, -err, "cannot pin the maps in '%s': %s",
					  j->pin_maps, warn_last(&j->warnings, j->args->arena));
	}
	err = j->is_all ? pin_all(j)
			: pin_program(j, bpf_object__next_program(j->obj, NULL), j->path);
	if (err && j->pin_maps)
		bpf_object__unpin_maps(j->obj, j->pin_maps);
	return err;
}

static int load(struct noun_args *a, bool is_all)
{
	struct job j = { .args = a, .is_all = is_all };
	int err = read_words(&j);

	if (!err) {
		j.log = calloc(1, LOG_BYTES);
		if (!j.log)
			arena_exhausted();
		warn_begin(&j.warnings);
		err = open_and_load(&j);
		if (!err)
			err = pin(&j);
		bpf_object__close(j.obj);
		warn_end();
	}
	for (size_t i = 0; i < j.reuse.n; i++)
		if (j.reuse.at[i].fd >= 0)
			close(j.reuse.at[i].fd);
	buf_done(&j.warnings);
	free(j.log);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static int run_load(struct noun_args *a)
{
	return load(a, false);
}

static int run_loadall(struct noun_args *a)
{
	return load(a, true);
}

#define LOAD_ARGS                                                                                  \
	"OBJECT PATH [type TYPE] [dev NAME|xdpmeta_dev NAME] [map idx N|name NAME MAP] "           \
	"[pinmaps DIR] [autoattach]"
#define LOAD_HELP                                                                                  \
	"type TYPE              as which type, named as a section: xdp, cgroup/bind4\n"            \
	"dev NAME               for the network device that is to run it\n"                        \
	"xdpmeta_dev NAME       for the device whose metadata it reads\n"                          \
	"map idx N MAP          instead of the object's map number N, from 0, this one\n"          \
	"map name NAME MAP      instead of the object's map of this name\n"                        \
	"pinmaps DIR            pin its maps there by their names\n"                               \
	"autoattach             attach as sections say, and pin the link, not the program\n"

const struct noun_verb prog_load = {
	.name = "load",
	.args = LOAD_ARGS,
	.help = "Load an object's programs, and pin the first of them at PATH.\n\n" LOAD_HELP,
	.run = run_load,
};

const struct noun_verb prog_loadall = {
	.name = "loadall",
	.args = LOAD_ARGS,
	.help = "Load an object's programs, and pin each in the folder PATH.\n\n" LOAD_HELP,
	.run = run_loadall,
};
