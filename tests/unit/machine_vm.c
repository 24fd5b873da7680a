/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/machine_vm.h"

#include "machine/interp.h"

void vm_init(struct vm *vm, const struct bpf_insn *insns, u32 count)
{
	*vm = (struct vm){ 0 };
	arena_init(&vm->arena);
	diag_init(&vm->d, &vm->arena);
	image_of_insns(&vm->img, &vm->arena, BPF_PROG_TYPE_SOCKET_FILTER, insns, count);
	if (code_new(NULL, &vm->img.progs.at[0], &vm->d, &vm->code))
		vm->code = NULL;
	vm->run = run_new(NULL, 0);
}

void vm_done(struct vm *vm)
{
	run_free(vm->run);
	code_free(vm->code);
	image_done(&vm->img);
	arena_done(&vm->arena);
}

u64 vm_run(struct vm *vm, u64 a, u64 b)
{
	return vm->code ? interp_run(vm->code, 0, a, b, 0, 0, 0, vm->run) : 0;
}

const char *vm_error(struct vm *vm)
{
	struct buf text = { 0 };
	const char *copy;

	if (vm->d.items.n)
		return vm->d.items.at[0].text;
	run_describe_trap(vm->run, &text);
	copy = arena_strdup(&vm->arena, buf_str(&text));
	buf_done(&text);
	return copy;
}

void vm_set_helper(struct vm *vm, u32 insn, run_helper helper)
{
	struct op *ops[] = { &vm->code->ops[insn], &vm->code->ops[vm->code->count + insn] };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i]->handler = interp_handlers()[OP_HELPER];
		ops[i]->imm = (u64)(uintptr_t)helper;
	}
}
