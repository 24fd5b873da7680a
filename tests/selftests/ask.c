/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftests/ask.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/privilege.h"
#include "kernel/warn.h"
#include "isa/map_type.h"

#define LOG_BYTES (16u << 20)

/* Why the verifier ended: the last line of its log that is neither a figure nor a source line. */
static const char *last_reason(struct arena *a, char *log)
{
	const char *reason = "", *before = "";

	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, "processed ", 10) || line[0] == ';' || !line[0])
			continue;
		before = reason;
		reason = line;
	}
	return before[0] && strlen(reason) < 12 ? arena_printf(a, "%s / %s", before, reason)
						: arena_strdup(a, reason);
}

static bool is_auxiliary(const struct ask_program *p, const char *name)
{
	for (const char *const *other = p->auxiliary; *other; other++) {
		if (!strcmp(*other, name))
			return true;
	}
	return false;
}

/* libbpf makes all maps of an object, also those that the program does not use, and that take privilege. */
static void leave_maps(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		const struct map_type_info *type = map_type_info((u32)bpf_map__type(map));
		if (!type || !(type->traits & MAP_TRAIT_ANYONE) ||
		    (bpf_map__map_flags(map) & BPF_F_ZERO_SEED))
			bpf_map__set_autocreate(map, false);
	}
}

static bool load(struct bpf_object *obj, bool is_unprivileged)
{
	struct privilege had;

	if (!is_unprivileged)
		return !bpf_object__load(obj);
	leave_maps(obj);
	if (privilege_drop(&had))
		return false;
	bool ok = !bpf_object__load(obj);
	return !privilege_restore(&had) && ok;
}

void ask_kernel(struct arena *a, const void *elf, size_t len, const struct ask_program *p,
		struct ask *out)
{
	struct bpf_program *prog, *other;
	struct buf warnings = { 0 };
	char *log = calloc(1, LOG_BYTES);

	if (!log)
		arena_exhausted();
	warn_begin(&warnings);
	struct bpf_object *obj = bpf_object__open_mem(elf, len, NULL);
	prog = obj ? bpf_object__find_program_by_name(obj, p->name) : NULL;
	*out = (struct ask){ ASK_NONE, "libbpf does not open the object" };
	if (prog) {
		bpf_object__for_each_program(other, obj) bpf_program__set_autoload(
			other, other == prog || is_auxiliary(p, bpf_program__name(other)));
		if (bpf_program__type(prog) == BPF_PROG_TYPE_UNSPEC) {
			bpf_program__set_type(prog, (enum bpf_prog_type)p->type);
			bpf_program__set_expected_attach_type(prog,
							      (enum bpf_attach_type)p->attach);
		}
		bpf_program__set_flags(prog, bpf_program__flags(prog) | p->flags);
		bpf_program__set_log_buf(prog, log, LOG_BYTES);
		bool ok = load(obj, p->is_unprivileged);
		const char *reason = last_reason(a, log);
		out->answer = ok ? ASK_ACCEPT : reason[0] ? ASK_REJECT : ASK_NONE;
		out->reason = ok ? "" : reason[0] ? reason : arena_strdup(a, buf_str(&warnings));
	}
	bpf_object__close(obj);
	warn_end();
	buf_done(&warnings);
	free(log);
}
