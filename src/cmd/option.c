/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/option.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

int option_take_pid(const char *value, u32 *out, struct diag *d)
{
	char path[32];
	u64 pid;

	if (!text_u64(value, &pid) || !pid || pid > INT32_MAX)
		return diag_error(d, LOC_NONE, "-p: '%s' is no process ID", value);
	snprintf(path, sizeof(path), "/proc/%llu", (unsigned long long)pid);
	if (access(path, F_OK))
		return diag_error(d, LOC_NONE, "-p: there is no process %s", value);
	*out = (u32)pid;
	return 0;
}

int option_take_format(const char *value, bool *is_json, struct diag *d)
{
	if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
		return diag_error(d, LOC_NONE, "-f: '%s' is no format: text or json", value);
	*is_json = !strcmp(value, "json");
	return 0;
}

int option_take_buffer(const char *value, enum out_flush_mode *out, struct diag *d)
{
	static const struct {
		const char *name;
		enum out_flush_mode mode;
	} modes[] = {
		{ "line", OUT_FLUSH_IDLE },
		{ "full", OUT_FLUSH_FULL },
		{ "none", OUT_FLUSH_EACH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(value, modes[i].name)) {
			*out = modes[i].mode;
			return 0;
		}
	}
	return diag_error(d, LOC_NONE, "-B: '%s' is no mode: line, full or none", value);
}
