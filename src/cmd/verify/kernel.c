/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log is the path that the kernel's verifier took, with what it knows after each instruction, then the reason:
 *
 *	3: (2d) if r3 > r2 goto pc+4          ; R2=pkt_end() R3=pkt(off=12,r=12)
 *	4: (69) r1 = *(u16 *)(r1 +12)
 *	invalid access to packet, off=12 size=2, R1(id=0,off=12,r=12)
 *	R1 offset is outside of the packet
 *	processed 5 insns (limit 1000000) ...
 *
 * Of the lines behind the last instruction the first is the reason, others go on with it. Whether a jump was taken shows by the
 * instruction that comes next. What is known of a register is what was last said of it.
 */
#include "cmd/verify/kernel.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "isa/disasm.h"

#define REGS 11
#define REASON_LINES 4
#define TEXT_MAX 300

struct rule {
	const char *part; /* of the reason */
	enum verify_category category;
	const char *hint;
};

/* The first that fits; so what is more exact comes first. */
static const struct rule rules[] = {
	{ "_or_null'", VERIFY_NULL, "compare the pointer with NULL first" },
	{ "ossibly NULL", VERIFY_NULL, "compare the pointer with NULL first" },
	{ "access to packet", VERIFY_PACKET,
	  "compare with data_end first: if (pointer + size > data_end) return ...; and use the "
	  "same "
	  "pointer" },
	{ "bpf_context access", VERIFY_CTX,
	  "this type of program, or this attach point, does not have that" },
	{ "access to map value", VERIFY_VALUE,
	  "compare the index with the size first, as an unsigned number" },
	{ "invalid access to memory", VERIFY_MEM,
	  "compare the offset with the size first, as an unsigned number" },
	{ "outside of the allowed memory", VERIFY_MEM,
	  "compare the offset with the size first, as an unsigned number" },
	{ "unbounded memory access", VERIFY_MEM, "compare it with the most that may be first" },
	{ "min value is negative", VERIFY_MEM,
	  "use an unsigned number, or rule out what is below zero" },
	{ "allowed for CAP_BPF", VERIFY_PRIVILEGE, "make functions static and __always_inline" },
	{ "back-edge", VERIFY_PRIVILEGE, "unroll the loop: loops take CAP_BPF" },
	{ "prohibited for !root", VERIFY_SPECULATION,
	  "compare the number so that the sum stays within, or use a constant" },
	{ "pointer comparison prohibited", VERIFY_LEAK, "" },
	{ "partial copy of pointer", VERIFY_LEAK, "" },
	{ "leaking pointer", VERIFY_LEAK, "" },
	{ "spilled pointer", VERIFY_LEAK, "overwrite it as a whole" },
	{ "!read_ok", VERIFY_UNINIT, "give it a value on every path" },
	{ "indirect read from stack", VERIFY_UNINIT, "set all bytes, padding too" },
	{ "invalid read from stack", VERIFY_UNINIT, "set the bytes on every path" },
	{ "stack", VERIFY_STACK, "" },
	{ "misaligned", VERIFY_ALIGNMENT, "" },
	{ "mem access 'scalar'", VERIFY_ACCESS,
	  "this is a number to the verifier: keep the pointer in a variable of its own, or read "
	  "with "
	  "bpf_probe_read_kernel()" },
	{ "mem access 'inv'", VERIFY_ACCESS,
	  "this is a number to the verifier: keep the pointer in a variable of its own, or read "
	  "with "
	  "bpf_probe_read_kernel()" },
	{ "invalid mem access", VERIFY_ACCESS, "" },
	{ "pointer arithmetic", VERIFY_POINTER, "" },
	{ "prohibited", VERIFY_POINTER, "" },
	{ "leaks addr", VERIFY_LEAK, "" },
	{ "expected=", VERIFY_ARGUMENT, "" },
	{ "unknown func", VERIFY_HELPER, "this kernel, or this type of program, does not have it" },
	{ "cannot use helper", VERIFY_HELPER,
	  "this kernel, or this type of program, does not have it" },
	{ "GPL", VERIFY_HELPER, "declare the license in a section \"license\"" },
	{ "kernel function", VERIFY_HELPER, "" },
	{ "reference", VERIFY_REFERENCE, "release it on every path, errors' too" },
	{ "spin_lock", VERIFY_LOCK, "" },
	{ "rcu_read", VERIFY_LOCK, "" },
	{ "infinite loop", VERIFY_LOOP, "something that ends the loop has to change in it" },
	{ "too large", VERIFY_COMPLEX, "fewer branches within loops, or bpf_loop()" },
	{ "too complex", VERIFY_COMPLEX, "fewer branches within loops, or bpf_loop()" },
	{ "should have been in", VERIFY_RETURN, "" },
	{ "call stack", VERIFY_DEPTH, "" },
	{ "unreachable insn", VERIFY_FLOW, "remove it" },
	{ "jump out of range", VERIFY_FLOW, "" },
	{ "unknown opcode", VERIFY_INSN, "" },
	{ "reserved fields", VERIFY_INSN, "" },
};

struct reader {
	struct arena *a;
	const struct image_prog *prog;
	struct verify_finding *out;
	const char *known[REGS]; /* where in the log something was last said of it, behind the = */
	bool has_insn, is_jump;  /* the last instruction: conditional */
	u32 insn;
	u32 reasons; /* lines */
};

static bool is_noise(const char *line)
{
	static const char *const beginnings[] = { "processed ",   "verification time",
						  "stack depth",  "func#",
						  "mark_precise", "-- END",
						  "-- BEGIN",     "regs=",
						  "last_idx",     "first_idx",
						  "parent ",      "from ",
						  "Live regs",    "frame" };

	if (!*line || *line == ';' || *line == ' ')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		if (!strncmp(line, beginnings[i], strlen(beginnings[i])))
			return true;
	}
	return false;
}

/* "R1_w=pkt(off=12,r=12)" within a line of states. */
static void note_registers(struct reader *r, const char *line)
{
	const char *stop = line + strcspn(line, "\n");

	for (const char *p = line; (p = memchr(p, 'R', (size_t)(stop - p))) != NULL; p++) {
		char *end;
		unsigned long reg = strtoul(p + 1, &end, 10);

		if (end == p + 1 || reg >= REGS || (p != line && p[-1] != ' ' && p[-1] != ';'))
			continue;
		if (*end == '_')
			end += strcspn(end, "= \n");
		if (*end == '=' && isdigit((unsigned char)p[1]))
			r->known[reg] = end + 1;
	}
}

/* "N: (op) ..."; false if it is another line. */
static bool read_insn(const char *line, u32 *number, const char **text)
{
	char *end;
	unsigned long n = strtoul(line, &end, 10);

	if (!isdigit((unsigned char)*line) || strncmp(end, ": (", 3) != 0 || n > UINT32_MAX)
		return false;
	*number = (u32)n;
	*text = end + 2;
	return true;
}

static void add_step(struct reader *r, bool is_taken)
{
	struct buf insn = { 0 };

	if (r->insn >= r->prog->count)
		return;
	disasm_insn(&insn, &r->prog->insns[r->insn], r->prog->count - r->insn, NULL);
	*vec_add(r->a, &r->out->path) =
		(struct verify_step){ r->insn, arena_printf(r->a, "%s: %s", buf_str(&insn),
							    is_taken ? "taken" : "not taken") };
	buf_done(&insn);
}

static void take_insn(struct reader *r, u32 number)
{
	const struct bpf_insn *i = number < r->prog->count ? &r->prog->insns[number] : NULL;
	u8 class = i ? BPF_CLASS(i->code) : 0, op = i ? BPF_OP(i->code) : 0;

	if (r->has_insn && r->is_jump)
		add_step(r, number != r->insn + 1);
	r->has_insn = true;
	r->insn = number;
	r->is_jump = (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
		     op != BPF_EXIT;
	r->reasons = 0;
	r->out->message = "";
}

static void take_reason(struct reader *r, const char *line, size_t len)
{
	const char *before = r->out->message;

	if (r->reasons++ < REASON_LINES)
		r->out->message = arena_printf(r->a, "%s%s%.*s", before, *before ? "; " : "",
					       (int)(len < TEXT_MAX ? len : TEXT_MAX), line);
}

/* Up to the space behind it that is in no brackets. */
static size_t value_len(const char *s)
{
	size_t n = 0;
	int depth = 0;

	while (s[n] && s[n] != '\n' && n < TEXT_MAX && (depth || s[n] != ' ')) {
		depth += s[n] == '(';
		depth -= s[n] == ')';
		n++;
	}
	return n;
}

static void add_value(struct reader *r, u32 reg)
{
	if (reg < 10 && r->known[reg])
		*vec_add(r->a, &r->out->values) = arena_printf(
			r->a, "r%u = %.*s", reg, (int)value_len(r->known[reg]), r->known[reg]);
}

/* What the instruction uses. */
static void add_values(struct reader *r)
{
	const struct bpf_insn *i = &r->prog->insns[r->out->insn];
	u8 class = BPF_CLASS(i->code);

	if (i->code == (BPF_JMP | BPF_CALL)) {
		for (u32 reg = 1; reg <= 5; reg++)
			add_value(r, reg);
		return;
	}
	if (i->code == (BPF_JMP | BPF_EXIT)) {
		add_value(r, 0);
		return;
	}
	if (class != BPF_LDX && class != BPF_LD)
		add_value(r, i->dst_reg);
	if (class == BPF_LDX || class == BPF_STX || (class != BPF_ST && i->code & BPF_X))
		add_value(r, i->src_reg);
}

static void classify(struct verify_finding *f)
{
	f->category = VERIFY_CATEGORIES;
	f->hint = "";
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strstr(f->message, rules[i].part)) {
			f->category = rules[i].category;
			f->hint = rules[i].hint;
			return;
		}
	}
}

bool verify_kernel_finding(struct arena *a, const char *log, const struct image_prog *p,
			   struct verify_finding *out)
{
	struct reader r = { .a = a, .prog = p, .out = out };

	*out = (struct verify_finding){ .message = "", .hint = "", .input = "" };
	for (const char *line = log, *end; *line; line = *end ? end + 1 : end) {
		const char *text;
		u32 number;

		end = line + strcspn(line, "\n");
		if (read_insn(line, &number, &text)) {
			take_insn(&r, number);
			note_registers(&r, text);
		} else if (isdigit((unsigned char)*line) || !strncmp(line, "from ", 5)) {
			note_registers(&r, line); /* "4: R1=ctx() ...": the state there */
		} else if (!is_noise(line)) {
			take_reason(&r, line, (size_t)(end - line));
		}
	}
	if (r.has_insn && r.insn < p->count)
		out->insn = r.insn;
	/* As in our own findings the place itself is the last step. */
	*vec_add(a, &out->path) = (struct verify_step){ out->insn, "" };
	classify(out);
	add_values(&r);
	return out->message[0];
}
