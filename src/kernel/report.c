/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of attaching one program to its targets. */
#include "kernel/report.h"

#include <string.h>

#include "kernel/reason.h"

/* A pattern can stand for thousands of targets; nobody reads a warning for each. */
#define REPORT_MAX_WARNINGS 5u

static bool is_fatal(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == EPERM || err == EACCES;
}

void report_failure(struct report *r, const struct script_target *t, int err)
{
	struct reason reason = reason_find(r->program->kind, r->multi, err);
	const char *text = arena_printf(r->diag->arena, "cannot attach to %s: %s", t->name,
					reason.why ? reason.why : strerror(err));

	if (r->failed++ == 0) {
		r->first = text;
		r->hint = reason.hint;
		r->err = err;
	} else if (r->failed <= REPORT_MAX_WARNINGS) {
		diag_warning(r->diag, r->program->loc, "%s", text);
	}
	if (is_fatal(err))
		r->fatal = true;
}

int report_finish(struct report *r)
{
	bool error = r->fatal || r->attached == 0;

	if (!r->failed)
		return 0;
	if (error)
		diag_error(r->diag, r->program->loc, "%s", r->first);
	else
		diag_warning(r->diag, r->program->loc, "%s", r->first);
	if (r->hint)
		diag_hint(r->diag, "%s", r->hint);
	if (r->failed > REPORT_MAX_WARNINGS)
		diag_warning(r->diag, r->program->loc, "%u more could not be attached either",
			     r->failed - REPORT_MAX_WARNINGS);
	return error ? -r->err : 0;
}
