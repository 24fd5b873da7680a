/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF that continues another cannot be told from its header; but its strings do not begin with the empty one, which the other has,
 * so it cannot be opened by itself.
 */
#include "btf/btffile.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define MAX_BYTES (256u << 20)

/* Bytes of a section of an ELF file; n is 0 if it has none. They live as long as the Elf. */
struct piece {
	const void *at;
	size_t n;
};

static struct piece find_section(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return (struct piece){ 0 };
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr sh;
		const char *s =
			gelf_getshdr(section, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;
		Elf_Data *data;

		if (!s || strcmp(s, name) != 0 || sh.sh_type == SHT_NOBITS ||
		    sh.sh_size > MAX_BYTES)
			continue;
		data = elf_rawdata(section, NULL);
		if (data && data->d_buf)
			return (struct piece){ data->d_buf, data->d_size };
	}
	return (struct piece){ 0 };
}

static bool is_swapped(struct piece p)
{
	const u8 *b = p.at;

	return p.n >= 2 && b[0] == BTF_MAGIC >> 8 && b[1] == (BTF_MAGIC & 0xff);
}

static bool has_magic(struct piece p)
{
	const u8 *b = p.at;

	return p.n >= 2 && b[0] == (BTF_MAGIC & 0xff) && b[1] == BTF_MAGIC >> 8;
}

int btffile_open_base(const char *path, struct rawbtf **out, struct diag *d)
{
	struct btffile f;
	int err = btffile_open(&f, path, NULL, d);

	if (err)
		return err;
	if (f.base) {
		btffile_close(&f);
		return diag_error(d, LOC_NONE,
				  "'%s' continues other BTF itself, so it cannot be a base", path);
	}
	*out = f.btf;
	return 0;
}

/* inside: the file's own base, if it has one. */
static int open_base(struct btffile *f, const char *base_path, struct piece inside,
		     const char *what, struct diag *d)
{
	if (base_path || !inside.n)
		return btffile_open_base(base_path ? base_path : BTFFILE_KERNEL, &f->base, d);
	if (rawbtf_from_bytes(inside.at, inside.n, NULL, &f->base))
		return diag_error(d, LOC_NONE, "the section .BTF.base of '%s' is not valid", what);
	return 0;
}

static int open_pieces(struct btffile *f, struct piece own, struct piece inside, const char *what,
		       const char *base_path, struct diag *d)
{
	int err;

	*f = (struct btffile){ 0 };
	if (is_swapped(own))
		return diag_error(d, LOC_NONE,
				  "the BTF of '%s' is of machines with the other byte order", what);
	if (!base_path && !inside.n) {
		if (!rawbtf_from_bytes(own.at, own.n, NULL, &f->btf))
			return 0;
		if (!has_magic(own))
			return diag_error(d, LOC_NONE, "'%s' is no BTF, nor an ELF file", what);
	}
	err = open_base(f, base_path, inside, what, d);
	if (!err && rawbtf_from_bytes(own.at, own.n, f->base, &f->btf)) {
		err = diag_error(d, LOC_NONE, "'%s' has no valid BTF", what);
		if (base_path)
			diag_hint(d, "is '%s' what it was made with?", base_path);
	}
	if (err)
		btffile_close(f);
	return err;
}

int btffile_open_bytes(struct btffile *f, const void *data, size_t len, const char *what,
		       const char *base_path, struct diag *d)
{
	return open_pieces(f, (struct piece){ data, len }, (struct piece){ 0 }, what, base_path, d);
}

static int open_elf(struct btffile *f, int fd, const char *path, const char *base_path,
		    struct diag *d)
{
	struct piece own = { 0 };
	Elf *elf;
	int err;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		own = find_section(elf, ".BTF");
	if (own.n)
		err = open_pieces(f, own, find_section(elf, ".BTF.base"), path, base_path, d);
	else
		err = diag_error(d, LOC_NONE, "'%s' has no BTF: no section .BTF", path);
	elf_end(elf);
	return err;
}

/* The kernel's own is mapped, not copied. */
static int open_kernel(struct btffile *f, struct diag *d)
{
	int err;

	*f = (struct btffile){ 0 };
	err = rawbtf_open(BTFFILE_KERNEL, NULL, &f->btf);
	if (err == -ENOENT) {
		diag_error(d, LOC_NONE, "this kernel has no BTF");
		diag_hint(d, "it is built with CONFIG_DEBUG_INFO_BTF");
	} else if (err) {
		diag_errno(d, -err, "cannot open the kernel's BTF");
	}
	return err;
}

static int open_bare(struct btffile *f, int fd, const char *path, const char *base_path,
		     struct diag *d)
{
	size_t len;
	char *data = text_read_fd(fd, MAX_BYTES, &len);
	int err;

	if (!data)
		return diag_errno(d, errno, "cannot read '%s'", path);
	err = btffile_open_bytes(f, data, len, path, base_path, d);
	free(data);
	return err;
}

int btffile_open(struct btffile *f, const char *path, const char *base_path, struct diag *d)
{
	u8 magic[4] = { 0 };
	ssize_t n;
	int err, fd;

	if (!base_path && !strcmp(path, BTFFILE_KERNEL))
		return open_kernel(f, d);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return diag_errno(d, errno, "cannot open '%s'", path);
	n = pread(fd, magic, sizeof(magic), 0);
	if (n < 0)
		err = diag_errno(d, errno, "cannot read '%s'", path);
	else if (n == sizeof(magic) && !memcmp(magic, ELFMAG, SELFMAG))
		err = open_elf(f, fd, path, base_path, d);
	else
		err = open_bare(f, fd, path, base_path, d);
	close(fd);
	return err;
}

void btffile_close(struct btffile *f)
{
	rawbtf_free(f->btf);
	rawbtf_free(f->base);
	*f = (struct btffile){ 0 };
}
