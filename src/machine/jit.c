/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler for x86-64: an instruction after the other, twice (see jit_impl.h). Memory is writable while it is filled in
 * and executable afterwards, never both.
 *
 * Compiled code is not limited by fuel and looks at no access: it is for programs that the verifier has accepted.
 */
#include "machine/code.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "isa/insn.h"
#include "machine/jit_impl.h"

#define MAX_BYTES (512u << 20)

const u8 jit_regs[11] = { X86_RAX, X86_RDI, X86_RSI, X86_RDX, X86_RCX, X86_R8,
			  X86_RBX, X86_R13, X86_R14, X86_R15, X86_RBP };

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		arena_exhausted();
	return p;
}

u32 jit_func_at(const struct jit_state *s, u32 insn)
{
	u32 f = 0;

	for (u32 low = 0, high = s->c->start_count; low < high;) {
		u32 mid = low + (high - low) / 2;

		if (s->funcs[mid].start <= insn) {
			f = mid;
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return f;
}

/* ---- instructions */

/* How many were compiled. */
static u32 put_insn(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = jit_fuse(s, i);

	if (n)
		return n;
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		jit_alu(s, i);
		return 1;
	case BPF_JMP:
	case BPF_JMP32:
		return jit_jump(s, i);
	default:
		jit_memory(s, i);
		return 1 + insn_is_ld_imm64(i);
	}
}

/* ---- what is known beforehand */

static void look_at(struct jit_state *s, struct jit_func *f, u32 index)
{
	const struct bpf_insn *i = &s->c->insns[index];
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	bool writes_dst =
		class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || insn_is_ld_imm64(i);
	bool is_atomic = class == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC;

	s->used |= jit_reads(i) | jit_writes(i);
	f->has_frame |= jit_reads(i) >> 10 & 1;
	if ((writes_dst || is_atomic) && i->dst_reg >= 6 && i->dst_reg < 10)
		f->saved |= (u8)(1 << (i->dst_reg - 6));
	if (is_atomic && i->src_reg >= 6 && i->src_reg < 10)
		f->saved |= (u8)(1 << (i->src_reg - 6));
	if (class == BPF_LD && !insn_is_ld_imm64(i))
		f->has_calls = f->has_frame = true;
	if (insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_FUNC)
		s->has_callbacks = true;
	if (class == BPF_JMP && op == INSN_JCOND)
		f->has_jcond = true;
	if (class != BPF_JMP || op != BPF_CALL)
		return;
	f->has_calls = f->has_frame = true;
	if (BPF_SRC(i->code) == BPF_X) {
		s->is_deep = s->has_callbacks = f->may_tail = true;
		for (u32 k = 0; k < s->c->start_count; k++)
			s->funcs[k].is_called = true;
	} else if (i->src_reg == BPF_PSEUDO_CALL) {
		s->funcs[jit_func_at(s, (u32)((s64)index + 1 + i->imm))].is_called = true;
	} else if (!i->src_reg && i->imm == BPF_FUNC_tail_call) {
		f->may_tail = true;
	}
}

/* How many functions are within each other from here; more than there may be when it goes round. */
static u32 height_of(struct jit_state *s, u32 func, u32 level)
{
	struct jit_func *f = &s->funcs[func];
	u32 most = 0;

	if (f->height || level > RUN_FRAMES)
		return f->height ? f->height : RUN_FRAMES + 1;
	for (u32 i = f->start; i < f->end; i++) {
		const struct bpf_insn *insn = &s->c->insns[i];
		u32 to, height;

		if (insn_is_ld_imm64(insn)) {
			i++;
			continue;
		}
		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_CALL)
			continue;
		to = jit_func_at(s, (u32)((s64)i + 1 + insn->imm));
		height = height_of(s, to, level + 1);
		f->may_tail |= s->funcs[to].may_tail;
		if (height > most)
			most = height;
		if (most > RUN_FRAMES)
			return most;
	}
	return f->height = most + 1;
}

static void analyse(struct jit_state *s)
{
	u32 funcs = s->c->start_count;

	for (u32 f = 0; f < funcs; f++) {
		s->funcs[f].start = s->c->starts[f];
		s->funcs[f].end = f + 1 < funcs ? s->c->starts[f + 1] : s->c->count;
	}
	for (u32 f = 0; f < funcs; f++) {
		for (u32 i = s->funcs[f].start; i < s->funcs[f].end; i++) {
			look_at(s, &s->funcs[f], i);
			i += insn_is_ld_imm64(&s->c->insns[i]);
		}
	}
	for (u32 f = 0; f < funcs && !s->is_deep; f++)
		s->is_deep = height_of(s, f, 1) > RUN_FRAMES;
	for (u32 f = 0; f < funcs; f++) {
		if (s->is_deep) { /* not all was looked at */
			s->funcs[f].height = 1;
			s->funcs[f].may_tail = true;
		}
	}
	s->is_light = funcs == 1 && !s->funcs[0].has_calls && !s->has_callbacks;
	if (s->is_light)
		s->funcs[0].saved = s->used >> 6 & 15;
	else if (!s->funcs[0].is_called) /* the gate keeps the host's */
		s->funcs[0].saved = 0;
}

/* ---- the whole */

/* Memory is as much aligned as a page is. In the first pass the most that it may take. */
static void align(struct jit_state *s, size_t to)
{
	x86_nop(&s->x, s->pass ? (to - s->x.len % to) % to : to - 1);
}

/* Instructions in a row, but for what is cold; only the first copy of a loop has places. */
static void translate_range(struct jit_state *s, u32 begin, u32 end, bool has_places)
{
	u32 n;

	for (u32 i = begin; i < end; i += n) {
		if (s->flags[i] & JIT_COLD && i != begin) {
			u32 to = jit_target(&s->c->insns[i - 1], i - 1);

			if (has_places)
				s->cold[s->cold_count++] = (struct jit_range){ i, to };
			n = to - i;
			continue;
		}
		x86_reserve(&s->x, JIT_ROOM);
		s->insn = i;
		if (has_places)
			s->places[i] = (u32)s->x.len;
		n = put_insn(s, &s->c->insns[i]);
		for (u32 k = 1; has_places && k < n; k++)
			s->places[i + k] = (u32)s->x.len;
	}
}

static void translate_loop(struct jit_state *s, const struct jit_loop *l)
{
	for (u32 k = 0; k < l->copies; k++) {
		memset(s->addresses, 0, sizeof(s->addresses));
		s->copied = k + 1 < l->copies ? l : NULL;
		translate_range(s, l->head, l->end, !k);
	}
}

/* loop: the first that is not before the function; returns the first behind it. */
static u32 translate_function(struct jit_state *s, const struct jit_func *f, u32 loop)
{
	u32 at = f->start;

	s->insn = at;
	s->cold_count = 0;
	memset(s->addresses, 0, sizeof(s->addresses));
	x86_reserve(&s->x, JIT_ROOM);
	jit_prologue(s);
	while (at < f->end) {
		const struct jit_loop *l = loop < s->loop_count ? &s->loops[loop] : NULL;
		u32 until = at + 1;

		x86_reserve(&s->x, JIT_ROOM);
		if (l && l->head == at) {
			align(s, JIT_ALIGN_LOOP);
			translate_loop(s, l);
			at = l->end;
			loop++;
			continue;
		}
		if (s->flags[at] & JIT_LOOP)
			align(s, JIT_ALIGN);
		while (until < f->end && !(s->flags[until] & JIT_LOOP))
			until++;
		translate_range(s, at, until, true);
		at = until;
	}
	for (u32 k = 0; k < s->cold_count; k++) {
		memset(s->addresses, 0, sizeof(s->addresses));
		translate_range(s, s->cold[k].begin, s->cold[k].end, true);
	}
	return loop;
}

static void translate(struct jit_state *s)
{
	u32 loop = 0;

	s->x.len = 0;
	s->fixup_count = s->trap_count = 0;
	s->copied = NULL;
	memset(s->places, 0, (s->c->count + 1) * sizeof(*s->places));
	jit_gates(s);
	for (s->func = 0; s->func < s->c->start_count; s->func++) {
		s->entries[s->func] = (u32)s->x.len;
		loop = translate_function(s, &s->funcs[s->func], loop);
	}
	s->places[s->c->count] = (u32)s->x.len;
	jit_put_traps(s);
}

static int make_executable(struct jit *j, const struct x86 *x, struct diag *d)
{
	/* Filled in at once, without a page fault for each page. */
	u8 *bytes = mmap(NULL, x->len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (bytes == MAP_FAILED)
		return diag_errno(d, errno, "no memory for compiled code");
	memcpy(bytes, x->bytes, x->len);
	j->bytes = bytes;
	j->size = x->len;
	if (mprotect(bytes, x->len, PROT_READ | PROT_EXEC))
		return diag_errno(d, errno, "compiled code may not be executed here");
	return 0;
}

/* The gates are of one length, so where the first function begins is right from the second pass on. */
static int compile(struct jit_state *s, struct jit *j, struct diag *d)
{
	translate(s);
	if (s->x.len > MAX_BYTES)
		return diag_error(d, LOC_NONE, "the program is too large to be compiled");
	memcpy(s->old_places, s->places, (s->c->count + 1) * sizeof(*s->places));
	s->pass = 1;
	translate(s);
	jit_fix_all(s);
	for (u32 f = 0; f < s->c->start_count; f++)
		j->heights[f] = s->funcs[f].height;
	j->enter = (u32)s->enter;
	j->tail = (u32)s->tail;
	j->host = (u32)s->host;
	return make_executable(j, &s->x, d);
}

/* The compiler's own way to ask would ask at each start, and that takes long where a hypervisor answers. */
static bool has_bmi2(void)
{
	u32 a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_BMI2;
}

int jit_compile(struct code *c, struct diag *d)
{
	struct jit *j = allocate(1, sizeof(*j));
	struct jit_state s = { .c = c, .has_bmi2 = has_bmi2() };
	const u8 *host;
	int err;

	j->places = allocate(c->count + 1, sizeof(*j->places));
	j->entries = allocate(c->start_count, sizeof(*j->entries));
	j->heights = allocate(c->start_count, sizeof(*j->heights));
	s.places = j->places;
	s.entries = j->entries;
	s.old_places = allocate(c->count + 1, sizeof(*s.old_places));
	s.funcs = allocate(c->start_count, sizeof(*s.funcs));
	s.flags = allocate(c->count, sizeof(*s.flags));
	s.live = allocate(c->count, sizeof(*s.live));
	s.loops = allocate(c->count, sizeof(*s.loops));
	s.cold = allocate(c->count, sizeof(*s.cold));
	analyse(&s);
	jit_flow(&s);
	err = compile(&s, j, d);
	free(s.x.bytes);
	free(s.old_places);
	free(s.funcs);
	free(s.flags);
	free(s.live);
	free(s.loops);
	free(s.cold);
	free(s.fixups);
	free(s.traps);
	if (err) {
		jit_free(j);
		return err;
	}
	jit_free(c->jit);
	c->jit = j;
	host = j->bytes + j->host;
	memcpy(&c->native, &host, sizeof(c->native));
	c->native_size = j->size;
	return 0;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	if (j->bytes)
		munmap(j->bytes, j->size);
	free(j->places);
	free(j->entries);
	free(j->heights);
	free(j);
}

static size_t begin_of(const struct code *c, u32 insn)
{
	const struct jit *j = c->jit;
	u32 f = 0;

	if (insn > c->count)
		return j->size;
	if (!code_is_start(c, insn))
		return j->places[insn];
	while (c->starts[f] != insn)
		f++;
	return j->entries[f];
}

void jit_place(const struct code *c, u32 insn, size_t *at, size_t *size)
{
	*at = *size = 0;
	if (!c->jit || insn > c->count)
		return;
	*at = begin_of(c, insn);
	*size = begin_of(c, insn + 1) - *at;
}

u64 jit_callback(const struct code *c, u32 start, u64 a, u64 b, u64 arg3, u64 d, struct run *run)
{
	typedef u64 (*gate)(u64, u64, u64, u64, u64, struct run *, const u8 *);
	const struct jit *j = c->jit;
	const u8 *at = j->bytes + j->enter;
	u32 f = 0;
	gate enter;

	while (c->starts[f] != start)
		f++;
	if (run->depth + j->heights[f] > RUN_FRAMES) {
		run->trap = RUN_TOO_DEEP;
		return 0;
	}
	memcpy(&enter, &at, sizeof(enter));
	return enter(a, b, arg3, d, 0, run, j->bytes + j->entries[f]);
}
#else
/* The compiler's own way to ask would ask at each start, and that takes long where a hypervisor answers. */
static bool has_bmi2(void)
{
	u32 a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_BMI2;
}

int jit_compile(struct code *c, struct diag *d)
{
	(void)c;
	diag_error(d, LOC_NONE, "there is no compiler for this processor");
	return -ENOTSUP;
}

void jit_free(struct jit *j)
{
	(void)j;
}

void jit_place(const struct code *c, u32 insn, size_t *at, size_t *size)
{
	(void)c;
	(void)insn;
	*at = *size = 0;
}

u64 jit_callback(const struct code *c, u32 start, u64 a, u64 b, u64 arg3, u64 d, struct run *run)
{
	return interp_run(c, start, a, b, arg3, d, 0, run);
}
#endif
