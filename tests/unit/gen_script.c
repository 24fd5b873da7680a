/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/gen_script.h"

#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "unit/test.h"

bool gen_script_allowed(void)
{
	return !kernel_unavailable();
}

int gen_script_load(struct gen_script *s, const char *text)
{
	static const struct engine_options options;
	struct compile_input in = { .name = "test.bt", .text = text, .len = strlen(text) };

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	diag_init(&s->diag, &s->arena);
	in.lang = &s->lang;
	int err = compile_script(&s->arena, &in, &s->compiled, &s->diag);
	if (!err)
		err = kernel_engine.open(s->compiled.elf.data, s->compiled.elf.len,
					 &s->compiled.script, &options, &s->diag, &s->engine);
	if (!err)
		err = kernel_engine.load(s->engine, &s->diag);
	if (err) {
		test_fail(__FILE__, __LINE__, "does not load: %s", text);
		diag_render(&s->diag, stdout);
		return err;
	}
	s->bss = kernel_engine.bss(s->engine, &s->bss_size);
	return 0;
}

void gen_script_done(struct gen_script *s)
{
	kernel_engine.close(s->engine);
	compiled_done(&s->compiled);
	arena_done(&s->arena);
}

/* In .bss: { u64 is_set; value }. */
static u8 *place(const struct gen_script *s, const char *name)
{
	for (size_t i = 0; i < s->compiled.script.maps.n; i++) {
		const struct script_map *m = &s->compiled.script.maps.at[i];
		if (!strcmp(m->name, name) && !m->bpf_name && m->offset + 16 <= s->bss_size)
			return s->bss + m->offset;
	}
	test_fail(__FILE__, __LINE__, "the script has no scalar map %s", name);
	return NULL;
}

void gen_script_set(struct gen_script *s, const char *name, u64 value)
{
	u64 both[2] = { 1, value };
	u8 *p = place(s, name);

	if (p)
		memcpy(p, both, sizeof(both));
}

u64 gen_script_get(const struct gen_script *s, const char *name)
{
	const u8 *p = place(s, name);
	u64 value = 0;

	if (p)
		memcpy(&value, p + 8, sizeof(value));
	return value;
}

void gen_script_run(struct gen_script *s)
{
	CHECK_EQ(kernel_engine.run(s->engine, 0), 0);
}
