/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to the running kernel, each answered by a tiny program, link or file. A request that an able kernel
 * refuses for its arguments and an unable one for its nature tells the two apart without attaching.
 */
#include "kernel/feature.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/insn.h"
#include "kernel/kernel.h"
#include "kernel/multi.h"
#include "kernel/privilege.h"

/* Loads "return 0". The descriptor or -errno. */
static int load_trivial(enum bpf_prog_type type, u32 expected_attach, u32 btf_id)
{
	const struct bpf_insn insns[] = { insn_mov64_imm(0, 0), insn_exit() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)expected_attach,
		    .attach_btf_id = btf_id);

	return bpf_prog_load(type, "skep_probe", "GPL", insns, ARRAY_SIZE(insns), &opts);
}

/* An able kernel gets as far as reading the addresses, which lie where nothing is mapped. */
static bool has_kprobe_multi(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_KPROBE, MULTI_KPROBE, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = multi_kprobe_link(fd, MULTI_KPROBE, 0, 1, NULL, (const u64 *)sizeof(u64), NULL) ==
	      -EFAULT;
	close(fd);
	return yes;
}

/* An able kernel gets as far as finding that "/" is not a file to probe. */
static bool has_uprobe_multi(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_KPROBE, MULTI_UPROBE, 0);
	const u64 offset = 0;
	int link;

	if (fd < 0)
		return false;
	link = multi_uprobe_link(fd, MULTI_UPROBE, 0, 1, "/", &offset, NULL, 0);
	if (link >= 0)
		close(link);
	close(fd);
	return link == -EBADF;
}

/* Attaches to a function that the kernel has for its own BPF tests and never calls otherwise. */
static bool has_fentry(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id, fd, link;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, "bpf_fentry_test1", BTF_KIND_FUNC);
	btf__free(btf);
	if (id < 0)
		return false;
	fd = load_trivial(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, (u32)id);
	if (fd < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link < 0)
		return false;
	close(link);
	return true;
}

static bool ask(enum feature which)
{
	switch (which) {
	case FEATURE_KPROBE:
		return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	case FEATURE_KPROBE_MULTI:
		return has_kprobe_multi();
	case FEATURE_UPROBE_MULTI:
		return has_uprobe_multi();
	case FEATURE_FENTRY:
		return has_fentry();
	case FEATURE_BPF_LOOP:
		return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_loop, NULL) == 1;
	case FEATURE_PERF_COOKIE:
		return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_get_attach_cookie,
					       NULL) == 1;
	case FEATURE_RINGBUF:
		return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
	case FEATURE_BTF:
		return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	case FEATURE_COUNT:
		break;
	}
	return false;
}

bool feature(struct features *f, enum feature which)
{
	if (!f->known[which]) {
		libbpf_print_fn_t old = libbpf_set_print(NULL);

		f->known[which] = ask(which) ? 1 : -1;
		libbpf_set_print(old);
	}
	return f->known[which] > 0;
}

const char *feature_name(enum feature which)
{
	static const char *const names[FEATURE_COUNT] = {
		[FEATURE_KPROBE] = "kprobe",
		[FEATURE_KPROBE_MULTI] = "kprobe_multi",
		[FEATURE_UPROBE_MULTI] = "uprobe_multi",
		[FEATURE_FENTRY] = "fentry",
		[FEATURE_BPF_LOOP] = "bpf_loop",
		[FEATURE_PERF_COOKIE] = "perf_cookie",
		[FEATURE_RINGBUF] = "ringbuf",
		[FEATURE_BTF] = "btf",
	};

	return which < FEATURE_COUNT ? names[which] : "unknown";
}

const char *kernel_unavailable(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
	int err = fd < 0 ? -fd : 0;

	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	if (err == ENOSYS)
		return "this kernel was built without bpf() (CONFIG_BPF_SYSCALL)";
	if (err == EINVAL)
		return "this kernel was built without BPF for tracing (CONFIG_BPF_EVENTS)";
	if (err != EPERM && err != EACCES)
		return "bpf() does not work here";
	if (privilege_has(CAP_SYS_ADMIN) || (privilege_has(CAP_BPF) && privilege_has(CAP_PERFMON)))
		return "bpf() is not permitted here even to root: a container, a seccomp filter or "
		       "kernel lockdown forbids it";
	return "bpf() needs root, or the capabilities CAP_BPF and CAP_PERFMON";
}
