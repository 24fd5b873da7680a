/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/verify_case.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "isa/asm.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"
#include "unit/test.h"

#define MAX_FILE (1u << 20)

static void add_map(struct arena *a, struct verify_case *c, const char *spec)
{
	char name[64], type[64];
	struct image_map *m = vec_add(a, &c->img.maps);

	*m = (struct image_map){ .inner = IMAGE_NONE };
	if (sscanf(spec, "%63s %63s %u %u %u", name, type, &m->key_size, &m->value_size,
		   &m->max_entries) != 5)
		test_fail(c->file, (int)c->line, "a map is: name type key value entries");
	m->name = arena_strdup(a, name);
	m->type = map_type_find(type);
	if (!m->type)
		test_fail(c->file, (int)c->line, "no map type %s", type);
}

static void take_line(struct arena *a, struct verify_case *c, const char *line)
{
	if (!strncmp(line, "prog ", 5))
		c->type = prog_type_find(line + 5);
	else if (!strcmp(line, "flags strict_alignment"))
		c->flags |= BPF_F_STRICT_ALIGNMENT;
	else if (!strcmp(line, "needs may_goto"))
		c->needs_may_goto = true;
	else if (!strcmp(line, "unprivileged"))
		c->unprivileged = true;
	else if (!strncmp(line, "insn ", 5))
		c->insn = (s32)strtol(line + 5, NULL, 10);
	else if (!strncmp(line, "map ", 4))
		add_map(a, c, line + 4);
	else if (!strcmp(line, "verdict accept"))
		c->accept = true;
	else if (!strncmp(line, "verdict reject ", 15))
		c->category = arena_strdup(a, line + 15);
	else if (!strncmp(line, "message ", 8))
		c->message = arena_strdup(a, line + 8);
	else if (!strncmp(line, "kernel differs ", 15))
		c->differs = arena_strdup(a, line + 15);
	else if (strcmp(line, "asm") != 0)
		test_fail(c->file, (int)c->line, "no such line: -- %s", line);
}

static void each_of(const char *path, verify_case_run run, void *arg)
{
	char *text = text_read_file(path, MAX_FILE, NULL), *rest = text, *line;
	struct verify_case c = { 0 };
	struct buf code = { 0 };
	struct arena a;
	u32 n = 0;

	CHECK(text);
	arena_init(&a);
	while (rest) {
		line = strsep(&rest, "\n");
		n++;
		bool is_name = !strncmp(line, "-- name ", 8);
		if ((is_name || !rest) && c.name) {
			c.code = arena_strdup(&a, buf_str(&code));
			run(&a, &c, arg);
			buf_clear(&code);
			arena_done(&a);
			arena_init(&a);
		}
		if (is_name)
			c = (struct verify_case){ .name = line + 8,
						  .file = path,
						  .line = n,
						  .insn = -1,
						  .img = { .license = "GPL" } };
		else if (!strncmp(line, "-- ", 3))
			take_line(&a, &c, line + 3);
		else
			buf_printf(&code, "%s\n", line);
	}
	arena_done(&a);
	buf_done(&code);
	free(text);
}

void verify_case_each(verify_case_run run, void *arg)
{
	glob_t g;

	if (glob("tests/verify/*.case", 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++)
		each_of(g.gl_pathv[i], run, arg);
	globfree(&g);
}

static bool resolve(struct verify_case *c, const struct asm_code *code)
{
	for (size_t i = 0; i < code->refs.n; i++) {
		struct bpf_insn *insn = &code->insns.at[code->refs.at[i].insn];
		bool found = false;
		for (u32 m = 0; m < c->img.maps.n; m++) {
			char name[80];
			snprintf(name, sizeof(name), "map[%s]", c->img.maps.at[m].name);
			if (!strcmp(name, code->refs.at[i].name)) {
				insn->src_reg = BPF_PSEUDO_MAP_IDX & 0xf;
				insn->imm = (s32)m;
				found = true;
			}
		}
		for (size_t l = 0; l < code->labels.n && !found; l++) {
			if (!strcmp(code->labels.at[l].name, code->refs.at[i].name)) {
				insn->src_reg = BPF_PSEUDO_FUNC & 0xf;
				insn->imm = (s32)code->labels.at[l].insn -
					    (s32)code->refs.at[i].insn - 1;
				found = true;
			}
		}
		if (!found) {
			test_fail(c->file, (int)c->line, "no symbol %s", code->refs.at[i].name);
			return false;
		}
	}
	return true;
}

bool verify_case_build(struct arena *a, struct verify_case *c)
{
	struct asm_code code = { 0 };
	struct diag d;

	diag_init(&d, a);
	diag_set_source(&d, c->name, c->code, strlen(c->code));
	if (asm_parse(a, c->code, strlen(c->code), &code, &d)) {
		test_fail(c->file, (int)c->line, "%s: %s", c->name, d.items.at[0].text);
		return false;
	}
	if (!resolve(c, &code))
		return false;
	c->insns = code.insns.at;
	c->count = (u32)code.insns.n;
	struct image whole;
	image_of_insns(&whole, a, (enum bpf_prog_type)c->type, c->insns, c->count);
	whole.maps.at = c->img.maps.at;
	whole.maps.n = c->img.maps.n;
	whole.progs.at[0].flags = c->flags;
	c->img = whole;
	return true;
}
