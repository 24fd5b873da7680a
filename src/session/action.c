/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of functions by kind of action. printf is the hot one: its format was taken apart beforehand, and
 * it writes straight into the output's buffer, which is flushed when the ring is empty or 64 KiB are full.
 */
#include "session/action.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "session/clock.h"
#include "session/command.h"

enum { ACTION_HEADER = 8, ACTION_CAT_BYTES = 10240, ACTION_CAT_MOST = 1 << 20 };
enum { ACTION_CAPTURE = 1 << 20 }; /* of a command's output in JSON */

struct event {
	const struct script_action *action;
	const struct format *format;
	const u8 *data;
	size_t len;
};

static void json_message(struct actions *a, const char *type, const char *text, size_t len)
{
	out_json_open(a->out, NULL, '{');
	out_json_str(a->out, "type", type, strlen(type));
	out_json_str(a->out, "data", text, len);
	out_json_close(a->out, '}');
	out_json_end(a->out);
}

/* Text as it is, or as a JSON message. */
static void put_message(struct actions *a, const char *type, const char *text, size_t len)
{
	if (a->out->json)
		json_message(a, type, text, len);
	else
		out_write(a->out, text, len);
}

/* The action's format filled in, in scratch. */
static const char *formatted(struct actions *a, const struct event *e)
{
	buf_clear(&a->scratch);
	format_print(e->format, a->values, &a->scratch, e->data, e->len);
	return buf_str(&a->scratch);
}

static int do_printf(struct actions *a, const struct event *e)
{
	if (a->out->json) {
		const char *text = formatted(a, e);

		json_message(a, "printf", text, a->scratch.len);
		return 0;
	}
	format_print(e->format, a->values, &a->out->buf, e->data, e->len);
	out_write(a->out, NULL, 0); /* flushes if enough has come together */
	return 0;
}

void action_note(struct actions *a, struct loc loc, const char *level, const char *text)
{
	size_t len = strlen(text);

	out_flush(a->out);
	if (loc.line) {
		out_printf(a->notes, "%s:%u:%u",
			   a->script->source_name ? a->script->source_name : "", loc.line, loc.col);
		if (loc.len)
			out_printf(a->notes, "-%u", loc.col + loc.len);
		out_puts(a->notes, ": ");
	}
	out_printf(a->notes, "%s: ", level);
	out_write(a->notes, text, len);
	if (!len || text[len - 1] != '\n')
		out_write(a->notes, "\n", 1);
	out_flush(a->notes);
}

static int do_errorf(struct actions *a, const struct event *e)
{
	bool is_error = e->action->kind == ACTION_ERRORF;
	const char *type = is_error ? "errorf" : "warnf", *text = formatted(a, e);
	const char *name = a->script->source_name ? a->script->source_name : "";
	struct out *o = a->out;

	if (!o->json) {
		action_note(a, e->action->loc, is_error ? "ERROR" : "WARNING", text);
		return 0;
	}
	out_json_open(o, NULL, '{');
	out_json_str(o, "type", type, strlen(type));
	out_json_str(o, "msg", text, a->scratch.len);
	out_json_str(o, "filename", name, strlen(name));
	out_json_u64(o, "line", e->action->loc.line);
	out_json_u64(o, "col", e->action->loc.col);
	out_json_close(o, '}');
	out_json_end(o);
	return 0;
}

static int do_system(struct actions *a, const struct event *e)
{
	const char *command = formatted(a, e);
	struct buf output = { 0 };
	int err;

	if (!a->opts->unsafe) {
		a->error = diag_error(a->d, e->action->loc, "system() is not allowed in safe mode");
		diag_hint(a->d, "run with --unsafe to allow it");
		return a->error;
	}
	out_flush(a->out);
	if (!a->out->json) {
		err = command_run(command, a->out->fd, a->child_mask);
	} else {
		err = command_capture(command, a->child_mask, ACTION_CAPTURE, &output);
		if (!err)
			json_message(a, "syscall", buf_str(&output), output.len);
	}
	buf_done(&output);
	if (err)
		action_note(a, e->action->loc, "ERROR", "the command could not be started");
	return 0;
}

static void note_unreadable(struct actions *a, const struct event *e, const char *path, int err)
{
	struct buf text = { 0 };

	buf_printf(&text, "failed to open file '%s': %s", path, strerror(err));
	action_note(a, e->action->loc, "ERROR", text.data);
	buf_done(&text);
}

static int do_cat(struct actions *a, const struct event *e)
{
	const char *path = formatted(a, e);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buf content = { 0 };
	ssize_t n = 1;

	if (fd < 0) {
		note_unreadable(a, e, path, errno);
		return 0;
	}
	while (n > 0 && content.len < a->max_cat) {
		char part[4096];
		size_t want = a->max_cat - content.len;

		n = read(fd, part, want < sizeof(part) ? want : sizeof(part));
		if (n > 0)
			buf_put(&content, part, (size_t)n);
	}
	if (n < 0 && !content.len)
		note_unreadable(a, e, path, errno);
	else
		put_message(a, "cat", buf_str(&content), content.len);
	close(fd);
	buf_done(&content);
	return 0;
}

static int do_print_value(struct actions *a, const struct event *e)
{
	const struct script_arg *arg = &e->action->args.at[0];
	const u8 *p = e->data + arg->offset;
	size_t left = e->len - arg->offset;

	if (a->out->json) {
		out_json_open(a->out, NULL, '{');
		out_json_str(a->out, "type", "value", 5);
		out_json_key(a->out, "data", 4);
		value_json(a->values, a->out, arg->type, p, left);
		out_json_close(a->out, '}');
		out_json_end(a->out);
	} else {
		value_text(a->values, &a->out->buf, arg->type, p, left);
		out_write(a->out, "\n", 1);
	}
	return 0;
}

static int do_map(struct actions *a, const struct event *e)
{
	const struct script_action *action = e->action;
	u32 map = action->map;

	switch (action->kind) {
	case ACTION_PRINT_MAP:
		return map_print(a->maps, map, action->top, action->div, a->out);
	case ACTION_CLEAR:
		return map_clear(a->maps, map);
	default:
		return map_zero(a->maps, map);
	}
}

static int do_print_entry(struct actions *a, const struct event *e)
{
	struct event value = *e;
	struct script_action action = *e->action;

	if (action.args.n < 2)
		return map_print_entry(a->maps, action.map, e->data + action.args.at[0].offset,
				       a->out);
	action.args.at++;
	value.action = &action;
	return do_print_value(a, &value);
}

static int do_time(struct actions *a, const struct event *e)
{
	buf_clear(&a->scratch);
	clock_now(&a->scratch, e->action->text);
	put_message(a, "time", buf_str(&a->scratch), a->scratch.len);
	return 0;
}

static int do_join(struct actions *a, const struct event *e)
{
	const struct script_action *action = e->action;

	buf_clear(&a->scratch);
	for (size_t i = 0; i < action->args.n; i++) {
		const struct script_arg *arg = &action->args.at[i];

		if (arg->offset >= e->len || !e->data[arg->offset])
			break;
		if (i)
			buf_puts(&a->scratch, action->text);
		value_text(a->values, &a->scratch, arg->type, e->data + arg->offset,
			   e->len - arg->offset);
	}
	if (!a->out->json)
		buf_putc(&a->scratch, '\n');
	put_message(a, "join", buf_str(&a->scratch), a->scratch.len);
	return 0;
}

static int do_exit(struct actions *a, const struct event *e)
{
	const struct script_action *action = e->action;
	u64 code = 0;

	if (action->args.n)
		value_int(action->args.at[0].type, e->data + action->args.at[0].offset,
			  e->len - action->args.at[0].offset, &code);
	/* The first decision stands, whatever END says. */
	if (!a->exited)
		a->exit_code = (int)(code & 0xff);
	a->exited = true;
	return 0;
}

struct action_info {
	int (*run)(struct actions *a, const struct event *e);
	u32 min_args;
	bool has_format, has_text, has_map;
};

static const struct action_info action_infos[] = {
	[ACTION_PRINTF] = { do_printf, .has_format = true },
	[ACTION_ERRORF] = { do_errorf, .has_format = true },
	[ACTION_WARNF] = { do_errorf, .has_format = true },
	[ACTION_SYSTEM] = { do_system, .has_format = true },
	[ACTION_CAT] = { do_cat, .has_format = true },
	[ACTION_PRINT_VALUE] = { do_print_value, .min_args = 1 },
	[ACTION_PRINT_MAP] = { do_map, .has_map = true },
	[ACTION_PRINT_ENTRY] = { do_print_entry, .min_args = 1, .has_map = true },
	[ACTION_CLEAR] = { do_map, .has_map = true },
	[ACTION_ZERO] = { do_map, .has_map = true },
	[ACTION_TIME] = { do_time, .has_text = true },
	[ACTION_JOIN] = { do_join, .has_text = true },
	[ACTION_EXIT] = { do_exit, .min_args = 0 },
};

/* Whether an action stands in an END clause, as far as its place tells; without a place it may. */
static bool action_of_end(const struct script *script, const struct script_action *action)
{
	const struct script_program *clause = NULL;

	for (size_t i = 0; i < script->programs.n && action->loc.line; i++) {
		const struct script_program *p = &script->programs.at[i];

		if (p->loc.offset <= action->loc.offset &&
		    (!clause || p->loc.offset > clause->loc.offset))
			clause = p;
	}
	if (!clause)
		return true;
	for (size_t i = 0; i < script->programs.n; i++) {
		const struct script_program *p = &script->programs.at[i];

		if (p->clause == clause->clause && p->kind == ATTACH_END)
			return true;
	}
	return false;
}

static bool action_is_sound(const struct actions *a, const struct script_action *action)
{
	const struct action_info *info;

	if ((size_t)action->kind >= ARRAY_SIZE(action_infos))
		return false;
	info = &action_infos[action->kind];
	if (action->args.n < info->min_args || action->size < ACTION_HEADER)
		return false;
	if ((info->has_format || info->has_text) && !action->text)
		return false;
	if (info->has_map && action->map >= a->script->maps.n)
		return false;
	for (size_t i = 0; i < action->args.n; i++) {
		const struct script_arg *arg = &action->args.at[i];

		if (!arg->type || arg->offset > action->size ||
		    arg->type->size > action->size - arg->offset)
			return false;
	}
	if (action->kind == ACTION_PRINT_ENTRY) {
		const struct type *key = a->script->maps.at[action->map].key;

		return action->size - action->args.at[0].offset >= (key ? key->size : 0);
	}
	return true;
}

static u32 action_max_cat(void)
{
	const char *text = getenv("BPFTRACE_MAX_CAT_BYTES");
	u64 n;

	if (!text || !text_u64(text, &n))
		return ACTION_CAT_BYTES;
	return n < ACTION_CAT_MOST ? (u32)n : ACTION_CAT_MOST;
}

int actions_init(struct actions *a, struct arena *arena, struct values *values, struct maps *maps,
		 const struct session_options *opts, struct out *out, struct out *notes,
		 struct diag *d)
{
	const struct script *script = values->script;

	*a = (struct actions){
		.arena = arena,
		.script = script,
		.opts = opts,
		.values = values,
		.maps = maps,
		.out = out,
		.notes = notes,
		.d = d,
		.max_cat = action_max_cat(),
		.budget = SIZE_MAX,
	};
	a->formats = arena_array(arena, struct format, script->actions.n);
	a->of_end = arena_array(arena, bool, script->actions.n);
	for (size_t i = 0; i < script->actions.n; i++) {
		const struct script_action *action = &script->actions.at[i];

		if (!action_is_sound(a, action))
			return diag_error(d, action->loc,
					  "the description of action %zu is damaged", i);
		a->of_end[i] = action_of_end(script, action);
		if (action_infos[action->kind].has_format &&
		    format_compile(&a->formats[i], arena, action->text, action->args.at,
				   action->args.n))
			return diag_error(d, action->loc,
					  "the format wants more than %zu arguments",
					  action->args.n);
	}
	return 0;
}

void actions_done(struct actions *a)
{
	buf_done(&a->scratch);
}

int actions_event(void *arg, const void *data, size_t len)
{
	struct actions *a = arg;
	struct event e = { .data = data, .len = len };
	u32 index = 0;
	int err;

	if (len > a->budget)
		return 1;
	a->budget -= len;
	if (len >= ACTION_HEADER)
		memcpy(&index, data, sizeof(index));
	if (len < ACTION_HEADER || index >= a->script->actions.n ||
	    len < a->script->actions.at[index].size) {
		a->damaged++;
		return 0;
	}
	if (a->ending && !a->of_end[index])
		return 0;
	e.action = &a->script->actions.at[index];
	e.format = &a->formats[index];
	err = action_infos[e.action->kind].run(a, &e);
	if (err && !a->error)
		action_note(a, e.action->loc, "WARNING", strerror(-err));
	return (a->exited && !a->ending) || a->error || a->out->failed;
}
