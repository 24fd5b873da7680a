/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With the skeleton of tests/object/skel_ops.c: whether the kernel has the congestion control while it is attached. */
#include <stdio.h>
#include <string.h>
#include "ops.skel.h"

static bool is_there(void)
{
	char text[512] = "";
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control", "r");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strstr(text, "skep_still") != NULL;
}

int main(void)
{
	struct ops *s = ops__open_and_load();
	bool before = is_there(), attached, after;
	int err;

	if (!s)
		return 1;
	err = ops__attach(s);
	attached = is_there();
	ops__destroy(s);
	after = is_there();
	printf("%d: %d %d %d\n", err, before, attached, after);
	return 0;
}
