/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fentry, fexit and freplace of functions of another BPF program: --target. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "host/host_impl.h"
#include "isa/prog_type.h"

static bool is_wanted(const struct host_prog *p)
{
	u32 type = p->section.type, attach = p->section.attach;

	return p->prog &&
	       (type == PROG_EXT ||
		(type == PROG_TRACING && (attach == AT_TRACE_FENTRY || attach == AT_TRACE_FEXIT ||
					  attach == AT_MODIFY_RETURN)));
}

/* The kernel keeps the first 15 characters. */
static int find_by_name(const char *name, struct diag *d)
{
	int found = -1, fd, err = 0;
	u32 count = 0, id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = { 0 };
		u32 size = sizeof(info);

		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) ||
		    strncmp(info.name, name, BPF_OBJ_NAME_LEN - 1) != 0) {
			close(fd);
			continue;
		}
		count++;
		if (found >= 0)
			close(found);
		found = fd;
	}
	if (count == 1)
		return found;
	err = diag_error(d, LOC_NONE, "--target: %u programs have the name '%s'", count, name);
	diag_hint(d, "a number or the path of a pin is always one program");
	if (found >= 0)
		close(found);
	return err;
}

static int open_target(const char *target, struct diag *d)
{
	u64 id;
	int fd;

	if (strchr(target, '/'))
		fd = bpf_obj_get(target);
	else if (text_u64(target, &id) && id <= UINT32_MAX)
		fd = bpf_prog_get_fd_by_id((u32)id);
	else
		return find_by_name(target, d);
	return fd < 0 ? diag_errno(d, -fd, "--target: there is no program %s", target) : fd;
}

static int set_target(struct host *h, const struct host_prog *p, int fd, struct diag *d)
{
	int err;

	if (!*p->section.rest)
		return diag_error(d, LOC_NONE, "%s: the section does not say which function",
				  host_prog_text(h, p));
	err = bpf_program__set_attach_target(p->prog, fd, p->section.rest);
	if (err) {
		diag_errno(d, -err, "%s: program %s has no function '%s'", host_prog_text(h, p),
			   h->opts.target, p->section.rest);
		diag_hint(d, "`skep disasm` of its object shows the functions that are there; one "
			     "that is to be found is global and not inlined");
	}
	return err;
}

int host_target_set(struct host *h, struct diag *d)
{
	int err = 0;

	for (size_t i = 0; i < h->img->progs.n && !err; i++) {
		const struct host_prog *p = &h->progs[i];

		if (!is_wanted(p))
			continue;
		if (!h->opts.target && p->section.type != PROG_EXT)
			continue;
		if (!h->opts.target) {
			err = diag_error(d, LOC_NONE, "%s replaces a function of a program: which?",
					 host_prog_text(h, p));
			diag_hint(d, "give --target ID, NAME or PIN");
			break;
		}
		if (h->target < 0)
			h->target = open_target(h->opts.target, d);
		err = h->target < 0 ? h->target : set_target(h, p, h->target, d);
	}
	return err;
}
