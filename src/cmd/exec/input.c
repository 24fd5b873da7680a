/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pcapfile.h"
#include "base/text.h"

int exec_inputs_open(struct exec_inputs *in, struct arena *a, const char *path, struct diag *d)
{
	bool is_stdin = !strcmp(path, "-");
	size_t len;

	in->file = is_stdin ? text_read_fd(STDIN_FILENO, CAPTURE_MAX_BYTES, &len)
			    : text_read_file(path, CAPTURE_MAX_BYTES, &len);
	if (!in->file)
		return diag_errno(d, errno, "%s cannot be read", path);
	return capture_open(&in->capture, a, path, in->file, len, d);
}

void exec_inputs_done(struct exec_inputs *in)
{
	free(in->file);
}

int exec_inputs_next(struct exec_inputs *in, struct exec_input *out, struct diag *d)
{
	struct capture_packet p;
	u32 number = in->next + 1;
	int got = 0;

	if (in->next < in->packets.n || (in->is_bare && !in->next)) {
		*out = (struct exec_input){ .number = number, .link_type = PCAPFILE_ETHERNET };
		out->about = in->about;
		if (!in->is_bare) {
			out->data = in->packets.at[in->next].at;
			out->len = in->packets.at[in->next].len;
			out->is_text = true;
		}
		in->next++;
		return 1;
	}
	if (in->file)
		got = capture_next(&in->capture, &p, d);
	if (got <= 0)
		return got;
	*out = (struct exec_input){
		.number = number,
		.data = p.data,
		.len = p.len,
		.link_type = p.link_type,
		.ns = p.ns,
		.about = in->about,
	};
	in->next++;
	in->short_ones += p.len < p.size;
	in->without_ethernet += p.link_type != PCAPFILE_ETHERNET;
	return 1;
}
