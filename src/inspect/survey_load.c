/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "inspect/survey_impl.h"
#include "isa/insn.h"
#include "isa/prog_type.h"

int survey_call(int command, union bpf_attr *attr)
{
	return handle_call((u32)command, attr, sizeof(*attr));
}

u32 survey_type(const struct survey *s, u32 kind, const char *name)
{
	return s->kernel ? rawbtf_find(s->kernel, RAWBTF_KIND(kind), name) : 0;
}

bool survey_enumerator(const struct survey *s, const char *name)
{
	u32 index;

	return s->kernel && rawbtf_find_enumerator(s->kernel, name, &index);
}

int survey_open(struct survey *s, const struct survey_prog *p, const struct bpf_insn *insns, u32 n,
		u32 level)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = p->type;
	attr.expected_attach_type = p->attach;
	attr.attach_btf_id = p->btf_id;
	attr.prog_flags = p->flags;
	attr.prog_ifindex = s->ifindex;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (u64)(uintptr_t) "GPL";
	if (level) {
		attr.log_buf = (u64)(uintptr_t)s->log;
		attr.log_size = SURVEY_LOG_BYTES;
		attr.log_level = level;
	}
	s->log[0] = '\0';
	s->loads++;
	return survey_call(BPF_PROG_LOAD, &attr);
}

int survey_load(struct survey *s, const struct survey_prog *p, const struct bpf_insn *insns, u32 n)
{
	int fd = survey_open(s, p, insns, n, 1);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int survey_load_trivial(struct survey *s, const struct survey_prog *p)
{
	s32 min = 0, max;

	prog_type_range(p->type, p->attach, &min, &max);

	const struct bpf_insn insns[] = { insn_mov64_imm(0, min), insn_exit() };

	return survey_load(s, p, insns, ARRAY_SIZE(insns));
}

bool survey_prog_of(const struct survey *s, u32 type, struct survey_prog *p)
{
	*p = (struct survey_prog){ .type = type };
	switch (type) {
	case PROG_CGROUP_SOCK_ADDR:
		p->attach = AT_CGROUP_INET4_CONNECT;
		return true;
	case PROG_CGROUP_SOCKOPT:
		p->attach = AT_CGROUP_SETSOCKOPT;
		return true;
	case PROG_CGROUP_SOCK:
		p->attach = AT_CGROUP_INET_SOCK_CREATE;
		return true;
	case PROG_SK_LOOKUP:
		p->attach = AT_SK_LOOKUP;
		return true;
	case PROG_NETFILTER:
		p->attach = AT_NETFILTER;
		return true;
	case PROG_SYSCALL:
		p->flags = BPF_F_SLEEPABLE;
		return true;
	case PROG_TRACING:
		p->attach = AT_TRACE_ITER;
		p->btf_id = survey_type(s, BTF_KIND_FUNC, "bpf_iter_task");
		return p->btf_id;
	case PROG_LSM:
		p->attach = AT_LSM_MAC;
		p->btf_id = survey_type(s, BTF_KIND_FUNC, "bpf_lsm_file_open");
		return p->btf_id;
	case PROG_STRUCT_OPS:
	case PROG_EXT:
		p->btf_id =
			1; /* what is no such thing, which the kernel says if it knows the type */
		return s->kernel != NULL;
	default:
		return true;
	}
}
