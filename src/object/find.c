/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first section of the name is the one. */
#include <string.h>

#include "object/elfread.h"
#include "object/object.h"

int object_find_section(const void *elf, size_t len, const char *name, const void **data,
			size_t *size, struct diag *d)
{
	struct elfread f;
	int err = elfread_open(&f, NULL, elf, len, d);

	for (u32 i = 1; !err && i < f.count; i++) {
		Elf64_Shdr sh = elfread_section(&f, i);
		const char *s;

		err = elfread_name(&f, i, &sh, &s);
		if (err || strcmp(s, name))
			continue;
		if (sh.sh_type == SHT_NOBITS)
			return diag_error(d, LOC_NONE, "ELF section %u ('%s') has no bytes", i,
					  name);
		err = elfread_check(&f, i, &sh);
		if (err)
			return err;
		*data = f.data + sh.sh_offset;
		*size = (size_t)sh.sh_size;
		return 0;
	}
	return err ? err : -ENOENT;
}
