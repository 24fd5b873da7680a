/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of the passes, and questions about what they have made. */
#include "object/image.h"

#include <stdarg.h>
#include <string.h>

#include "object/image_impl.h"

enum { IMAGE_MAX_FILES = 256, MESSAGE_BYTES = 512 };

/* "file: section+0x20: " before what is wrong there. */
static const char *describe(const struct image_file *f, const struct image_section *s, u64 offset,
			    char *out, size_t size)
{
	int n = 0;

	*out = '\0';
	if (f && f->name)
		n = snprintf(out, size, "%.200s: ", f->name);
	if (s)
		snprintf(out + n, size - (size_t)n, "%.100s+0x%llx: ", s->name,
			 (unsigned long long)offset);
	return out;
}

int image_error(const struct image_loader *l, const struct image_file *f,
		const struct image_section *s, u64 offset, const char *fmt, ...)
{
	char where[MESSAGE_BYTES], text[MESSAGE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_error(l->d, LOC_NONE, "%s%s", describe(f, s, offset, where, sizeof(where)),
			  text);
}

void image_warning(const struct image_loader *l, const struct image_file *f,
		   const struct image_section *s, u64 offset, const char *fmt, ...)
{
	char where[MESSAGE_BYTES], text[MESSAGE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_warning(l->d, LOC_NONE, "%s%s", describe(f, s, offset, where, sizeof(where)), text);
}

/* The first file that has them says licence and version. */
static void read_license(struct image_loader *l, const struct image_file *f)
{
	const struct image_section *s = image_elf_find(f, "license");

	if (s && !*l->img->license)
		l->img->license =
			arena_strndup(l->arena, (const char *)s->data, (size_t)s->sh.sh_size);
	s = image_elf_find(f, "version");
	if (s && !l->img->version && s->sh.sh_size >= sizeof(u32))
		memcpy(&l->img->version, s->data, sizeof(u32));
}

static int load(struct image_loader *l, const struct image_input *in)
{
	int err = 0;

	for (u32 i = 0; i < l->file_count && !err; i++)
		err = image_elf_read(l, i, &in[i]);
	if (!err)
		err = image_btf_merge(l);
	for (u32 i = 0; i < l->file_count && !err; i++) {
		read_license(l, &l->files[i]);
		err = image_ext_read(l, &l->files[i]);
	}
	if (!err)
		err = image_link_globals(l);
	if (!err)
		err = image_map_all(l);
	if (!err)
		err = image_extern_all(l);
	if (!err) {
		image_prog_find(l);
		image_ops_find(l);
		err = image_map_fill_slots(l);
	}
	if (!err)
		err = image_core_all(l);
	if (!err)
		err = image_refer_all(l);
	return err ? err : image_prog_make(l);
}

int image_open_all(struct image *img, struct arena *arena, const struct image_input *in, size_t n,
		   const struct image_options *opts, struct diag *d)
{
	static const struct image_options none;
	struct image_loader l = { .img = img, .arena = arena, .d = d, .opts = opts ? opts : &none };
	int err;

	*img = (struct image){ .arena = arena, .license = "" };
	if (!n || n > IMAGE_MAX_FILES)
		return diag_error(d, LOC_NONE, "%zu objects instead of 1 to %d", n,
				  IMAGE_MAX_FILES);
	l.files = arena_array(arena, struct image_file, n);
	l.file_count = (u32)n;
	err = load(&l, in);
	if (err)
		image_done(img);
	return err;
}

int image_open(struct image *img, struct arena *arena, const void *elf, size_t len,
	       const struct image_options *opts, struct diag *d)
{
	struct image_input in = { .name = opts ? opts->name : NULL, .elf = elf, .len = len };

	return image_open_all(img, arena, &in, 1, opts, d);
}

void image_done(struct image *img)
{
	/* Made by image_open_all(), which hands it out to be read only. */
	rawbtf_free((struct rawbtf *)(uintptr_t)img->btf);
	img->btf = NULL;
}

void image_of_insns(struct image *img, struct arena *arena, enum bpf_prog_type type,
		    const struct bpf_insn *insns, u32 count)
{
	struct image_prog *p;

	*img = (struct image){ .arena = arena, .license = "GPL" };
	p = vec_add(arena, &img->progs);
	*p = (struct image_prog){
		.name = "prog",
		.section = "",
		.target = "",
		.type = type,
		.is_known = true,
		.insns = insns,
		.count = count,
	};
	*vec_add(arena, &p->funcs) =
		(struct image_func){ .name = p->name, .count = count, .is_global = true };
}

s32 image_find_prog(const struct image *img, const char *name)
{
	for (size_t i = 0; i < img->progs.n; i++) {
		if (!strcmp(img->progs.at[i].name, name))
			return (s32)i;
	}
	for (size_t i = 0; i < img->progs.n; i++) {
		if (!strcmp(img->progs.at[i].section, name))
			return (s32)i;
	}
	return IMAGE_NONE;
}

s32 image_find_map(const struct image *img, const char *name)
{
	for (size_t i = 0; i < img->maps.n; i++) {
		if (!strcmp(img->maps.at[i].name, name))
			return (s32)i;
	}
	return IMAGE_NONE;
}

const struct image_variable *image_variable(const struct image_map *m, u32 offset)
{
	size_t low = 0, high = m->variables.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->variables.at[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || offset - m->variables.at[low - 1].offset >= m->variables.at[low - 1].size)
		return NULL;
	return &m->variables.at[low - 1];
}

const struct image_line *image_line(const struct image_prog *p, u32 insn)
{
	size_t low = 0, high = p->lines.n;
	const struct image_func *f = image_func(p, insn);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->lines.at[middle].insn <= insn)
			low = middle + 1;
		else
			high = middle;
	}
	/* The last line of the function before says nothing of this one. */
	if (!low || (f && p->lines.at[low - 1].insn < f->start))
		return NULL;
	return &p->lines.at[low - 1];
}

const struct image_func *image_func(const struct image_prog *p, u32 insn)
{
	size_t low = 0, high = p->funcs.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->funcs.at[middle].start <= insn)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || insn - p->funcs.at[low - 1].start >= p->funcs.at[low - 1].count)
		return NULL;
	return &p->funcs.at[low - 1];
}

const char *image_gap(const struct image_prog *p, u32 insn)
{
	for (size_t i = 0; i < p->gaps.n; i++) {
		if (p->gaps.at[i].insn == insn)
			return p->gaps.at[i].text;
	}
	return NULL;
}
