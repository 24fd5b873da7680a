/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/cgroups.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "source/lines.h"

struct parser {
	struct lines l;
	struct cgroups *c;
	struct diag *d;
	u64 *current;
	bool has_current;
};

/* The path, of which what is above it is there already. */
static int parse_path(struct parser *p, struct cgroup *out)
{
	const char *path = p->l.word, *end = strrchr(path, '/');
	bool is_root = !strcmp(path, "/");
	const struct cgroup *parent = NULL;

	if (path[0] != '/' || (!is_root && !end[1]) || strstr(path, "//"))
		return diag_error(p->d, p->l.loc, "a cgroup begins with its path, not '%s'", path);
	if (cgroup_by_path(p->c, path, strlen(path)))
		return diag_error(p->d, p->l.loc, "%s is there already", path);
	if (!is_root)
		parent = cgroup_by_path(p->c, path, end == path ? 1 : (size_t)(end - path));
	if (!is_root && !parent)
		return diag_error(p->d, p->l.loc, "what is above %s has no line before it", path);
	*out = (struct cgroup){ .path = arena_strdup(p->c->arena, path),
				.level = parent ? parent->level + 1 : 0,
				.parent = parent ? (u32)(parent - p->c->all.at) : 0 };
	return 0;
}

static int parse_line(struct parser *p)
{
	struct cgroup new;
	int got;

	if (p->c->all.n == CGROUP_MAX)
		return diag_error(p->d, p->l.loc, "there can be at most %d cgroups", CGROUP_MAX);
	if (parse_path(p, &new))
		return -EINVAL;
	got = lines_word(&p->l);
	if (got < 0)
		return got;
	if (!got)
		return diag_error(p->d, p->l.loc, "behind a cgroup's path is its number");
	if (!text_u64(p->l.word, &new.id) || !new.id)
		return diag_error(p->d, p->l.loc, "'%s' is no number of a cgroup", p->l.word);
	if (cgroup_find(p->c, new.id))
		return diag_error(p->d, p->l.loc, "another cgroup has the number %s", p->l.word);
	cgroups_add(p->c, &new);
	got = lines_word(&p->l);
	if (got <= 0)
		return got;
	if (strcmp(p->l.word, "current") != 0 || p->has_current)
		return diag_error(p->d, p->l.loc,
				  p->has_current
					  ? "another cgroup is the current one"
					  : "behind a cgroup's number is nothing, or current");
	p->has_current = true;
	*p->current = new.id;
	got = lines_word(&p->l);
	return got > 0 ? diag_error(p->d, p->l.loc, "behind current is nothing") : got;
}

int cgroups_parse(struct cgroups *c, const char *text, size_t len, struct diag *d, u64 *current)
{
	struct parser p = { .c = c, .d = d, .current = current };
	int got = lines_begin(&p.l, text, len, "a cgroup", d);

	while (!got && (got = lines_next(&p.l)) > 0)
		got = parse_line(&p);
	return got;
}
