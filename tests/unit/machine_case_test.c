/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the cases in tests/machine by all that we have, and by the kernel that this runs on where it takes them. */
#include <stdio.h>
#include <string.h>

#include "unit/machine_case.h"
#include "unit/machine_vm.h"
#include "unit/test.h"

enum engine { PLAIN, CHECKED, COMPILED };

static void open_case(struct vm *vm, const struct machine_case *c)
{
	vm_init(vm, c->insns, c->count);
}

static u64 run_case(struct vm *vm, const struct machine_case *c, enum engine engine)
{
	u8 mem[CASE_MAX_MEM];
	u64 at = c->mem_len ? (u64)(uintptr_t)mem : 0;

	memcpy(mem, c->mem, c->mem_len);
	vm->run->is_checked = engine == CHECKED;
	vm->run->depth = 0;
	if (c->mem_len)
		run_add_region(vm->run, mem, c->mem_len, true, "memory");
	if (engine == COMPILED)
		return vm->code->native(c->mem_len ? mem : NULL, c->mem_len, 0, 0, 0, vm->run);
	return vm_run(vm, at, c->mem_len);
}

static void expect(const struct machine_case *c, struct vm *vm, enum engine engine)
{
	static const char *const names[] = { "plain", "checked", "compiled" };
	u64 got = run_case(vm, c, engine);

	if (vm->run->trap)
		test_fail(c->file, 0, "%s (%s): %s", c->name, names[engine], vm_error(vm));
	else if (got != c->result)
		test_fail(c->file, 0, "%s (%s): 0x%llx, not 0x%llx", c->name, names[engine],
			  (unsigned long long)got, (unsigned long long)c->result);
}

static void expect_error(const struct machine_case *c, struct vm *vm)
{
	if (vm->code)
		run_case(vm, c, CHECKED);
	if (!strstr(vm_error(vm), c->error))
		test_fail(c->file, 0, "%s: said \"%s\"", c->name, vm_error(vm));
}

static void check_case(const struct machine_case *c)
{
	struct vm vm;

	open_case(&vm, c);
	if (c->error) {
		expect_error(c, &vm);
	} else if (!vm.code) {
		test_fail(c->file, 0, "%s: %s", c->name, vm_error(&vm));
	} else {
		expect(c, &vm, PLAIN);
		expect(c, &vm, CHECKED);
		if (!jit_compile(vm.code, &vm.d))
			expect(c, &vm, COMPILED);
	}
	vm_done(&vm);
}

TEST(machine_case_files)
{
	struct machine_cases all;
	struct arena arena;

	arena_init(&arena);
	machine_cases_read(&all, &arena, "tests/machine");
	if (all.problem)
		test_fail(__FILE__, __LINE__, "%s", all.problem);
	CHECK(!all.cases.n || all.cases.n >= 300);
	for (size_t i = 0; i < all.cases.n && !all.problem; i++)
		check_case(&all.cases.at[i]);
	if (!all.cases.n)
		test_skip("tests/machine is not below the folder that this runs in");
	arena_done(&arena);
}

TEST(machine_case_files_in_kernel)
{
	struct machine_cases all;
	struct arena arena;
	u32 taken = 0;

	arena_init(&arena);
	machine_cases_read(&all, &arena, "tests/machine");
	for (size_t i = 0; i < all.cases.n && !all.problem; i++) {
		const struct machine_case *c = &all.cases.at[i];
		u64 got;

		if (c->error || !machine_case_kernel(c, &got))
			continue;
		taken++;
		if (got != c->result)
			test_fail(c->file, 0, "%s (kernel): 0x%llx, not 0x%llx", c->name,
				  (unsigned long long)got, (unsigned long long)c->result);
	}
	if (!taken)
		test_skip("the kernel takes none of the cases: it needs root and syscall programs");
	arena_done(&arena);
}
