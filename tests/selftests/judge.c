/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our verifier beside the kernel's on the kernel's own cases:
 *
 *	selftests-judge [-q] [-u] [-f TEXT] [-b BAR] DIFFERENCES OBJECT...
 *
 * Each case says of itself whether it is to be accepted, and the running kernel, which may be younger than the case or know less,
 * is asked as well; its word counts where it has one. A table has a row for each file, then come all cases that are
 * judged otherwise. The exit status is 1 if fewer than BAR (95) per cent are judged alike, or if a program is accepted that the kernel rejects and
 * DIFFERENCES does not explain: lines of file, program, reason; the program * says why a file cannot be opened. With -q the kernel is not asked; with -f only programs with TEXT in "file:name". With -u
 * all judge as of one who has no capabilities, which the kernel does only if kernel.unprivileged_bpf_disabled is 0; such a
 * case is named program@unpriv.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel/privilege.h"
#include "selftests/annotation.h"
#include "selftests/ask.h"
#include "verify/verify.h"

#define BAR 95
#define MAX_FILE (64u << 20)

struct count {
	u32 good, good_agreed; /* what is to be accepted */
	u32 bad, bad_agreed;
	u32 skipped;
};

struct disagreement {
	const char *file, *program, *ours, *kernel, *group;
	bool is_accepted; /* by us */
	const char *why;  /* of DIFFERENCES; NULL: not explained */
};

struct judge {
	struct arena arena;
	const char *filter;
	bool quiet, unprivileged;
	struct rawbtf *kernel;
	char *differences;
	struct count all;
	u32 alone;   /* cases that the kernel could not be asked about: their own word counts */
	u32 changed; /* cases of which the running kernel thinks otherwise than they say */
	vec_of(struct disagreement) found;
	u32 unexplained;
};

/* The reason that DIFFERENCES gives, in the arena; NULL if it does not name the program. */
static const char *explained(struct judge *j, const char *file, const char *program)
{
	char f[128], p[128];
	int at = 0;

	for (const char *line = j->differences; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (sscanf(line, "%127s %127s %n", f, p, &at) == 2 && !strcmp(f, file) &&
		    !strcmp(p, program))
			return arena_strndup(&j->arena, line + at, strcspn(line + at, "\n"));
	}
	return NULL;
}

struct file {
	const char *name;
	const char *path;
	char *elf;
	size_t len;
	struct image img;
	struct count count;
	const char **auxiliary;
};

static void add(struct judge *j, const struct file *f, const char *name,
		const struct verify_result *r, const char *kernel)
{
	struct disagreement *d = vec_add(&j->arena, &j->found);

	*d = (struct disagreement){ .file = f->name,
				    .program = name,
				    .ours = r->accepted ? "accepted" : r->finding.message,
				    .kernel = kernel,
				    .group = r->accepted
						     ? "accepted by us"
						     : verify_category_name(r->finding.category),
				    .is_accepted = r->accepted,
				    .why = explained(j, f->name, name) };
	if (r->accepted && !d->why)
		j->unexplained++;
}

/* What the kernel was built without, nobody can judge here. */
static bool has_hook(const struct judge *j, const struct image *img, const struct image_prog *p)
{
	char name[160];

	for (u32 k = 0; k < p->count; k++) {
		const struct bpf_insn *i = &p->insns[k];
		if (i->code == (BPF_JMP | BPF_CALL) && i->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		    !rawbtf_find(j->kernel, RAWBTF_KIND(BTF_KIND_FUNC),
				 img->externs.at[i->imm].name))
			return false;
	}
	if (p->type == BPF_PROG_TYPE_LSM)
		snprintf(name, sizeof(name), "bpf_lsm_%s", p->target);
	else if (p->type == BPF_PROG_TYPE_TRACING && p->attach != BPF_TRACE_RAW_TP &&
		 p->attach != BPF_TRACE_ITER)
		snprintf(name, sizeof(name), "%s", p->target);
	else
		return true;
	return j->kernel && rawbtf_find(j->kernel, RAWBTF_KIND(BTF_KIND_FUNC), name);
}

static void judge_program(struct judge *j, struct file *f, u32 index)
{
	struct image_prog *p = &f->img.progs.at[index];
	struct annotation says;
	struct ask kernel = { ASK_NONE, "" };
	struct verify_result r;
	struct verify_options opts = { .privileged = !j->unprivileged, .kernel = j->kernel };
	struct diag d;
	char full[256];

	annotation_read(&f->img, p, &says);
	const struct annotation_case *c = j->unprivileged ? &says.unprivileged : &says.privileged;
	const char *name =
		arena_printf(&j->arena, "%s%s", p->name, j->unprivileged ? "@unpriv" : "");
	snprintf(full, sizeof(full), "%s:%s", f->name, name);
	if (c->verdict == ANNOTATION_NONE || says.is_auxiliary ||
	    (j->filter && !strstr(full, j->filter)))
		return;
	struct ask_program asked = { p->name,    p->type,      p->attach,
				     says.flags, f->auxiliary, j->unprivileged };
	if (!j->quiet && !says.is_elsewhere)
		ask_kernel(&j->arena, f->elf, f->len, &asked, &kernel);
	if (says.is_elsewhere || !has_hook(j, &f->img, p)) {
		f->count.skipped++;
		return;
	}
	if (!j->quiet && kernel.answer == ASK_NONE)
		j->alone++;
	bool said = c->verdict == ANNOTATION_ACCEPT;
	bool good = kernel.answer == ASK_NONE ? said : kernel.answer == ASK_ACCEPT;
	j->changed += good != said;
	p->flags |= says.flags;
	p->is_sleepable |= (says.flags & 1u << 4) != 0;
	diag_init(&d, &j->arena);
	if (verify_program(&j->arena, &f->img, index, &opts, &r, &d)) {
		r.accepted = false;
		r.finding = (struct verify_finding){ .category = VERIFY_INSN,
						     .message = d.items.at[0].text };
	}
	*(good ? &f->count.good : &f->count.bad) += 1;
	if (r.accepted == good)
		*(good ? &f->count.good_agreed : &f->count.bad_agreed) += 1;
	else
		add(j, f, name, &r,
		    kernel.answer == ASK_ACCEPT ? ""
		    : kernel.reason[0]          ? kernel.reason
						: arena_strdup(&j->arena, c->message));
}

static double per_cent(u32 part, u32 whole)
{
	return whole ? 100.0 * part / whole : 100.0;
}

static void print_row(const char *name, const struct count *c)
{
	printf("%-44s %4u/%-4u %5.1f%%  %4u/%-4u %5.1f%%  %5.1f%%", name, c->good_agreed, c->good,
	       per_cent(c->good_agreed, c->good), c->bad_agreed, c->bad,
	       per_cent(c->bad_agreed, c->bad),
	       per_cent(c->good_agreed + c->bad_agreed, c->good + c->bad));
	if (c->skipped)
		printf("  %u skipped", c->skipped);
	putchar('\n');
}

static void find_auxiliary(struct judge *j, struct file *f)
{
	u32 n = 0;

	f->auxiliary = arena_array(&j->arena, const char *, f->img.progs.n + 1);
	for (size_t i = 0; i < f->img.progs.n; i++) {
		struct annotation says;
		annotation_read(&f->img, &f->img.progs.at[i], &says);
		if (says.is_auxiliary)
			f->auxiliary[n++] = f->img.progs.at[i].name;
	}
}

static bool judge_file(struct judge *j, const char *path)
{
	struct file f = { .path = path };
	struct image_options how = { .kernel = j->kernel };
	struct diag d;
	const char *slash = strrchr(path, '/');

	f.name = arena_strndup(&j->arena, slash ? slash + 1 : path,
			       strcspn(slash ? slash + 1 : path, "."));
	f.elf = text_read_file(path, MAX_FILE, &f.len);
	diag_init(&d, &j->arena);
	if (!f.elf || image_open(&f.img, &j->arena, f.elf, f.len, &how, &d)) {
		const char *why = explained(j, f.name, "*");
		printf("%s: cannot be opened: %s\n", path,
		       f.elf && d.items.n ? d.items.at[0].text : "not read");
		if (why)
			printf("    differs: %s\n", why);
		free(f.elf);
		return why != NULL;
	}
	find_auxiliary(j, &f);
	for (u32 i = 0; i < f.img.progs.n; i++)
		judge_program(j, &f, i);
	if (f.count.good + f.count.bad + f.count.skipped)
		print_row(f.name, &f.count);
	fflush(stdout);
	j->all.good += f.count.good;
	j->all.good_agreed += f.count.good_agreed;
	j->all.bad += f.count.bad;
	j->all.bad_agreed += f.count.bad_agreed;
	j->all.skipped += f.count.skipped;
	image_done(&f.img);
	free(f.elf);
	return true;
}

static void print_found(const struct judge *j)
{
	for (size_t i = 0; i < j->found.n; i++) {
		const struct disagreement *d = &j->found.at[i];
		printf("%s %s:%s [%s]\n    ours:   %s\n    kernel: %s\n",
		       !d->is_accepted ? "REJECTED"
		       : d->why        ? "EXPLAINED"
				       : "ACCEPTED",
		       d->file, d->program, d->group, d->ours,
		       d->kernel[0] ? d->kernel : "accepts");
		if (d->why)
			printf("    differs: %s\n", d->why);
	}
}

int main(int argc, char **argv)
{
	struct judge j = { 0 };
	bool opened = true;
	u64 bar = BAR;
	int option;

	while ((option = getopt(argc, argv, "quf:b:")) != -1) {
		if (option == 'q')
			j.quiet = true;
		else if (option == 'u')
			j.unprivileged = true;
		else if (option == 'b')
			bar = strtoul(optarg, NULL, 10);
		else if (option == 'f')
			j.filter = optarg;
		else
			return 2;
	}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: selftests-judge [-q] [-u] [-f TEXT] [-b BAR] DIFFERENCES "
				"OBJECT...\n");
		return 2;
	}
	arena_init(&j.arena);
	if (j.unprivileged && !privilege_is_optional())
		j.quiet = true;
	j.differences = text_read_file(argv[optind], MAX_FILE, NULL);
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &j.kernel))
		j.kernel = NULL;
	printf("%-44s %-17s %-17s both\n", "file", "accepted-good", "rejected-bad");
	for (int i = optind + 1; i < argc; i++)
		opened &= judge_file(&j, argv[i]);
	print_found(&j);
	print_row("total", &j.all);
	printf("%u cases are judged by this kernel otherwise than they say, of %u it says "
	       "nothing\n",
	       j.changed, j.alone);
	u32 all = j.all.good + j.all.bad;
	bool ok = opened && all && !j.unexplained &&
		  (u64)(j.all.good_agreed + j.all.bad_agreed) * 100 >= all * bar;
	printf("%u of %u judged alike, %u accepted without an explanation: %s\n",
	       j.all.good_agreed + j.all.bad_agreed, all, j.unexplained, ok ? "passed" : "FAILED");
	rawbtf_free(j.kernel);
	free(j.differences);
	arena_done(&j.arena);
	return !ok;
}
