/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/compile.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "btf/types.h"
#include "gen/gen.h"
#include "object/object.h"
#include "probe/probe.h"

#define MAX_OBJECT (64u << 20)

int stage_find(const char *name)
{
	static const char *const names[] = { "", "tokens", "ast", "ir", "bpf" };

	for (int i = 1; i < (int)ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

bool compile_is_object(const char *data, size_t len)
{
	return len >= 4 && !memcmp(data, "\177ELF", 4);
}

char *compile_read(const char *path, size_t *len, struct diag *d)
{
	bool is_stdin = !strcmp(path, "-");
	char *data = is_stdin ? text_read_fd(STDIN_FILENO, MAX_OBJECT, len)
			      : text_read_file(path, MAX_OBJECT, len);

	if (!data)
		diag_errno(d, errno, "cannot read %s", is_stdin ? "standard input" : path);
	return data;
}

/* The last steps: typed programs to bytes. */
static int generate(struct arena *arena, const struct compile_input *in, const struct unit *unit,
		    struct compiled *out, struct diag *d)
{
	struct object object;
	struct gen_options opts = { .core = in->portable,
				    .dump_ir = in->stage == STAGE_IR ? &out->dump : NULL,
				    .source_name = in->name,
				    .source = in->text };

	object_init(&object, arena);
	int err = gen_unit(unit, &opts, &object, &out->script, d);
	if (!err && in->stage == STAGE_BPF)
		object_print(&object, &out->dump);
	if (!err)
		err = object_write(&object, &out->elf, d);
	object_done(&object);
	return err;
}

int compile_script(struct arena *arena, const struct compile_input *in, struct compiled *out,
		   struct diag *d)
{
	struct types *types = types_new(arena);
	struct probe_context probes;
	struct script_ast *ast;
	struct unit unit;

	memset(out, 0, sizeof(*out));
	script_init(&out->script, arena);
	diag_set_source(d, in->name, in->text, in->len);
	probe_init(&probes, arena, types);
	probes.pid = in->pid;
	if (in->stage == STAGE_TOKENS)
		lang_dump_tokens(arena, in->text, in->len, &out->dump);
	int err = lang_parse(arena, in->text, in->len, &ast, d);
	/* What could be read is checked even so: all mistakes are shown in one go. */
	if (ast && (err = lang_check(ast, &probes, in->lang, &unit, d)) == 0 && ast->broken)
		err = -EINVAL;
	if (!err && in->stage == STAGE_AST)
		lang_dump_unit(&unit, &out->dump);
	if (!err)
		err = generate(arena, in, &unit, out, d);
	probe_done(&probes);
	types_free(types);
	return err;
}

int compile_load(struct arena *arena, const void *elf, size_t len, struct compiled *out,
		 struct diag *d)
{
	const void *section;
	size_t size;

	memset(out, 0, sizeof(*out));
	int err = object_find_section(elf, len, SCRIPT_SECTION, &section, &size, d);
	if (err == -ENOENT) {
		diag_error(d, LOC_NONE,
			   "this BPF object was not made by skep: it has no section '%s'",
			   SCRIPT_SECTION);
		diag_hint(d, "make one with skep build SCRIPT -o FILE.bpf.o");
		return -EINVAL;
	}
	if (err)
		return err;
	err = script_decode(&out->script, arena, section, size, d);
	if (err)
		return err;
	if (out->script.source)
		diag_set_source(d, out->script.source_name, out->script.source,
				strlen(out->script.source));
	buf_put(&out->elf, elf, len);
	return 0;
}

void compiled_done(struct compiled *c)
{
	buf_done(&c->elf);
	buf_done(&c->dump);
}
