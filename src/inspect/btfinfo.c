/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size is asked first, as it must be given room for. */
#include "inspect/btfinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspect/handle.h"

int btfinfo_open_fd(int fd, const struct rawbtf *base, struct rawbtf **out)
{
	struct bpf_btf_info info = { 0 };
	void *bytes;
	u32 size;
	int err = handle_info(fd, &info, sizeof(info));

	if (err)
		return err;
	size = info.btf_size;
	if (size > BTFINFO_MAX_BYTES)
		return -EFBIG;
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	info = (struct bpf_btf_info){ .btf = (u64)(uintptr_t)bytes, .btf_size = size };
	err = handle_info(fd, &info, sizeof(info));
	if (!err)
		err = rawbtf_from_bytes(bytes, size, base, out);
	free(bytes);
	return err;
}

int btfinfo_open(u32 id, const struct rawbtf *base, struct rawbtf **out)
{
	int fd = handle_open(HANDLE_BTF, id);
	int err;

	if (fd < 0)
		return fd;
	err = btfinfo_open_fd(fd, base, out);
	close(fd);
	return err;
}
