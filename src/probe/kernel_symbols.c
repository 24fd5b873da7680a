/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/kallsyms has "ffffffff812a4b10 T vfs_read" and, of modules, "... t kvm_init\t[kvm]";
 * available_filter_functions has "vfs_read" and "kvm_init [kvm]". Both are long (50,000 to 200,000
 * lines), so they are read as they come and nothing is kept.
 */
#include "probe/kernel_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "probe/events.h"
#include "probe/lines.h"
#include "probe/providers.h"

/* Cuts "[module]" off the end of a line; "vmlinux" if there is none. */
static const char *cut_module(char *line)
{
	char *open = strrchr(line, '[');
	char *close = open ? strchr(open, ']') : NULL;

	if (!close || open == line || (open[-1] != ' ' && open[-1] != '\t'))
		return "vmlinux";
	*close = '\0';
	open[-1] = '\0';
	return open + 1;
}

struct symbol_reader {
	bool (*fn)(void *arg, const struct kernel_symbol *s);
	void *arg;
};

static bool read_symbol(void *arg, char *line)
{
	struct symbol_reader *r = arg;
	struct kernel_symbol s;
	char *at;

	s.address = strtoull(line, &at, 16);
	if (at == line || at[0] != ' ' || !at[1] || at[2] != ' ')
		return true;
	s.type = at[1];
	s.name = at + 3;
	s.module = cut_module(at + 3);
	return r->fn(r->arg, &s);
}

int kernel_symbols_each(struct probe_context *c,
			bool (*fn)(void *arg, const struct kernel_symbol *s), void *arg)
{
	struct symbol_reader r = { fn, arg };

	return lines_each(c->cache->kallsyms, read_symbol, &r);
}

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Labels and pieces of functions, which are no functions. */
static bool is_function(const struct kernel_symbol *s)
{
	size_t len = strlen(s->name);

	if (!strchr("tTwW", s->type) || starts_with(s->name, "__pfx_") ||
	    starts_with(s->name, "__cfi_") || s->name[0] == '.')
		return false;
	return len < 5 || strcmp(s->name + len - 5, ".cold") != 0;
}

static bool read_blacklisted(void *arg, char *line)
{
	struct probe_cache *cache = arg;
	char *tab = strchr(line, '\t');

	if (tab && tab[1])
		table_set_str(&cache->blacklisted, tab + 1, cache);
	return true;
}

bool kernel_symbols_safe(struct probe_context *c, const char *name)
{
	/* The tracing machinery itself calls these, also where they are not marked as such. */
	static const char *const prefixes[] = {
		"rcu_", "__rcu_", "preempt_count_", "__ftrace_invalid_address__", "bpf_dispatcher_",
	};
	static const char *const names[] = {
		"migrate_disable",
		"migrate_enable",
		"arch_cpu_idle",
		"default_idle",
	};
	struct probe_cache *cache = c->cache;

	if (!cache->blacklist_known) {
		cache->blacklist_known = true;
		lines_each(cache->blacklist, read_blacklisted, cache);
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (starts_with(name, prefixes[i]))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return false;
	}
	return !table_get_str(&cache->blacklisted, name);
}

struct function_reader {
	struct probe_context *c;
	bool (*fn)(void *arg, const char *module, const char *name);
	void *arg;
	size_t lines;
};

static bool read_function(void *arg, char *line)
{
	struct function_reader *r = arg;
	const char *module = cut_module(line);

	r->lines++;
	return !kernel_symbols_safe(r->c, line) || r->fn(r->arg, module, line);
}

static bool symbol_function(void *arg, const struct kernel_symbol *s)
{
	struct function_reader *r = arg;

	if (!is_function(s) || !kernel_symbols_safe(r->c, s->name))
		return true;
	return r->fn(r->arg, s->module, s->name);
}

static void read_traceable(struct function_reader *r)
{
	if (events_tracefs(r->c))
		lines_each(arena_printf(r->c->arena, "%s/available_filter_functions",
					r->c->tracefs),
			   read_function, r);
}

void kernel_symbols_traceable(struct probe_context *c,
			      bool (*fn)(void *arg, const char *module, const char *name),
			      void *arg)
{
	struct function_reader r = { .c = c, .fn = fn, .arg = arg };

	read_traceable(&r);
}

int kernel_symbols_functions(struct probe_context *c,
			     bool (*fn)(void *arg, const char *module, const char *name), void *arg)
{
	struct function_reader r = { .c = c, .fn = fn, .arg = arg };

	read_traceable(&r);
	return r.lines ? 0 : kernel_symbols_each(c, symbol_function, &r);
}

struct wanted {
	const char *module, *name;
	bool found;
};

static bool find_function(void *arg, const struct kernel_symbol *s)
{
	struct wanted *w = arg;

	w->found = is_function(s) && !strcmp(s->name, w->name) &&
		   (!w->module || !strcmp(s->module, w->module));
	return !w->found;
}

static bool add_name(void *arg, const struct kernel_symbol *s)
{
	struct probe_cache *cache = arg;

	if (is_function(s))
		table_set_str(&cache->functions, s->name, cache);
	return true;
}

bool kernel_symbols_has_function(struct probe_context *c, const char *module, const char *name)
{
	struct wanted w = { .module = module, .name = name };
	struct probe_cache *cache = c->cache;

	/* Going through the file costs some 20 ms: for many questions the names are kept. */
	if (!module && ++cache->functions_asked > 4) {
		if (!cache->functions.n) {
			table_init(&cache->functions, cache->arena);
			kernel_symbols_each(c, add_name, cache);
		}
		return table_get_str(&cache->functions, name) != NULL;
	}
	kernel_symbols_each(c, find_function, &w);
	return w.found;
}

struct near_search {
	struct arena *arena;
	struct nearest near;
};

static bool try_function(void *arg, const char *module, const char *name)
{
	struct near_search *s = arg;

	(void)module;
	provider_nearest(s->arena, &s->near, name);
	return true;
}

const char *kernel_symbols_nearest(struct probe_context *c, const char *name)
{
	struct near_search s = { c->arena, nearest_to(name) };

	if (++c->cache->searches > MAX_SEARCHES)
		return NULL;
	kernel_symbols_functions(c, try_function, &s);
	return nearest_name(&s.near);
}

struct address_search {
	const char *name;
	u64 address;
	bool found;
};

static bool find_address(void *arg, const struct kernel_symbol *s)
{
	struct address_search *w = arg;

	if (strcmp(s->name, w->name) != 0)
		return true;
	w->found = true;
	w->address = s->address;
	return false;
}

int probe_kernel_symbol(struct probe_context *c, const char *name, u64 *addr)
{
	struct address_search w = { .name = name };
	int err = kernel_symbols_each(c, find_address, &w);

	if (err)
		return err;
	if (!w.found)
		return -ENOENT;
	if (!w.address)
		return -EPERM;
	*addr = w.address;
	return 0;
}
