/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the kernel's configuration, from lines NAME=VALUE, compressed or not:
 *
 *	y, n, m		a bool, a char, or enum libbpf_tristate
 *	"text"		an array of char
 *	12, 0x1f	an integer
 *
 * and some that stand in no file: LINUX_KERNEL_VERSION and what LINUX_HAS_... asks for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/text.h"
#include "object/image_impl.h"

enum { LINE_BYTES = 4096, MAX_LINES = 200000 };

struct kconfig {
	struct image_loader *l;
	u8 *data;
};

static void put_number(const struct kconfig *k, const struct image_extern_place *p, u64 v)
{
	s64 size = image_type_size(k->l->btf, p->type);

	memcpy(k->data + p->offset, &v, (size_t)(size < 8 ? size : 8));
}

static const struct btf_type *value_type(const struct kconfig *k,
					 const struct image_extern_place *p)
{
	return image_type_skip(k->l->btf, rawbtf_type(k->l->btf, p->type)->type, NULL);
}

static int mismatch(const struct kconfig *k, const struct image_extern_place *p, const char *value)
{
	return image_error(k->l, NULL, NULL, 0, "%s=%s does not fit the type of the variable",
			   p->name, value);
}

static bool is_bool(const struct btf_type *t)
{
	return image_type_kind(t) == BTF_KIND_INT &&
	       (BTF_INT_ENCODING(image_type_int(t)) & BTF_INT_BOOL);
}

static int put_state(const struct kconfig *k, const struct image_extern_place *p, char state)
{
	const struct btf_type *t = value_type(k, p);
	const char text[2] = { state, 0 };

	if (!t)
		return mismatch(k, p, text);
	if (is_bool(t)) {
		if (state == 'm')
			return mismatch(k, p, text);
		put_number(k, p, state == 'y');
	} else if (image_type_is_enum(t)) {
		if (strcmp(rawbtf_str(k->l->btf, t->name_off), "libbpf_tristate"))
			return mismatch(k, p, text);
		put_number(k, p, state == 'y' ? 1 : state == 'm' ? 2 : 0);
	} else if (image_type_kind(t) == BTF_KIND_INT && t->size == 1) {
		k->data[p->offset] = (u8)state;
	} else {
		return mismatch(k, p, text);
	}
	return 0;
}

static int put_text(const struct kconfig *k, const struct image_extern_place *p, const char *value)
{
	const struct btf_type *t = value_type(k, p);
	size_t n = strlen(value), room;

	if (!t || image_type_kind(t) != BTF_KIND_ARRAY || n < 2 || value[n - 1] != '"' ||
	    image_type_size(k->l->btf, image_type_array(t)->type) != 1)
		return mismatch(k, p, value);
	room = (size_t)image_type_size(k->l->btf, p->type) - 1;
	memcpy(k->data + p->offset, value + 1, n - 2 < room ? n - 2 : room);
	return 0;
}

static int put_int(const struct kconfig *k, const struct image_extern_place *p, const char *value)
{
	const struct btf_type *t = value_type(k, p);
	u64 v = 0;
	s64 s = 0;
	u32 bits;

	if (!t || image_type_kind(t) != BTF_KIND_INT || is_bool(t) || t->size > 8)
		return mismatch(k, p, value);
	bits = t->size * 8;
	if (BTF_INT_ENCODING(image_type_int(t)) & BTF_INT_SIGNED) {
		if (!text_s64(value, &s) ||
		    (bits < 64 && (s < -(1ll << (bits - 1)) || s >= 1ll << (bits - 1))))
			return mismatch(k, p, value);
		v = (u64)s;
	} else if (!text_u64(value, &v) || (bits < 64 && v >> bits)) {
		return mismatch(k, p, value);
	}
	put_number(k, p, v);
	return 0;
}

static int put_value(const struct kconfig *k, const struct image_extern_place *p, const char *value)
{
	if ((*value == 'y' || *value == 'n' || *value == 'm') && !value[1])
		return put_state(k, p, *value);
	return *value == '"' ? put_text(k, p, value) : put_int(k, p, value);
}

static int read_line(const struct kconfig *k, char *line, struct table *missing)
{
	struct image_extern_place *p;
	char *equals = strchr(line, '=');

	if (strncmp(line, "CONFIG_", 7) || !equals)
		return 0;
	*equals = '\0';
	line[strcspn(line, "\n")] = '\0';
	equals[1 + strcspn(equals + 1, "\n")] = '\0';
	p = table_get_str(missing, line);
	if (!p)
		return 0;
	table_set_str(missing, line, NULL);
	return put_value(k, p, equals + 1);
}

static gzFile open_config(const struct image_options *opts)
{
	struct utsname u;
	char path[sizeof(u.release) + 16];
	gzFile f;

	if (opts->kconfig)
		return gzopen(opts->kconfig, "re");
	f = gzopen("/proc/config.gz", "re");
	if (f || uname(&u))
		return f;
	snprintf(path, sizeof(path), "/boot/config-%s", u.release);
	return gzopen(path, "re");
}

static int read_config(const struct kconfig *k, struct table *missing)
{
	gzFile f = open_config(k->l->opts);
	char line[LINE_BYTES];
	int err = 0;

	if (!f && k->l->opts->kconfig)
		return diag_errno(k->l->d, errno ? errno : EIO,
				  "the kernel's configuration cannot be read from %s",
				  k->l->opts->kconfig);
	for (u32 i = 0; f && !err && i < MAX_LINES && gzgets(f, line, sizeof(line)); i++)
		err = read_line(k, line, missing);
	if (f)
		gzclose(f);
	return err;
}

static u64 kernel_version(void)
{
	struct utsname u;
	unsigned major = 0, minor = 0, patch = 0;

	if (uname(&u) || sscanf(u.release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return major << 16 | minor << 8 | (patch > 255 ? 255 : patch);
}

static bool has_func(const struct rawbtf *kernel, const char *name)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (kernel && (t = rawbtf_next(kernel, &it)) != NULL) {
		if (image_type_kind(t) == BTF_KIND_FUNC &&
		    !strcmp(rawbtf_str(kernel, t->name_off), name))
			return true;
	}
	return false;
}

/* What stands in no file; false if it is none of these. */
static bool put_linux(const struct kconfig *k, const struct image_extern_place *p)
{
	const struct rawbtf *kernel = k->l->opts->kernel;
	u32 index;

	if (!strcmp(p->name, "LINUX_KERNEL_VERSION"))
		put_number(k, p, kernel_version());
	else if (!strcmp(p->name, "LINUX_HAS_BPF_COOKIE"))
		put_number(k, p,
			   kernel && rawbtf_find_enumerator(kernel, "BPF_FUNC_get_attach_cookie",
							    &index));
	else if (!strcmp(p->name, "LINUX_HAS_SYSCALL_WRAPPER"))
		put_number(k, p, has_func(kernel, "__x64_sys_bpf"));
	else
		return false;
	return true;
}

int image_kconfig_fill(struct image_loader *l, struct image_extern_place **externs, u32 count,
		       u8 *data)
{
	struct kconfig k = { .l = l, .data = data };
	struct table missing;
	bool any = false;
	int err;

	if (l->opts->no_kconfig)
		return 0;
	table_init(&missing, l->arena);
	for (u32 i = 0; i < count; i++) {
		if (put_linux(&k, externs[i]))
			continue;
		table_set_str(&missing, externs[i]->name, externs[i]);
		any = true;
	}
	err = any ? read_config(&k, &missing) : 0;
	/* Weak ones stay zero; so do those that a configuration lists as not set. */
	for (u32 i = 0; i < count && !err; i++) {
		if (table_get_str(&missing, externs[i]->name) && !externs[i]->is_weak)
			err = image_error(l, NULL, NULL, 0,
					  "the kernel's configuration has no value for '%s'",
					  externs[i]->name);
	}
	return err;
}
