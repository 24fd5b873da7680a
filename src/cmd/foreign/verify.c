/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What our verifier says of the programs, and, in the same voice, why the kernel's does not take one. */
#include <string.h>
#include <unistd.h>

#include "cmd/foreign/impl.h"
#include "cmd/verify/kernel.h"
#include "cmd/verify/report.h"
#include "isa/prog_type.h"

/* What depends on something that is not in the object; NULL: nothing does. */
static const char *unknown_part(const struct image_prog *p, struct rawbtf *kernel)
{
	bool traces = p->type == BPF_PROG_TYPE_TRACING &&
		      (p->attach == AT_TRACE_FENTRY || p->attach == AT_TRACE_FEXIT ||
		       p->attach == AT_MODIFY_RETURN);

	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return "struct of the kernel";
	if (p->type == BPF_PROG_TYPE_EXT)
		return "program";
	/* Of a function that the kernel has, it is known. */
	if (traces && !(kernel && rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), p->target)))
		return "program";
	return NULL;
}

static void tell_unjudged(struct foreign *f, const struct image_prog *p, const char *part)
{
	if (f->json) {
		out_json_open(&f->out, NULL, '{');
		out_json_str(&f->out, "program", p->name, strlen(p->name));
		out_json_str(&f->out, "unknown", part, strlen(part));
		out_json_close(&f->out, '}');
		out_json_end(&f->out);
		return;
	}
	out_printf(&f->out,
		   "%s: not judged: %s: what it is called with is up to the %s that it is for\n",
		   f->file, p->name, part);
}

/* Source lines in findings are of that file; objects have no other name. */
int foreign_verify(struct foreign *f, struct rawbtf *kernel)
{
	struct verify_options opts = { .privileged = true, .kernel = kernel };
	u32 rejected = 0;
	int err = 0;

	out_init(&f->out, STDOUT_FILENO, f->json);
	for (u32 i = 0; i < f->img.progs.n && !err; i++) {
		const struct image_prog *p = &f->img.progs.at[i];
		const char *unknown = unknown_part(p, kernel);
		struct verify_result r;

		if (unknown) {
			tell_unjudged(f, p, unknown);
			continue;
		}
		err = verify_program(&f->arena, &f->img, i, &opts, &r, &f->diag);
		if (err)
			break;
		verify_report(&f->out, f->file, p, &r, false);
		rejected += !r.accepted;
	}
	out_done(&f->out);
	return err ? err : rejected ? -EINVAL : 0;
}

/* In the voice of our own verifier. */
void foreign_verify_rejected(struct foreign *f, const struct host_rejection *r)
{
	struct verify_finding finding;
	struct out o;

	if (!verify_kernel_finding(&f->arena, r->log, r->prog, &finding))
		finding.message = "it gives no reason";
	out_init(&o, STDERR_FILENO, false);
	verify_report_asked(&o, f->file, r->prog, &finding, false);
	if (f->verbose)
		out_printf(&o, "the verifier's log:\n%s", r->log);
	out_done(&o);
}
