/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the verifier's cases by our own verifier, and by the running kernel's where that is allowed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "isa/insn.h"
#include "kernel/privilege.h"
#include "unit/test.h"
#include "unit/verify_case.h"
#include "verify/verify.h"

static void check_ours(struct arena *a, struct verify_case *c, void *arg)
{
	struct verify_options opts = { .privileged = !c->unprivileged };
	struct verify_result r;
	struct diag d;
	u32 *n = arg;

	++*n;
	if (!verify_case_build(a, c))
		return;
	diag_init(&d, a);
	if (verify_program(a, &c->img, 0, &opts, &r, &d)) {
		test_fail(c->file, (int)c->line, "%s: %s", c->name, d.items.at[0].text);
		return;
	}
	const char *category = r.accepted ? "" : verify_category_name(r.finding.category);
	const char *message = r.accepted ? "" : r.finding.message;
	if (r.accepted != c->accept || (c->category && strcmp(category, c->category) != 0) ||
	    (c->message && !strstr(message, c->message)) ||
	    (!r.accepted && c->insn >= 0 && r.finding.insn != (u32)c->insn))
		test_fail(c->file, (int)c->line, "%s: got %s %s: insn %u: %s", c->name,
			  r.accepted ? "accept" : "reject", category,
			  r.accepted ? 0 : r.finding.insn, message);
}

TEST(verify_cases)
{
	u32 n = 0;

	verify_case_each(check_ours, &n);
	if (!n)
		SKIP("tests/verify is not below the folder that this runs in");
}

/* Whoever has no privilege may do nothing more. */
static void check_without(struct arena *a, struct verify_case *c, void *arg)
{
	struct verify_options opts = { 0 };
	struct verify_result r;
	struct diag d;

	(void)arg;
	if (c->accept || !verify_case_build(a, c))
		return;
	diag_init(&d, a);
	if (verify_program(a, &c->img, 0, &opts, &r, &d) || r.accepted)
		test_fail(c->file, (int)c->line, "%s: accepted without privilege", c->name);
}

TEST(verify_cases_without_privilege)
{
	verify_case_each(check_without, NULL);
}

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int make_map(const struct image_map *m)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = m->type;
	attr.key_size = m->key_size;
	attr.value_size = m->value_size;
	attr.max_entries = m->max_entries;
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static char kernel_log[1 << 16];

/* A log that has no room makes the kernel refuse what it has accepted. */
static int load(struct verify_case *c, bool log)
{
	union bpf_attr attr;

	kernel_log[0] = 0;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = c->type;
	attr.insns = (u64)(uintptr_t)c->insns;
	attr.insn_cnt = c->count;
	attr.license = (u64)(uintptr_t) "GPL";
	if (log)
		attr.log_buf = (u64)(uintptr_t)kernel_log;
	attr.log_size = log ? sizeof(kernel_log) : 0;
	attr.log_level = log;
	attr.prog_flags = c->flags;
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

struct asked {
	bool has_may_goto, unprivileged;
	bool is_older; /* than the kernel that the cases were written beside: it may know less, but not let more pass */
};

static bool is_older_kernel(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	return uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 ||
	       (major == 6 && minor < 18);
}

static void check_kernel(struct arena *a, struct verify_case *c, void *arg)
{
	const struct asked *how = arg;
	int fds[8] = { 0 };
	struct privilege had;

	if (c->unprivileged != how->unprivileged || (c->needs_may_goto && !how->has_may_goto))
		return;
	if (!verify_case_build(a, c) || c->img.maps.n > ARRAY_SIZE(fds))
		return;
	if (c->unprivileged)
		CHECK(!privilege_drop(&had));
	for (u32 m = 0; m < c->img.maps.n; m++) {
		fds[m] = make_map(&c->img.maps.at[m]);
		CHECK(fds[m] >= 0 || c->unprivileged);
	}
	for (u32 i = 0; i < c->count; i++) {
		struct bpf_insn *insn = &c->insns[i];
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insn->src_reg == BPF_PSEUDO_MAP_IDX) {
			insn->src_reg = BPF_PSEUDO_MAP_FD & 0xf;
			insn->imm = fds[insn->imm];
		}
	}
	int fd = load(c, false);
	if (fd < 0)
		load(c, true);
	if (c->unprivileged)
		CHECK(!privilege_restore(&had));
	/* Younger kernels do not refuse what a CPU may run ahead into, but keep it from doing so. */
	bool is_milder =
		c->unprivileged && fd >= 0 && c->category && !strcmp(c->category, "speculation");
	bool knows_less = how->is_older && fd < 0 && c->accept;
	if (!is_milder && !knows_less && (fd >= 0) != (c->accept != (c->differs != NULL))) {
		size_t len = strlen(kernel_log), from = len > 300 ? len - 300 : 0;
		test_fail(c->file, (int)c->line, "%s: the kernel %s it: %s", c->name,
			  fd >= 0 ? "accepts" : "rejects", kernel_log + from);
	}
	if (fd >= 0)
		close(fd);
	for (u32 m = 0; m < c->img.maps.n; m++) {
		if (fds[m] >= 0)
			close(fds[m]);
	}
}

TEST(verify_cases_as_the_kernel)
{
	if (geteuid() != 0)
		SKIP("not root");
	struct bpf_insn insns[] = { insn_make(BPF_JMP | INSN_JCOND, 0, 0, 0, 0),
				    insn_mov64_imm(0, 0), insn_exit() };
	struct verify_case may_goto = { .type = BPF_PROG_TYPE_XDP,
					.insns = insns,
					.count = ARRAY_SIZE(insns) };
	int fd = load(&may_goto, false);
	struct asked how = { .has_may_goto = fd >= 0, .is_older = is_older_kernel() };
	if (how.has_may_goto)
		close(fd);
	verify_case_each(check_kernel, &how);
}

TEST(verify_cases_as_the_kernel_without_privilege)
{
	struct asked how = { .unprivileged = true, .is_older = is_older_kernel() };

	if (!privilege_is_optional())
		SKIP("kernel.unprivileged_bpf_disabled is not 0");
	verify_case_each(check_kernel, &how);
}
