/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A setting is a row of the table below. Its name may be written max_strlen, MAX_STRLEN or
 * BPFTRACE_MAX_STRLEN; in the environment it is SKEP_MAX_STRLEN or BPFTRACE_MAX_STRLEN. Settings that
 * change nothing here are accepted, so that a script that sets them runs.
 */
#include "lang/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lang/params.h"

enum config_kind {
	CONFIG_NUMBER,
	CONFIG_BOOL,
	CONFIG_STACK_MODE,
	CONFIG_LICENSE,
	CONFIG_MISSING,
	CONFIG_IGNORED
};

struct config_row {
	const char *name;
	enum config_kind kind;
	size_t at;       /* in struct config */
	u32 least, most; /* of numbers */
};

#define AT(field) offsetof(struct config, field)
static const struct config_row rows[] = {
	{ "max_strlen", CONFIG_NUMBER, AT(max_strlen), 1, LANG_MAX_STRING },
	{ "max_map_keys", CONFIG_NUMBER, AT(max_map_keys), 1, 1u << 30 },
	{ "max_probes", CONFIG_NUMBER, AT(max_probes), 0, PROBE_MAX_TARGETS },
	{ "stack_mode", CONFIG_STACK_MODE, AT(stack_mode), 0, 0 },
	{ "print_maps_on_exit", CONFIG_BOOL, AT(print_maps_on_exit), 0, 0 },
	{ "perf_rb_pages", CONFIG_NUMBER, AT(ring_pages), 0, 1u << 18 },
	{ "license", CONFIG_LICENSE, AT(license), 0, 0 },
	{ "missing_probes", CONFIG_MISSING, AT(missing_probes), 0, 0 },
	{ "on_stack_limit", CONFIG_NUMBER, AT(on_stack_limit), 0, 512 },
	{ "max_cat_bytes", CONFIG_NUMBER, AT(max_cat_bytes), 0, 1u << 30 },
	{ "cache_user_symbols", CONFIG_IGNORED, 0, 0, 0 },
	{ "cpp_demangle", CONFIG_IGNORED, 0, 0, 0 },
	{ "lazy_symbolication", CONFIG_IGNORED, 0, 0, 0 },
	{ "log_size", CONFIG_IGNORED, 0, 0, 0 },
	{ "max_bpf_progs", CONFIG_IGNORED, 0, 0, 0 },
	{ "show_debug_info", CONFIG_IGNORED, 0, 0, 0 },
	{ "str_trunc_trailer", CONFIG_IGNORED, 0, 0, 0 },
	{ "use_blazesym", CONFIG_IGNORED, 0, 0, 0 },
	{ "unstable_map_decl", CONFIG_IGNORED, 0, 0, 0 },
	{ "unstable_macro", CONFIG_IGNORED, 0, 0, 0 },
	{ "unstable_import", CONFIG_IGNORED, 0, 0, 0 },
	{ "unstable_tseries", CONFIG_IGNORED, 0, 0, 0 },
	{ "unstable_addr", CONFIG_IGNORED, 0, 0, 0 },
};

static const char *const licenses[] = {
	"GPL",          "GPL v2",       "GPL and additional rights",
	"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};
static const char *const missing[] = { "error", "warn", "ignore" };
static const char *const stack_modes[] = { "bpftrace", "perf", "raw" };

/* The place of a word in a list, or -1. */
static int config_word(const char *value, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(value, words[i]))
			return (int)i;
	}
	return -1;
}

static int config_wrong(struct diag *d, struct loc loc, const char *name, const char *value,
			const char *const *words, size_t n)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
	diag_error(d, loc, "%s cannot be '%s'", name, value);
	diag_hint(d, "one of: %s", buf_str(&list));
	buf_done(&list);
	return -EINVAL;
}

static int config_number(const struct config_row *row, const char *value, struct loc loc, u32 *out,
			 struct diag *d)
{
	u64 v;

	if (!text_u64(value, &v))
		return diag_error(d, loc, "%s has to be a number, not '%s'", row->name, value);
	if (v < row->least || v > row->most)
		return diag_error(d, loc, "%s has to be from %u to %u, not %s", row->name,
				  row->least, row->most, value);
	*out = (u32)v;
	return 0;
}

static int config_set(const struct config_row *row, const char *value, struct loc loc,
		      struct arena *a, struct config *c, struct diag *d)
{
	void *at = (char *)c + row->at;
	int word;
	bool b;

	switch (row->kind) {
	case CONFIG_NUMBER:
		return config_number(row, value, loc, at, d);
	case CONFIG_BOOL:
		if (!params_bool(value, &b))
			return diag_error(d, loc, "%s has to be true or false, not '%s'", row->name,
					  value);
		*(bool *)at = b;
		return 0;
	case CONFIG_STACK_MODE:
		word = config_word(value, stack_modes, ARRAY_SIZE(stack_modes));
		if (word < 0)
			return config_wrong(d, loc, row->name, value, stack_modes,
					    ARRAY_SIZE(stack_modes));
		*(enum stack_mode *)at = (enum stack_mode)word;
		return 0;
	case CONFIG_LICENSE:
		if (config_word(value, licenses, ARRAY_SIZE(licenses)) < 0)
			return config_wrong(d, loc, row->name, value, licenses,
					    ARRAY_SIZE(licenses));
		*(const char **)at = arena_strdup(a, value);
		return 0;
	case CONFIG_MISSING:
		word = config_word(value, missing, ARRAY_SIZE(missing));
		if (word < 0)
			return config_wrong(d, loc, row->name, value, missing, ARRAY_SIZE(missing));
		*(u32 *)at = (u32)word;
		return 0;
	case CONFIG_IGNORED:
		return 0;
	}
	return 0;
}

static const struct config_row *config_find(const char *name)
{
	if (!strncasecmp(name, "BPFTRACE_", 9))
		name += 9;
	else if (!strncasecmp(name, "SKEP_", 5))
		name += 5;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcasecmp(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

static void config_unknown(const struct config_entry *e, struct diag *d)
{
	struct nearest n = nearest_to(e->name);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		nearest_try(&n, rows[i].name);
	diag_error(d, e->loc, "unknown setting '%s'", e->name);
	if (nearest_name(&n))
		diag_hint(d, "did you mean '%s'?", nearest_name(&n));
}

/* SKEP_NAME or BPFTRACE_NAME; the variable's full name is put into `as`. */
static const char *config_env(const char *name, char *as, size_t size)
{
	static const char *const prefixes[] = { "SKEP_", "BPFTRACE_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *value;

		snprintf(as, size, "%s%s", prefixes[i], name);
		for (char *p = as; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		value = getenv(as);
		if (value)
			return value;
	}
	return NULL;
}

void config_read(const struct config_entry *entries, struct arena *a, struct config *out,
		 struct diag *d)
{
	*out = (struct config){
		.max_strlen = 1024,
		.max_map_keys = 4096,
		.max_probes = 1024,
		.stack_frames = 127,
		.stack_mode = STACK_BPFTRACE,
		.print_maps_on_exit = true,
		.license = "GPL",
		.on_stack_limit = 32,
		.max_cat_bytes = 10240,
	};
	for (const struct config_entry *e = entries; e; e = e->next) {
		const struct config_row *row = config_find(e->name);

		if (row)
			config_set(row, e->value, e->value_loc, a, out, d);
		else
			config_unknown(e, d);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[64];
		const char *value = config_env(rows[i].name, name, sizeof(name));
		struct config_row row = rows[i];

		row.name = name;
		if (value && config_set(&row, value, LOC_NONE, a, out, d) < 0)
			diag_hint(d, "%s is set in the environment", name);
	}
}
