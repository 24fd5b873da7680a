/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define SETTING "/proc/sys/kernel/unprivileged_bpf_disabled"

bool privilege_has(u32 number)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[number / 32].effective & (1u << (number % 32));
}

bool privilege_is_optional(void)
{
	char *text = text_read_file(SETTING, 64, NULL);
	bool is_optional = text && text[0] == '0';

	free(text);
	return is_optional;
}

static int change(u32 effective[2], bool set)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return -errno;
	for (u32 i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if (set)
			data[i].effective = effective[i];
		else
			effective[i] = data[i].effective;
	}
	return set && syscall(SYS_capset, &head, data) ? -errno : 0;
}

int privilege_drop(struct privilege *p)
{
	static const u32 dropped[] = { CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF };
	struct privilege without;
	int err = change(p->effective, false);

	if (err)
		return err;
	without = *p;
	for (u32 i = 0; i < ARRAY_SIZE(dropped); i++)
		without.effective[dropped[i] / 32] &= ~(1u << dropped[i] % 32);
	return change(without.effective, true);
}

int privilege_restore(const struct privilege *p)
{
	struct privilege had = *p;

	return change(had.effective, true);
}
