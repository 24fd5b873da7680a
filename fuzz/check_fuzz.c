/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the compiler as a whole: whatever can be read of a script is checked, and what passes is made into an
 * object. Seeds are those of the parser.
 */
#include <string.h>

#include "gen/gen.h"
#include "lang/lang.h"
#include "probe/providers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile(struct arena *arena, struct types *types, const char *text, size_t size)
{
	struct lang_options options = { .unsafe = true };
	struct gen_options gen = { .source_name = "fuzz", .source = text };
	struct probe_context probes;
	struct script_ast *ast;
	struct object object;
	struct script script;
	struct buf elf = { 0 };
	struct unit unit;
	struct diag d;

	diag_init(&d, arena);
	diag_set_source(&d, "fuzz", text, size);
	probe_init(&probes, arena, types);
	probes.tracefs_known = true; /* none: what the machine has does not matter */
	probes.cache->kallsyms = probes.cache->blacklist = "/nonexistent";
	int err = lang_parse(arena, text, size, &ast, &d);
	if (ast && !lang_check(ast, &probes, &options, &unit, &d) && !err) {
		object_init(&object, arena);
		script_init(&script, arena);
		if (!gen_unit(&unit, &gen, &object, &script, &d))
			object_write(&object, &elf, &d);
		object_done(&object);
	}
	buf_done(&elf);
	probe_done(&probes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;

	arena_init(&arena);
	struct types *types = types_new(&arena);
	char *text = arena_strndup(&arena, (const char *)data, size);
	compile(&arena, types, text, size);
	types_free(types);
	arena_done(&arena);
	return 0;
}
