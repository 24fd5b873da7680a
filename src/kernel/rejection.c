/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an object was not loaded, in one diagnostic.
 *
 * A verifier log is the path that it took, with the state before each instruction, and ends like this:
 *
 *	; @a[0] = *(uint64 *)arg0; @ x.bt:3        the script's line ("@ file:line" since Linux 6.10)
 *	12: (79) r1 = *(u64 *)(r7 +0)              the instruction
 *	R7 invalid mem access 'scalar'             the reason
 *	processed 13 insns (limit 1000000) ...     figures
 *
 * The diagnostic is the reason, at the place of that instruction, with what to do about it.
 */
#include "kernel/rejection.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/place.h"
#include "kernel/warn.h"
#include "kernel/feature.h"

#define NOTE_MAX (1u << 20)
#define REASON_MAX 512

/* A stretch of text within a log. */
struct span {
	const char *at;
	size_t len;
};

struct hint {
	const char *part; /* of the reason */
	const char *text;
};

static const struct hint hints[] = {
	{ "failed to resolve CO-RE",
	  "this kernel's type has no such field: see `skep list -v 'struct "
	  "NAME'` for those it has" },
	{ "unreachable insn",
	  "the program has code that nothing leads to; this is a mistake of the "
	  "compiler that made it" },
	{ "back-edge", "the verifier must see that a loop ends: give it a constant bound, as in "
		       "for ($i : 0..10)" },
	{ "infinite loop",
	  "the verifier must see that a loop ends: give it a constant bound, as in "
	  "for ($i : 0..10)" },
	{ "is too large", "the verifier follows every path: shorter loops, fewer branches within "
			  "loops or several smaller probes help" },
	{ "is too complex", "the verifier follows every path: shorter loops, fewer branches within "
			    "loops or several smaller probes help" },
	{ "combined stack size", "a program has 512 bytes of stack: fewer or shorter strings and "
				 "structs, or a map, help" },
	{ "stack limit",
	  "a program has 512 bytes of stack: fewer or shorter strings and structs, or "
	  "a map, help" },
	{ "invalid bpf_context access",
	  "this program's context has nothing to read there: the probe "
	  "has fewer arguments, or this kernel keeps them from it" },
	{ "invalid mem access",
	  "this is no pointer that a program may follow by itself: read through "
	  "it with a cast to its type, or with str() or buf()" },
	{ "or_null", "the value may be missing there, and is to be tested first" },
	{ "unbounded memory access", "the verifier knows no upper limit of this length: test it or "
				     "mask it first" },
	{ "invalid access to map value",
	  "the verifier cannot see that this stays within the value: "
	  "test the index first" },
	{ "outside of the allowed memory",
	  "the verifier cannot see that this stays within the value: "
	  "test the index first" },
	{ "GPL", "the helper is for programs under a licence compatible with the GPL only" },
	{ "doesn't have", "the function has fewer arguments on this kernel" },
	{ "unknown opcode", "this kernel is older than the instruction" },
	{ "expected=", "the argument is not what the helper takes there" },
};

/* The last line of text before `end`; moves end to its beginning. len 0 at the top. */
static struct span line_before(const char *text, const char **end)
{
	const char *stop = *end, *at;

	while (stop > text && (stop[-1] == '\n' || stop[-1] == '\r'))
		stop--;
	at = stop;
	while (at > text && at[-1] != '\n')
		at--;
	*end = at;
	return (struct span){ at, (size_t)(stop - at) };
}

static bool starts(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.at, with, n) == 0;
}

/* "12: (79) r1 = ..." and its number. */
static bool is_insn(struct span s, u32 *number)
{
	size_t i = 0;
	u64 n = 0;

	while (i < s.len && isdigit((unsigned char)s.at[i]) && n < UINT32_MAX / 10)
		n = n * 10 + (u64)(s.at[i++] - '0');
	if (i == 0 || i + 2 >= s.len || memcmp(s.at + i, ": (", 3) != 0)
		return false;
	*number = (u32)n;
	return true;
}

/* Lines that say nothing about why. */
static bool is_noise(struct span s)
{
	static const char *const starting[] = { "processed ",   "verification time",
						"stack depth",  "max_states",
						"mark_precise", "last_idx",
						"first_idx",    "regs=",
						"parent ",      "from ",
						"func#",        "caller",
						"frame",        "returning ",
						"-- END",       "peak_states",
						"propagating",  "insns processed",
						"cur state:",   "old state:" };
	u32 number;

	for (size_t i = 0; i < ARRAY_SIZE(starting); i++)
		if (starts(s, starting[i]))
			return true;
	return s.len == 0 || s.at[0] == ';' || is_insn(s, &number);
}

static struct span find_reason(const char *log)
{
	const char *end = log + strlen(log);
	struct span line;

	while (end > log) {
		line = line_before(log, &end);
		if (!is_noise(line))
			return line;
	}
	return (struct span){ log, 0 };
}

/* The instruction that the reason itself names ("unreachable insn 7"), else the last one of the log. */
static bool find_insn(const char *log, const char *reason, u32 *number)
{
	const char *named = strstr(reason, "insn "), *end = log + strlen(log);

	if (named && isdigit((unsigned char)named[5])) {
		*number = (u32)strtoul(named + 5, NULL, 10);
		return true;
	}
	while (end > log)
		if (is_insn(line_before(log, &end), number))
			return true;
	return false;
}

/* By the log's last "; text" or "; text @ file:line". */
static struct loc place_by_log(const struct script *s, const char *log)
{
	const char *end = log + strlen(log);

	while (end > log) {
		struct span line = line_before(log, &end);
		const char *at = NULL;

		if (!starts(line, "; "))
			continue;
		for (size_t i = 2; i + 3 < line.len; i++)
			if (memcmp(line.at + i, " @ ", 3) == 0)
				at = line.at + i;
		if (at) {
			const char *colon = memchr(at, ':', line.len - (size_t)(at - line.at));
			u32 number = colon ? (u32)strtoul(colon + 1, NULL, 10) : 0;
			struct loc loc = place_of_line(s, number);

			if (loc.line)
				return loc;
		}
		return place_of_text(s, line.at + 2, (at ? (size_t)(at - line.at) : line.len) - 2);
	}
	return LOC_NONE;
}

/* The program that libbpf says failed: "prog 'NAME': ...". */
static const struct script_program *failed_program(const struct instance *k, const char *warnings)
{
	const struct script *s = k->script;

	for (const char *at = warnings; (at = strstr(at, "prog '")); at++) {
		struct span name = { at + 6, strcspn(at + 6, "'\n") };

		for (size_t i = 0; i < s->programs.n; i++)
			if (strlen(s->programs.at[i].func) == name.len &&
			    starts(name, s->programs.at[i].func))
				return &s->programs.at[i];
	}
	return NULL;
}

static void hint_for(struct diag *d, const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		if (strstr(reason, hints[i].part)) {
			diag_hint(d, "%s", hints[i].text);
			return;
		}
	}
}

static bool is_locked_down(void)
{
	char *text = text_read_file("/sys/kernel/security/lockdown", 256, NULL);
	bool yes = text && strstr(text, "[confidentiality]");

	free(text);
	return yes;
}

/* "unknown func bpf_loop#181", newer: "program of this type cannot use helper bpf_loop#181". */
static bool unknown_helper(struct diag *d, struct loc loc, const struct script_program *p,
			   const char *reason)
{
	const char *name = strstr(reason, "unknown func ");
	int len;

	if (name)
		name += strlen("unknown func ");
	else if ((name = strstr(reason, "cannot use helper ")))
		name += strlen("cannot use helper ");
	else
		return false;
	len = (int)strcspn(name, "# \n");
	diag_error(d, loc, "this kernel does not offer the helper %.*s to %s programs", len, name,
		   attach_info(p->kind)->name);
	if (strncmp(name, "bpf_probe_read", 14) == 0 && is_locked_down())
		diag_hint(d, "kernel lockdown is in its confidentiality mode, which keeps programs "
			     "from reading memory");
	else
		diag_hint(d, "a newer kernel or another kind of probe may have it");
	return true;
}

static void add_log(struct diag *d, const char *log)
{
	size_t len = strlen(log), cut = len > NOTE_MAX ? len - NOTE_MAX : 0;
	struct diag_item *item;

	if (!len)
		return;
	item = vec_add(d->arena, &d->items);
	item->level = DIAG_NOTE;
	item->text = cut ? arena_printf(d->arena,
					"the verifier's log (%zu bytes before this left out):\n%s",
					cut, log + cut)
			 : arena_printf(d->arena, "the verifier's log:\n%s", log);
}

static void report_verdict(struct instance *k, const struct script_program *p, int err,
			   const char *log, struct diag *d)
{
	struct span line = find_reason(log);
	char reason[REASON_MAX];
	struct loc loc = LOC_NONE;
	u32 insn;

	/* Kernels before 6.4 stop writing where the buffer is full, long before the reason. */
	if (err == ENOSPC && !strstr(line.at, "\nprocessed "))
		snprintf(reason, sizeof(reason), "it is too complex, and so is the verifier's log");
	else
		snprintf(reason, sizeof(reason), "%.*s",
			 (int)(line.len < REASON_MAX ? line.len : REASON_MAX - 1), line.at);
	if (find_insn(log, reason, &insn))
		loc = place_of_insn(k, p->func, insn);
	if (!loc.line)
		loc = place_by_log(k->script, log);
	if (!loc.line)
		loc = p->loc;
	if (unknown_helper(d, loc, p, reason))
		return;
	diag_error(d, loc, "the kernel rejected this program: %s", reason);
	hint_for(d, reason);
}

/* A program that was refused before the verifier looked at it. */
static void report_refusal(const struct script_program *p, int err, struct diag *d)
{
	const char *kind = attach_info(p->kind)->name;

	if (p->kind == ATTACH_FENTRY || p->kind == ATTACH_FEXIT) {
		struct features have = { 0 };
		diag_error(d, p->loc, "this kernel cannot load %s programs (%s)", kind,
			   strerror(err));
		if (feature(&have, FEATURE_KPROBE))
			diag_hint(d, "%s probes would do instead",
				  p->kind == ATTACH_FENTRY ? "kprobe" : "kretprobe");
		else
			diag_hint(d, "it has no kprobes either: see skep list 'tracepoint:*'");
		return;
	}
	diag_error(d, p->loc, "the kernel refused this %s program: %s", kind, strerror(err));
	if (err == EPERM || err == EACCES)
		diag_hint(d, "root, or CAP_BPF and CAP_PERFMON, may load it; kernel lockdown may "
			     "forbid it even to root");
	else if (err == E2BIG)
		diag_hint(d, "it has more than a million instructions, or more than 4,096 without "
			     "CAP_BPF");
}

int rejection_report(struct instance *k, int err, const char *log, const struct buf *warnings,
		     struct diag *d)
{
	const struct script_program *p = failed_program(k, buf_str(warnings));
	const char *said = warn_last(warnings, d->arena);

	if (p && *log)
		report_verdict(k, p, err, log, d);
	else if (p && strstr(buf_str(warnings), "BPF program load failed"))
		report_refusal(p, err, d);
	else if (err == EPERM)
		diag_errno(d, err, "cannot load the program");
	else
		diag_error(d, p ? p->loc : LOC_NONE, "cannot load the program: %s",
			   *said ? said : strerror(err));
	if (k->opts.verbose)
		add_log(d, log);
	/* ENOSPC is about the log, and libbpf has numbers of its own from 4000 on. */
	return err == ENOSPC || err >= 4000 ? -EINVAL : -err;
}
