/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tracepoint:CATEGORY:EVENT: the kernel's trace events, with the arguments that their formats declare. */
#include <string.h>

#include "probe/events.h"
#include "probe/providers.h"

static int tracepoint_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			    struct diag *d)
{
	(void)c;
	if (p->n != 3 || !*p->at[1].text || !*p->at[2].text)
		return provider_form_error(ATTACH_TRACEPOINT, p->loc, d);
	out->module = p->at[1].text;
	out->func = p->at[2].text;
	out->is_wild = text_is_glob(out->module) || text_is_glob(out->func);
	return 0;
}

/* What is near to a name that does not exist. */
struct search {
	struct arena *arena;
	const struct probe_spec *spec;
	struct nearest event, category;
	const char *elsewhere; /* a category that has the event */
	bool has_category;
};

static bool search_event(void *arg, const char *category, const char *event)
{
	struct search *s = arg;

	if (!strcmp(category, s->spec->module)) {
		s->has_category = true;
		provider_nearest(s->arena, &s->event, event);
	}
	if (!s->elsewhere && !strcmp(event, s->spec->func))
		s->elsewhere = arena_strdup(s->arena, category);
	provider_nearest(s->arena, &s->category, category);
	return true;
}

static int not_found(struct probe_context *c, const struct probe_spec *spec, struct diag *d)
{
	struct search s = { .arena = c->arena, .spec = spec };
	const char *category = spec->module, *event = spec->func;

	s.event = nearest_to(spec->func);
	s.category = nearest_to(spec->module);
	events_each(c, search_event, &s);
	if (s.has_category)
		event = nearest_name(&s.event);
	else
		category = nearest_name(&s.category);
	if (s.elsewhere && (!s.has_category || !event)) {
		category = s.elsewhere;
		event = spec->func;
	}
	diag_error(d, spec->loc, "tracepoint not found: %s:%s", spec->module, spec->func);
	if (category && event && !events_check(c, category, event))
		diag_hint(d, "did you mean 'tracepoint:%s:%s'?", category, event);
	else if (category && category != spec->module)
		diag_hint(d, "did you mean the category '%s'?", category);
	else if (!s.has_category)
		diag_hint(d, "there is no category '%s' here", spec->module);
	else
		diag_hint(d, "`skep list 'tracepoint:%s:*'` has those of the category",
			  spec->module);
	return -ENOENT;
}

static int no_match(struct probe_context *c, const struct probe_spec *spec, struct diag *d)
{
	struct search s = { .arena = c->arena, .spec = spec };

	diag_error(d, spec->loc, "no tracepoint matches %s:%s", spec->module, spec->func);
	if (text_is_glob(spec->module))
		return -ENOENT;
	s.event = nearest_to(spec->func);
	s.category = nearest_to(spec->module);
	events_each(c, search_event, &s);
	if (!s.has_category && nearest_name(&s.category))
		diag_hint(d, "did you mean the category '%s'?", nearest_name(&s.category));
	return -ENOENT;
}

static int no_tracefs(int err, const struct probe_spec *spec, struct diag *d)
{
	if (err == -EACCES || err == -EPERM) {
		diag_error(d, spec->loc,
			   "the kernel's tracepoints may not be read: permission denied");
		diag_hint(d, "run as root");
		return -EACCES;
	}
	diag_error(d, spec->loc, "there is no tracefs, so no tracepoints");
	diag_hint(d, "as root: mount -t tracefs tracefs /sys/kernel/tracing");
	return -ENODEV;
}

static bool add_tracepoint(struct collect *col, const char *category, const char *event)
{
	struct arena *a = col->c->arena;
	const char *name = arena_printf(a, "tracepoint:%s:%s", category, event);
	const char *module = arena_strdup(a, category);

	/* The event's name is the end of the full name. */
	return collect_add(col, (struct probe_target){
					.name = name,
					.module = module,
					.func = name + strlen(name) - strlen(event),
				});
}

struct expansion {
	struct collect *col;
	const struct probe_spec *spec;
};

static bool expand_event(void *arg, const char *category, const char *event)
{
	struct expansion *e = arg;

	if (!text_glob(e->spec->module, category) || !text_glob(e->spec->func, event))
		return true;
	return add_tracepoint(e->col, category, event);
}

static int tracepoint_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	struct expansion e = { col, spec };
	int err;

	if (spec->is_wild) {
		err = events_each(col->c, expand_event, &e);
		if (err)
			return no_tracefs(err, spec, d);
		return col->targets.n ? 0 : no_match(col->c, spec, d);
	}
	err = events_check(col->c, spec->module, spec->func);
	if (err == -ENOENT)
		return not_found(col->c, spec, d);
	if (err)
		return no_tracefs(err, spec, d);
	add_tracepoint(col, spec->module, spec->func);
	return 0;
}

/*
 * System calls' arguments are stored in 8 bytes each, whatever their type: the format says "int fd" and
 * size 8. Their own size, where it is less; longs are unsigned for the format.
 */
static const struct {
	const char *name;
	u32 size;
	bool is_signed;
} syscall_types[] = {
	{ "int", 4, true },      { "unsigned int", 4, false }, { "unsigned", 4, false },
	{ "long", 8, true },     { "loff_t", 8, true },        { "off_t", 8, true },
	{ "ssize_t", 8, true },  { "u32", 4, false },          { "__u32", 4, false },
	{ "s32", 4, true },      { "__s32", 4, true },         { "u16", 2, false },
	{ "umode_t", 2, false }, { "pid_t", 4, true },         { "uid_t", 4, false },
	{ "gid_t", 4, false },   { "old_uid_t", 2, false },    { "old_gid_t", 2, false },
	{ "key_t", 4, true },    { "key_serial_t", 4, true },  { "clockid_t", 4, true },
	{ "timer_t", 4, true },  { "mqd_t", 4, true },         { "qid_t", 4, false },
	{ "rwf_t", 4, true },
};

static void syscall_size(struct event_field *f)
{
	const char *type = f->decl;
	const char *name = strrchr(type, ' ');
	size_t len;

	if (f->size != 8 || strpbrk(type, "*[") || !name)
		return;
	if (!strncmp(type, "const ", 6))
		type += 6;
	len = name > type ? (size_t)(name - type) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(syscall_types); i++) {
		if (strlen(syscall_types[i].name) == len &&
		    !memcmp(syscall_types[i].name, type, len)) {
			f->size = syscall_types[i].size;
			f->is_signed = syscall_types[i].is_signed;
		}
	}
	if (!strncmp(type, "enum ", 5))
		f->size = 4;
}

/* The pointers of system calls are their caller's, all the way. */
static const struct type *user_pointer(struct arena *a, const struct type *t)
{
	if (t->kind != TYPE_PTR)
		return t;
	return type_ptr(a, user_pointer(a, t->target), SPACE_USER);
}

struct format {
	struct probe_context *c;
	bool is_syscall;
	vec_of(struct field) fields;
	u32 size;
};

static void add_field(void *arg, const struct event_field *f)
{
	struct format *to = arg;
	struct event_field own = *f;
	struct field field;

	if (to->is_syscall)
		syscall_size(&own);
	if (types_parse_field(to->c->types, own.decl, own.size, own.is_signed, &field))
		return;
	field.offset = own.offset;
	if (to->is_syscall)
		field.type = user_pointer(to->c->arena, field.type);
	*vec_add(to->c->arena, &to->fields) = field;
	if (f->offset + f->size > to->size)
		to->size = f->offset + f->size;
}

static int tracepoint_args(struct probe_context *c, const struct probe_target *t,
			   struct probe_args *out, const char **why)
{
	struct format f = { .c = c, .is_syscall = !strcmp(t->module, "syscalls") };
	struct type *record;
	int err = events_format(c, t->module, t->func, add_field, &f);

	if (err) {
		*why = arena_printf(c->arena, "the format of %s cannot be read: %s", t->name,
				    strerror(-err));
		return err;
	}
	record = type_new(c->arena, TYPE_RECORD, f.size);
	record->name = "args";
	record->fields = f.fields.at;
	record->field_count = (u32)f.fields.n;
	out->args = record;
	return 0;
}

struct declaration {
	void (*fn)(void *arg, const char *decl);
	void *arg;
};

static void declare_field(void *arg, const struct event_field *f)
{
	struct declaration *d = arg;

	d->fn(d->arg, f->decl);
}

static int tracepoint_declare(struct probe_context *c, const struct probe_target *t,
			      void (*fn)(void *arg, const char *decl), void *arg)
{
	struct declaration d = { fn, arg };

	return events_format(c, t->module, t->func, declare_field, &d);
}

const struct provider tracepoint_provider = {
	.form = "CATEGORY:EVENT",
	.parse = tracepoint_parse,
	.expand = tracepoint_expand,
	.args = tracepoint_args,
	.declare = tracepoint_declare,
};
