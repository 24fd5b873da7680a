/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep test: unit tests for the programs of BPF objects, written as files. */
#ifndef CMD_TEST_TEST_H
#define CMD_TEST_TEST_H

int cmd_test(int argc, char **argv); /* an exit code: 0 all passed, 1 one failed, 2 usage */

#endif
