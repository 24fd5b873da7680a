/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line by line: labels and instructions are collected, and names that stand for distances are put in
 * at the end, when all labels are known.
 */
#include "isa/asm.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "isa/asm_insn.h"
#include "isa/helper.h"
#include "isa/insn.h"

struct fix {
	u32 insn;
	enum asm_fix kind;
	struct asm_name name;
};

struct assembly {
	struct arena *arena;
	struct diag *d;
	struct asm_code *out;
	struct table labels; /* name → (void *)(index + 1) */
	vec_of(struct fix) fixes;
};

static int asm_add_label(struct assembly *a, const struct asm_name *name)
{
	struct asm_label *l;

	if (table_get(&a->labels, name->at, name->len))
		return diag_error(a->d, name->loc, "label '%.*s' is there twice", (int)name->len,
				  name->at);
	l = vec_add(a->arena, &a->out->labels);
	l->name = arena_strndup(a->arena, name->at, name->len);
	l->insn = (u32)a->out->insns.n;
	table_set(&a->labels, name->at, name->len, (void *)(uintptr_t)a->out->labels.n);
	return 0;
}

/*
 * What dumps have in front of an instruction: its number, and in the verifier's log the opcode in
 * parentheses.
 */
static void asm_skip_index(struct asm_scan *s)
{
	size_t at = s->pos;
	bool is_negative;
	u64 value;

	if (!scan_number(s, &value, &is_negative) || is_negative || !scan_text(s, ":")) {
		s->pos = at;
		return;
	}
	scan_blanks(s);
	if (s->end - s->pos > 4 && s->text[s->pos] == '(' && s->text[s->pos + 3] == ')')
		s->pos += 4;
}

/* The labels in front of an instruction. */
static int asm_take_labels(struct assembly *a, struct asm_scan *s)
{
	struct asm_name name;
	int err = 0;

	for (;;) {
		size_t at = s->pos;

		if (!scan_name(s, &name) || s->pos == s->end || s->text[s->pos] != ':') {
			s->pos = at;
			return err;
		}
		s->pos++;
		err = asm_add_label(a, &name) ? -EINVAL : err;
	}
}

/* `<L1>` behind a jump */
static void asm_skip_note(struct asm_scan *s)
{
	size_t at = s->pos;
	struct asm_name name;

	if (!scan_text(s, "<") || !scan_name(s, &name) || !scan_text(s, ">"))
		s->pos = at;
}

static int asm_take_insn(struct assembly *a, struct asm_scan *s)
{
	struct asm_insn insn;
	u32 at = (u32)a->out->insns.n;

	if (!asm_insn_parse(s, &insn))
		return -EINVAL;
	asm_skip_note(s);
	if (!scan_ended(s)) {
		scan_expected(s, "the end of the line");
		return -EINVAL;
	}
	for (u32 i = 0; i < insn.count; i++) {
		*vec_add(a->arena, &a->out->insns) = insn.insn[i];
		*vec_add(a->arena, &a->out->lines) = s->line;
	}
	if (insn.fix)
		*vec_add(a->arena, &a->fixes) = (struct fix){ at, insn.fix, insn.name };
	return 0;
}

static int asm_take_line(struct assembly *a, struct asm_scan *s)
{
	int err;

	/* A number may stand in front of what is a label for llvm-objdump, and behind it. */
	asm_skip_index(s);
	err = asm_take_labels(a, s);
	asm_skip_index(s);
	if (err || scan_ended(s))
		return err;
	return asm_take_insn(a, s);
}

/* The distance from the instruction behind insn to a label. */
static bool asm_distance(const struct assembly *a, const struct fix *f, s64 *out)
{
	uintptr_t index = (uintptr_t)table_get(&a->labels, f->name.at, f->name.len);

	if (!index)
		return false;
	*out = (s64)a->out->labels.at[index - 1].insn - f->insn - 1;
	return true;
}

static int asm_fail_label(const struct assembly *a, const struct fix *f)
{
	char word[64];
	struct nearest near;

	diag_error(a->d, f->name.loc, "there is no label '%.*s'", (int)f->name.len, f->name.at);
	if (a->d->dropped || f->name.len >= sizeof(word))
		return -EINVAL;
	memcpy(word, f->name.at, f->name.len);
	word[f->name.len] = 0;
	near = nearest_to(word);
	for (size_t i = 0; i < a->out->labels.n && i < 1000; i++)
		nearest_try(&near, a->out->labels.at[i].name);
	if (nearest_name(&near))
		diag_hint(a->d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

static int asm_fail_helper(const struct assembly *a, const struct asm_ref *ref)
{
	struct nearest near = nearest_to(ref->name);

	diag_error(a->d, ref->loc, "there is no helper %s", ref->name);
	for (u32 i = 0; i < HELPER_NUMBERS && !a->d->dropped; i++) {
		if (helper_name(i))
			nearest_try(&near, helper_name(i));
	}
	if (nearest_name(&near))
		diag_hint(a->d, "did you mean %s?", nearest_name(&near));
	return -EINVAL;
}

/* A call or a load of what is no label. */
static int asm_fix_name(struct assembly *a, const struct fix *f)
{
	struct asm_ref ref = { f->insn, arena_strndup(a->arena, f->name.at, f->name.len),
			       f->name.loc };
	bool is_call = f->kind == ASM_FIX_CALL;
	u32 helper = is_call && !strncmp(ref.name, "bpf_", 4) ? helper_find(ref.name) : 0;

	if (helper) {
		a->out->insns.at[f->insn] = insn_call((s32)helper);
		return 0;
	}
	if (is_call && !strncmp(ref.name, "bpf_", 4))
		return asm_fail_helper(a, &ref);
	*vec_add(a->arena, &a->out->refs) = ref;
	return 0;
}

static int asm_fix(struct assembly *a, const struct fix *f)
{
	struct bpf_insn *insn = &a->out->insns.at[f->insn];
	s64 distance = 0;
	bool is_label = f->kind != ASM_FIX_SYMBOL && asm_distance(a, f, &distance);

	if (f->kind == ASM_FIX_SYMBOL || (f->kind == ASM_FIX_CALL && !is_label))
		return asm_fix_name(a, f);
	if (!is_label)
		return asm_fail_label(a, f);
	if (f->kind == ASM_FIX_OFF) {
		if (distance != (s16)distance) {
			diag_error(a->d, f->name.loc,
				   "the label is %lld instructions away, more than 16 bits can say",
				   (long long)distance);
			diag_hint(a->d, "jump with gotol");
			return -EINVAL;
		}
		insn->off = (s16)distance;
	} else {
		insn->imm = (s32)distance;
	}
	return 0;
}

int asm_parse(struct arena *arena, const char *text, size_t len, struct asm_code *out,
	      struct diag *d)
{
	struct assembly a = { .arena = arena, .d = d, .out = out };
	struct asm_scan s = { .text = text, .d = d };
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (len > ASM_MAX_TEXT)
		return diag_error(d, LOC_NONE, "the text has more than %u bytes", ASM_MAX_TEXT);
	table_init(&a.labels, arena);
	while (s.pos < len) {
		const char *newline = memchr(text + s.pos, '\n', len - s.pos);

		s.start = s.pos;
		s.end = newline ? (size_t)(newline - text) : len;
		s.line++;
		if (asm_take_line(&a, &s))
			err = -EINVAL;
		if (out->insns.n > ASM_MAX_INSNS)
			return diag_error(d, LOC_NONE, "there are more than %u instructions",
					  ASM_MAX_INSNS);
		s.pos = s.end + !!newline;
	}
	for (size_t i = 0; i < a.fixes.n; i++) {
		if (asm_fix(&a, &a.fixes.at[i]))
			err = -EINVAL;
	}
	return err;
}

int asm_refuse_refs(const struct asm_code *code, struct diag *d)
{
	for (size_t i = 0; i < code->refs.n; i++) {
		const struct asm_ref *r = &code->refs.at[i];

		diag_error(d, r->loc, "there is no label, helper or map '%s'", r->name);
	}
	return code->refs.n ? -EINVAL : 0;
}
