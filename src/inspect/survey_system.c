/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be read instead of tried: settings, mounts, the caller's rights, how the kernel was built. */
#include <errno.h>
#include <linux/capability.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "inspect/survey_impl.h"

enum { SMALL_FILE = 4096 };

static const struct {
	const char *name, *path;
	const char *meanings[4]; /* of 0 to 3, "" : none */
} settings[] = {
	{ "unprivileged_bpf_disabled",
	  "/proc/sys/kernel/unprivileged_bpf_disabled",
	  { "anybody may use bpf(), for a few types of programs",
	    "bpf() needs privilege until the next boot", "bpf() needs privilege", "" } },
	{ "bpf_jit_enable",
	  "/proc/sys/net/core/bpf_jit_enable",
	  { "programs are interpreted", "programs are compiled",
	    "programs are compiled, and the code is logged", "" } },
	{ "bpf_jit_harden",
	  "/proc/sys/net/core/bpf_jit_harden",
	  { "constants are not blinded", "constants are blinded for the unprivileged",
	    "constants are blinded for all, which costs time", "" } },
	{ "bpf_jit_kallsyms",
	  "/proc/sys/net/core/bpf_jit_kallsyms",
	  { "programs have no symbols", "programs have symbols, for root", "", "" } },
	{ "bpf_jit_limit", "/proc/sys/net/core/bpf_jit_limit", { "", "", "", "" } },
	{ "bpf_stats_enabled",
	  "/proc/sys/kernel/bpf_stats_enabled",
	  { "run times are not counted", "run times are counted", "", "" } },
	{ "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", { "", "", "", "" } },
	{ "kptr_restrict",
	  "/proc/sys/kernel/kptr_restrict",
	  { "addresses are shown", "addresses are shown to the privileged",
	    "addresses are shown to nobody", "" } },
};

static void add_text(struct survey *s, const char *name, const char *text, const char *why)
{
	struct survey_row *row =
		survey_add(s, SURVEY_SYSTEM, name, *text ? SURVEY_TEXT : SURVEY_ABSENT);

	row->value = arena_strdup(s->arena, text);
	row->why = why;
}

static char *read_small(const char *path)
{
	char *text = text_read_file(path, SMALL_FILE, NULL);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

static void add_settings(struct survey *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char *text = read_small(settings[i].path);
		int err = text ? 0 : errno;
		struct survey_row *row = survey_add(s, SURVEY_SYSTEM, settings[i].name,
						    text ? SURVEY_NUMBER : SURVEY_ABSENT);

		row->value = arena_strdup(s->arena, text ? text : "");
		if (!text)
			row->why = err == ENOENT ? "the kernel has none" : "only root may read it";
		else if (*text >= '0' && *text <= '3' && !text[1])
			row->why = settings[i].meanings[*text - '0'];
		free(text);
	}
}

/* The choice in brackets, of "none [integrity] confidentiality". */
static void add_lockdown(struct survey *s)
{
	char *text = read_small("/sys/kernel/security/lockdown");
	char *at = text ? strchr(text, '[') : NULL;

	if (at) {
		at++;
		at[strcspn(at, "]")] = '\0';
	}
	add_text(s, "lockdown", at ? at : "", NULL);
	free(text);
	text = read_small("/sys/kernel/security/lsm");
	add_text(s, "security_modules", text ? text : "",
		 text && !strstr(text, "bpf")
			 ? "bpf is not among them: programs of type lsm are not called"
			 : NULL);
	free(text);
}

/* The first mount of a type; of cgroup2 it need not be /sys/fs/cgroup. */
static void add_mounts(struct survey *s)
{
	static const char *const types[][2] = {
		{ "bpf", "pins need one: mount -t bpf bpf /sys/fs/bpf" },
		{ "tracefs",
		  "tracepoints by name need it: mount -t tracefs tracefs /sys/kernel/tracing" },
		{ "debugfs", NULL },
		{ "cgroup2", "programs of cgroups need it" },
		{ "securityfs", NULL },
	};
	const char *found[ARRAY_SIZE(types)] = { NULL };
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (f && (m = getmntent(f)) != NULL) {
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			if (!found[i] && !strcmp(m->mnt_type, types[i][0]))
				found[i] = arena_strdup(s->arena, m->mnt_dir);
		}
	}
	if (f)
		endmntent(f);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		add_text(s, arena_printf(s->arena, "mount_%s", types[i][0]),
			 found[i] ? found[i] : "", found[i] ? NULL : types[i][1]);
}

static void add_capabilities(struct survey *s)
{
	static const struct {
		const char *name;
		u32 number;
	} wanted[] = {
		{ "CAP_BPF", CAP_BPF },
		{ "CAP_PERFMON", CAP_PERFMON },
		{ "CAP_NET_ADMIN", CAP_NET_ADMIN },
		{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
		{ "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE },
		{ "CAP_SYSLOG", CAP_SYSLOG },
	};
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		u32 n = wanted[i].number;

		survey_add(s, SURVEY_SYSTEM, wanted[i].name,
			   data[n / 32].effective & (1u << (n % 32)) ? SURVEY_YES : SURVEY_NO);
	}
}

void survey_system(struct survey *s)
{
	struct utsname u;

	if (!uname(&u)) {
		add_text(s, "release", u.release, NULL);
		add_text(s, "machine", u.machine, NULL);
	}
	add_text(s, "uid", arena_printf(s->arena, "%u", (u32)geteuid()), NULL);
	add_capabilities(s);
	add_settings(s);
	add_lockdown(s);
	add_mounts(s);
}

/* In bpftool's order, then those that it has not. */
void survey_config(struct survey *s)
{
	static const char *const options[] = {
		"BPF",
		"BPF_SYSCALL",
		"HAVE_EBPF_JIT",
		"BPF_JIT",
		"BPF_JIT_ALWAYS_ON",
		"DEBUG_INFO_BTF",
		"DEBUG_INFO_BTF_MODULES",
		"CGROUPS",
		"CGROUP_BPF",
		"CGROUP_NET_CLASSID",
		"SOCK_CGROUP_DATA",
		"BPF_EVENTS",
		"KPROBE_EVENTS",
		"UPROBE_EVENTS",
		"TRACING",
		"FTRACE_SYSCALLS",
		"FUNCTION_ERROR_INJECTION",
		"BPF_KPROBE_OVERRIDE",
		"NET",
		"XDP_SOCKETS",
		"LWTUNNEL_BPF",
		"NET_ACT_BPF",
		"NET_CLS_BPF",
		"NET_CLS_ACT",
		"NET_SCH_INGRESS",
		"XFRM",
		"IP_ROUTE_CLASSID",
		"IPV6_SEG6_BPF",
		"BPF_LIRC_MODE2",
		"BPF_STREAM_PARSER",
		"NETFILTER_XT_MATCH_BPF",
		"BPFILTER",
		"BPFILTER_UMH",
		"TEST_BPF",
		"HZ",
		/* ours */
		"BPF_LSM",
		"BPF_UNPRIV_DEFAULT_OFF",
		"BPF_PRELOAD",
		"PERF_EVENTS",
		"KPROBES",
		"UPROBES",
		"FPROBE",
		"FUNCTION_TRACER",
		"DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
		"NET_XGRESS",
		"NETKIT",
		"NETFILTER_BPF_LINK",
		"NET_SOCK_MSG",
		"INET",
		"IPV6",
		"VETH",
		"MPTCP",
		"SYN_COOKIES",
		"IMA",
		"SCHED_CLASS_EXT",
		"SECURITY_LOCKDOWN_LSM",
		"MODULES",
		"IKCONFIG_PROC",
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *value = table_get_str(&s->config, options[i]);
		struct survey_row *row = survey_add(s, SURVEY_CONFIG,
						    arena_printf(s->arena, "CONFIG_%s", options[i]),
						    value ? SURVEY_TEXT : SURVEY_ABSENT);

		row->value = value;
		if (!s->has_config)
			row->why = "the kernel does not tell how it was built: neither "
				   "/proc/config.gz "
				   "nor /boot/config-RELEASE";
	}
}
