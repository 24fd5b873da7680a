/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/machine_case.h"

#include <bpf/bpf.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "isa/asm.h"
#include "isa/insn.h"

enum { CASE_MAX_FILE = 1 << 20 };

struct reader {
	struct machine_cases *all;
	struct arena *arena;
	const char *file;
	struct machine_case *now; /* NULL before the first */
	bool in_code;
	struct buf code;
};

static void problem(struct reader *r, const char *what, const char *line)
{
	if (!r->all->problem)
		r->all->problem = arena_printf(r->arena, "%s: %s: %s", r->file, what, line);
}

static void read_mem(struct reader *r, const char *hex)
{
	struct machine_case *c = r->now;
	const char *p = hex;

	while (*p) {
		char *end;
		unsigned long byte = strtoul(p, &end, 16);

		if (end == p || byte > UINT8_MAX || c->mem_len == CASE_MAX_MEM)
			return problem(r, "not memory", hex);
		c->mem[c->mem_len++] = (u8)byte;
		p = end;
	}
}

/* What has been read of a case is all of it. */
static void finish(struct reader *r)
{
	struct machine_case *c = r->now;
	struct asm_code code = { 0 };
	struct diag d;

	if (!c)
		return;
	diag_init(&d, r->arena);
	c->text = arena_strdup(r->arena, buf_str(&r->code));
	if (asm_parse(r->arena, c->text, strlen(c->text), &code, &d) || asm_refuse_refs(&code, &d))
		problem(r, c->name, d.items.n ? d.items.at[0].text : "not code");
	c->insns = code.insns.at;
	c->count = (u32)code.insns.n;
	buf_clear(&r->code);
}

static void read_directive(struct reader *r, const char *line)
{
	size_t n = strcspn(line, " ");
	const char *value = line[n] ? line + n + 1 : "";

	r->in_code = false;
	if (!strncmp(line, "name ", 5)) {
		finish(r);
		r->now = vec_add(r->arena, &r->all->cases);
		r->now->file = r->file;
		r->now->name = arena_strdup(r->arena, value);
	} else if (!r->now) {
		problem(r, "before a name", line);
	} else if (!strcmp(line, "asm")) {
		r->in_code = true;
	} else if (!strncmp(line, "mem ", 4)) {
		read_mem(r, value);
	} else if (!strncmp(line, "error ", 6)) {
		r->now->error = arena_strdup(r->arena, value);
	} else if (strncmp(line, "result ", 7) || !text_u64(value, &r->now->result)) {
		problem(r, "unknown", line);
	}
}

static void read_file(struct reader *r, char *text)
{
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, "-- ", 3))
			read_directive(r, line + 3);
		else if (r->in_code)
			buf_printf(&r->code, "%s\n", line);
		else if (*line && *line != '#')
			problem(r, "outside of a case", line);
	}
	finish(r);
	r->now = NULL;
	r->in_code = false;
}

void machine_cases_read(struct machine_cases *all, struct arena *a, const char *folder)
{
	struct reader r = { .all = all, .arena = a };
	char *pattern = arena_printf(a, "%s/*.case", folder);
	glob_t found = { 0 };

	memset(all, 0, sizeof(*all));
	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			char *text = text_read_file(found.gl_pathv[i], CASE_MAX_FILE, NULL);

			r.file = arena_strdup(a, found.gl_pathv[i]);
			if (text)
				read_file(&r, text);
			else
				problem(&r, "cannot be read", "");
			free(text);
		}
	}
	globfree(&found);
	buf_done(&r.code);
}

/* The context: the memory, rounded up to 8 bytes, and behind it the result. */
bool machine_case_kernel(const struct machine_case *c, u64 *result)
{
	u32 at = (c->mem_len + 7) / 8 * 8;
	const struct bpf_insn head[] = {
		insn_mov64_reg(6, 1), insn_mov64_imm(2, (s32)c->mem_len),
		insn_call_func(3),    insn_store_reg(BPF_DW, 6, (s16)at, 0),
		insn_mov64_imm(0, 0), insn_exit(),
	};
	u32 count = (u32)ARRAY_SIZE(head) + c->count;
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	LIBBPF_OPTS(bpf_prog_load_opts, load, .prog_flags = BPF_F_SLEEPABLE);
	u8 ctx[CASE_MAX_MEM + 8] = { 0 };
	/* The context is written back to where it came from. */
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = ctx, .ctx_size_in = at + 8);
	int fd, err;

	if (!insns)
		arena_exhausted();
	memcpy(insns, head, sizeof(head));
	memcpy(insns + ARRAY_SIZE(head), c->insns, c->count * sizeof(*insns));
	fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "case", "GPL", insns, count, &load);
	free(insns);
	if (fd < 0)
		return false;
	memcpy(ctx, c->mem, c->mem_len);
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	memcpy(result, ctx + at, sizeof(*result));
	return !err;
}
