/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plug-in for the conformance suite, as the suite's runner starts it; it lies beside this program. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/test.h"

/* What it prints, messages too, for arguments and a line of input; its exit code behind. */
static const char *plugin(const char *input, const char *arguments)
{
	static char out[512];
	char self[PATH_MAX] = "", command[PATH_MAX + 512];
	size_t n;
	FILE *f;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !strrchr(self, '/'))
		return NULL;
	strrchr(self, '/')[0] = '\0';
	snprintf(command, sizeof(command), "echo '%s' | '%s/skep-conformance' %s 2>&1", input, self,
		 arguments);
	f = popen(command, "r");
	if (!f)
		return NULL;
	n = fread(out, 1, sizeof(out) - 16, f);
	snprintf(out + n, 16, "%d", WEXITSTATUS(pclose(f)));
	return strstr(out, "not found") ? NULL : out;
}

#define EXIT "95 00 00 00 00 00 00 00"

static const char *const engines[] = { "--interpret", "--check", "--jit" };

TEST(machine_plugin_speaks_as_the_suite_does)
{
	if (!plugin("", "--help"))
		SKIP("skep-conformance is not built");
	CHECK_STR(plugin("b7 00 00 00 2a 00 00 00  " EXIT " ", ""), "2a\n0");
	CHECK_STR(plugin("b7000000ffffffff9500000000000000", "--interpret"), "ffffffffffffffff\n0");
	CHECK_STR(plugin("71 10 02 00 00 00 00 00 " EXIT, "'aa  bb  cc  ' --check"), "cc\n0");
	CHECK_STR(plugin("bf 20 00 00 00 00 00 00 " EXIT, "'aa bb cc ' ''"), "3\n0");
	CHECK_STR(plugin("", "0102 --program '69 10 00 00 00 00 00 00 " EXIT "'"), "201\n0");
	/* Helper 0 of the suite puts bytes together. */
	CHECK_STR(plugin("b7 01 00 00 01 00 00 00 b7 02 00 00 02 00 00 00 b7 03 00 00 03 00 00 00 "
			 "b7 04 00 00 04 00 00 00 b7 05 00 00 05 00 00 00 85 00 00 00 00 00 00 "
			 "00 " EXIT,
			 ""),
		  "102030405\n0");
	/* Helper 3: the square root. */
	CHECK_STR(plugin("b7 01 00 00 90 00 00 00 85 00 00 00 03 00 00 00 " EXIT, ""), "c\n0");
}

/* A function's address, or a helper's number, in a register that is named in either place. */
TEST(machine_plugin_calls_by_register)
{
	static const char *const calls[] = { "8d 02 00 00 00 00 00 00", "8d 00 00 00 02 00 00 00" };
	char program[256];

	if (!plugin("", "--help"))
		SKIP("skep-conformance is not built");
	for (size_t i = 0; i < 6; i++) {
		snprintf(program, sizeof(program),
			 "b7 01 00 00 51 00 00 00 b7 02 00 00 03 00 00 00 %s " EXIT, calls[i % 2]);
		CHECK_STR(plugin(program, engines[i / 2]), "9\n0");
	}
	CHECK(strstr(plugin("8d 00 00 00 0a 00 00 00 " EXIT, ""), "instruction 0 is unknown"));
}

TEST(machine_plugin_says_what_is_wrong)
{
	if (!plugin("", "--help"))
		SKIP("skep-conformance is not built");
	CHECK(strstr(plugin("", "--jitt"), "unknown argument: --jitt"));
	CHECK(strstr(plugin("", "--jitt"), "\n2"));
	CHECK(strstr(plugin("", "0g"), "the memory is not hexadecimal"));
	CHECK(strstr(plugin("95", ""), "the program has 1 bytes, no multiple of 8"));
	CHECK(strstr(plugin("ff 00 00 00 00 00 00 00 " EXIT, ""), "instruction 0 is unknown"));
	CHECK(strstr(plugin("79 10 00 00 00 00 00 00 " EXIT, "--check"),
		     "reads 8 bytes at 0x0, which is none of the program's memory"));
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		CHECK(strstr(plugin("85 00 00 00 63 00 00 00 " EXIT, engines[i]),
			     "(99), which is not here (at instruction 0)"));
		CHECK(strstr(plugin("85 20 00 00 2a 00 00 00 " EXIT, engines[i]),
			     "calls function 42 of the kernel, which is not here"));
	}
}

TEST(machine_plugin_runs_objects)
{
	if (!plugin("", "--help") || access("build/tests/object/sum.o", R_OK))
		SKIP("skep-conformance or the test objects are not built");
	CHECK_STR(plugin("", "'01 02 ff' --elf <build/tests/object/sum.o"), "102\n0");
	CHECK_STR(plugin("", "--elf --check <build/tests/object/sum.v1.o"), "0\n0");
	CHECK(strstr(plugin("zz", "--elf"), "not hexadecimal"));
}
