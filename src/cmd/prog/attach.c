/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog attach, detach: the types that go without a link: those of sockets' maps, whose target is the map, and the flow
 * dissector, whose target is the network namespace.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "isa/prog_type.h"

static const struct {
	u32 type;
	bool takes_map;
	const char *old; /* bpftool's older name */
} types[] = {
	{ AT_SK_MSG_VERDICT, true, "msg_verdict" },
	{ AT_SK_SKB_VERDICT, true, "skb_verdict" },
	{ AT_SK_SKB_STREAM_VERDICT, true, "stream_verdict" },
	{ AT_SK_SKB_STREAM_PARSER, true, "stream_parser" },
	{ AT_FLOW_DISSECTOR, false, "flow_dissector" },
};

/* The row in types, or -EINVAL. */
static int take_type(struct noun_args *a)
{
	const char *word;
	int err = noun_need(a, "the attach type", &word);
	struct nearest near;

	if (err)
		return err;
	near = nearest_to(word);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *name = attach_type_name(types[i].type);

		if (!strcmp(word, name) || !strcmp(word, types[i].old))
			return (int)i;
		nearest_try(&near, name);
	}
	noun_usage(a, "cannot attach as '%s'", word);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag, "attach types here are sk_msg_verdict, sk_skb_verdict, "
				   "sk_skb_stream_verdict, sk_skb_stream_parser and "
				   "flow_dissector; 'skep prog load OBJECT PATH autoattach' has "
				   "others");
	return -EINVAL;
}

static int explain(struct noun_args *a, int err, bool is_attach)
{
	diag_errno(a->diag, -err, is_attach ? "cannot attach the program" : "cannot detach it");
	if (err == -EINVAL && is_attach)
		diag_hint(a->diag, "is the program of the type for this, and the map a sockmap "
				   "or sockhash?");
	else if (err == -ENOENT)
		diag_hint(a->diag, "it is not attached there");
	return err;
}

static int change(struct noun_args *a, bool is_attach)
{
	int map = -1, row, err = 0;
	u32 id;
	int prog = noun_select_one(a, HANDLE_PROG, &id);

	if (prog < 0)
		return prog;
	row = take_type(a);
	if (row < 0)
		err = row;
	else if (types[row].takes_map)
		map = noun_select_one(a, HANDLE_MAP, &id);
	if (!err && row >= 0 && types[row].takes_map && map < 0)
		err = map;
	if (!err)
		err = noun_end(a);
	if (!err) {
		enum bpf_attach_type type = (enum bpf_attach_type)types[row].type;
		int target = map < 0 ? 0 : map;

		if (is_attach ? bpf_prog_attach(prog, target, type, 0)
			      : bpf_prog_detach2(prog, target, type))
			err = explain(a, -errno, is_attach);
	}
	if (map >= 0)
		close(map);
	close(prog);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static int run_attach(struct noun_args *a)
{
	return change(a, true);
}

static int run_detach(struct noun_args *a)
{
	return change(a, false);
}

#define ATTACH_ARGS "PROG TYPE [MAP]"
#define ATTACH_HELP                                                                                \
	"TYPE is sk_msg_verdict, sk_skb_verdict, sk_skb_stream_verdict or\n"                       \
	"sk_skb_stream_parser with a MAP of sockets, or flow_dissector, which is the\n"            \
	"network namespace's.\n"

const struct noun_verb prog_attach = {
	.name = "attach",
	.args = ATTACH_ARGS,
	.help = "Attach a program to a map of sockets or a network namespace.\n\n" ATTACH_HELP
		"It stays when skep ends.\n",
	.run = run_attach,
};

const struct noun_verb prog_detach = {
	.name = "detach",
	.args = ATTACH_ARGS,
	.help = "Detach a program from there.\n\n" ATTACH_HELP,
	.run = run_detach,
};
