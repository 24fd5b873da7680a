/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of a kernel that has one twice, and not alike. */
struct task_struct {
	int pid;
};

struct task_struct___again {
	long pad;
	int pid;
};

struct task_struct one;
struct task_struct___again two;
