/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/output.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/pcapfile.h"
#include "cmd/exec/verdict.h"

#define LONGEST (256u << 10)

int exec_output_open(struct exec_output *w, const char *path, struct diag *d)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return diag_errno(d, errno, "%s cannot be written", path);
	w->path = path;
	out_init(&w->file, fd, false);
	return 0;
}

static void begin(struct exec_output *w, u32 link_type)
{
	struct buf head = { 0 };

	pcapfile_begin(&head, LONGEST, link_type);
	out_write(&w->file, head.data, head.len);
	buf_done(&head);
	w->has_head = true;
	w->link_type = link_type;
}

void exec_output_packet(struct exec_output *w, u32 prog_type, const struct exec_input *in,
			const struct exec_result *r)
{
	struct buf head = { 0 };
	u32 len = r->len;

	if (!w->path || !r->data || !exec_verdict_passes(prog_type, r->ret, &len))
		return;
	if (!w->has_head)
		begin(w, in->link_type);
	if (in->link_type != w->link_type) {
		w->other++;
		return;
	}
	pcapfile_record(&head, in->ns, len, r->len);
	out_write(&w->file, head.data, head.len);
	out_write(&w->file, r->data, len);
	buf_done(&head);
	w->written++;
}

int exec_output_close(struct exec_output *w, struct diag *d)
{
	int err;

	if (!w->path)
		return 0;
	if (!w->has_head)
		begin(w, PCAPFILE_ETHERNET);
	out_done(&w->file);
	err = w->file.failed ? w->file.error : 0;
	if (close(w->file.fd) && !err)
		err = errno;
	return err ? diag_errno(d, err, "%s cannot be written", w->path) : 0;
}
