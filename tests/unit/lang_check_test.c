/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What check makes of good scripts, by types, programs and parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/lang_checked.h"
#include "unit/test.h"

static const struct check_case types[] = {
	/* Integers */
	{ "BEGIN { @ = 1 }", "@=int64" },
	{ "BEGIN { @ = -1 }", "@=int64" },
	{ "BEGIN { @ = 18446744073709551615 }", "@=uint64" },
	{ "BEGIN { @ = pid }", "@=uint64" },
	{ "BEGIN { @ = nsecs }", "@=uint64" },
	{ "BEGIN { @ = pid == 1 }", "@=bool" },
	{ "BEGIN { @ = true }", "@=bool" },
	{ "BEGIN { @ = true; @ = 5 }", "@=int64" },
	{ "BEGIN { @ = 0; @ = nsecs }", "@=uint64" },
	{ "BEGIN { @ = nsecs; @ = 0 }", "@=uint64" },
	{ "BEGIN { @ = -1; @ = pid }", "@=int64" },
	{ "BEGIN { @ = pid; @ = -1 }", "@=int64" },
	{ "BEGIN { @ = nsecs; @ = -1 }", "@=uint64" },
	{ "BEGIN { @ = pid + 1 }", "@=uint64" },
	{ "BEGIN { @ = pid + -1 }", "@=int64" },
	{ "BEGIN { @ = nsecs + -1 }", "@=uint64" },
	{ "BEGIN { @ = 1 + 2 }", "@=int64" },
	{ "BEGIN { @ = pid - 1 }", "@=int64" },
	{ "BEGIN { @ = nsecs - 1 }", "@=int64" },
	{ "BEGIN { @ = nsecs / 1000000 }", "@=uint64" },
	{ "BEGIN { @ = 1 << 3 }", "@=int64" },
	{ "BEGIN { @ = nsecs >> 3 }", "@=uint64" },
	{ "BEGIN { @ = ~pid }", "@=uint64" },
	{ "BEGIN { @ = -pid }", "@=int64" },
	{ "BEGIN { @ = !pid }", "@=bool" },
	{ "BEGIN { @ = pid & 0xff }", "@=uint64" },
	{ "BEGIN { @ = (uint8)pid }", "@=uint64" },
	{ "BEGIN { @ = (int8)pid }", "@=int64" },
	{ "BEGIN { $x = (uint16)1; @ = $x * (uint32)2 }", "@=uint64 $x=uint64" },
	{ "BEGIN { @ = pid ? 1 : 0; @ = nsecs }", "@=uint64" },
	{ "BEGIN { @ = 1 && 2 }", "@=bool" },
	{ "BEGIN { @ = sizeof(uint32); @b = sizeof(nsecs); }", "@=uint64 @b=uint64" },
	{ "BEGIN { @ = 5ms }", "@=int64" },
	{ "BEGIN { @ = getopt(\"n\", 5); @b = getopt(\"b\"); @s = getopt(\"s\", \"abc\", "
	  "\"help\"); }",
	  "@=int64 @b=bool @s=string[4]" },
	{ "BEGIN { @ = $1; @s = str($2); @n = $#; }", "@=int64 @s=string[1] @n=int64" },
	/* Variables and scopes */
	{ "BEGIN { $a = 1; $a = nsecs; $b = \"abc\"; $b = \"abcdef\"; }",
	  "$a=uint64 $b=string[7]" },
	{ "BEGIN { let $a; if (pid == 1) { $a = 1 } else { $a = 2 } print($a); }", "$a=int64" },
	{ "BEGIN { let $a: uint8 = 300; $a++; }", "$a=uint8" },
	{ "BEGIN { let $s: string[16] = \"abc\"; @ = $s; }", "@=string[16] $s=string[16]" },
	{ "BEGIN { let $p: uint64 = (uint8)1; @ = $p }", "@=uint64 $p=uint64" },
	{ "BEGIN { if (pid) { $x = 1 } if (pid) { $x = \"a\" } }", "$x=int64 $x=string[2]" },
	{ "BEGIN { $i = 0; while ($i < 10) { $i++; if ($i == 5) { break } continue } }",
	  "$i=int64" },
	{ "BEGIN { $sum = 0; for ($i : 0..10) { $sum += $i; $y = $i } print($sum) }",
	  "$sum^=int64 $i=int64 $y=int64" },
	{ "BEGIN { unroll(5) { $x = 1 } unroll(2 + 3) { @++ } }", "@=int64 $x=int64" },
	{ "BEGIN { @m[1] = \"a\"; for ($kv : @m) { print($kv.0); print($kv.1) } }",
	  "@m[int64]=string[2] $kv=(int64,string[2])" },
	{ "BEGIN { @m[1, \"abc\"] = count(); for ($kv : @m) { @k = $kv.0; @v = $kv.1 } }",
	  "@m[(int64,string[4])]=count_t @k=(int64,string[4]) @v=int64 "
	  "$kv=((int64,string[4]),int64)" },
	{ "BEGIN { $t = (1, \"abc\", (pid, comm)); $a = $t.0; $b = $t.1; $c = $t.2.1; $d = $t[0]; "
	  "}",
	  "$t=(int64,string[4],(uint64,string[16])) $a=int64 $b=string[4] $c=string[16] $d=int64" },
	{ "BEGIN { $t = (1, \"a\"); $t = (nsecs, \"abc\") }", "$t=(int64,string[4])" },
	{ "BEGIN { _ = pid; _ = has_key(@a, 1); @a[1] = 1 }", "@a[int64]=int64" },
	{ "BEGIN { $a = 1; $a += nsecs; $b = nsecs; $b -= 1; $c = 1; $c <<= 2 }",
	  "$a=uint64 $b=uint64 $c=int64" },
	{ "BEGIN { let $unused; print(1) }", "$unused=int64" },
	{ "BEGIN { $s = pid ? \"a\" : \"abcd\"; $n = pid ? pid : -1 }", "$s=string[5] $n=int64" },
	{ "BEGIN { pid ? print(1) : print(\"a\") }", "" },
	{ "BEGIN { $a = pid ?: 5 }", "$a=uint64" },
	/* Maps */
	{ "BEGIN { @ = count() }", "@=count_t" },
	{ "BEGIN { @[pid] = count() }", "@[uint64]=count_t" },
	{ "BEGIN { @[pid, comm] = sum(pid); @b[comm] = sum(-1) }",
	  "@[(uint64,string[16])]=usum_t @b[string[16]]=sum_t" },
	{ "BEGIN { @a = avg(nsecs); @b = min(1); @c = max(pid); @d = stats(1) }",
	  "@a=uavg_t @b=min_t @c=umax_t @d=stats_t" },
	{ "BEGIN { @a = hist(1); @b = hist(1, 5); @c = lhist(1, 0, 100, 10) }",
	  "@a=hist_t @b=hist_t @c=lhist_t" },
	{ "BEGIN { @[1] = 1; @[nsecs] = 2 }", "@[uint64]=int64" },
	{ "BEGIN { @[-1] = 1; @[pid] = 2 }", "@[int64]=int64" },
	{ "BEGIN { @[\"a\"] = 1; @[\"abcdef\"] = 2; @[comm] = 3; }", "@[string[16]]=int64" },
	{ "BEGIN { @[\"a\", 1] = 1; @[\"abcdef\", pid] = 2; }", "@[(string[7],int64)]=int64" },
	{ "BEGIN { @[(1, \"a\")] = 1; @[2, \"bc\"] = 2; $k = (3, \"def\"); @[$k] = 3; delete(@, "
	  "(1, \"a\")); }",
	  "@[(int64,string[4])]=int64 $k=(int64,string[4])" },
	{ "BEGIN { @x = @y } END { @y = \"abc\"; }", "@x=string[4] @y=string[4]" },
	{ "BEGIN { @a = @b; @b = @c; @c = @d; @d = comm; }",
	  "@a=string[16] @b=string[16] @c=string[16] @d=string[16]" },
	{ "BEGIN { @x++; @y[pid]--; @z += 5; @w -= nsecs }",
	  "@x=int64 @y[uint64]=int64 @z=int64 @w=int64" },
	{ "BEGIN { @c = count(); if (@c > 5) { print(1) } @s = sum(nsecs); $a = @c; $b = @s; }",
	  "@c=count_t @s=usum_t $a=int64 $b=uint64" },
	{ "BEGIN { @k[kstack] = count(); @u[ustack(perf, 5)] = count(); @r = kstack(raw) }",
	  "@k[kstack]=count_t @u[ustack]=count_t @r=kstack" },
	{ "BEGIN { @p = (uint8 *)0; @p = 0 }", "@p=uint8 *" },
	{ "BEGIN { @e[1] = 1; delete(@e[1]); delete(@e, 1); $x = has_key(@e, 1); $y = len(@e); "
	  "clear(@e); zero(@e); print(@e); print(@e, 5); print(@e, 5, 2); print(@e[1]) }",
	  "@e[int64]=int64 $x=bool $y=int64" },
	{ "let @l = lruhash(100); BEGIN { @l[1] = 1 }", "@l[int64]=int64" },
	{ "let @l = percpuhash(10); let @u = hash(5); BEGIN { @l[1] = 1 }",
	  "w 1:26: @u is declared but never used @l[int64]=int64" },
	{ "BEGIN { @n = ntop(1); @m = macaddr(1); @k = ksym(1); @u = usym(1); @t = "
	  "strftime(\"%H\", nsecs); @c = cgroup_path(1); @user = username; }",
	  "@n=inet @m=mac_address @k=ksym_t @u=usym_t @t=timestamp @c=cgroup_path_t "
	  "@user=username" },
	{ "BEGIN { @a = pton(\"127.0.0.1\"); @b = pton(\"::1\"); @c = (uint32)pton(\"1.2.3.4\"); }",
	  "@a=uint8[4] @b=uint8[16] @c=uint64" },
	{ "BEGIN { @b = bswap((uint16)1); @s = strlen(\"abc\"); @c = strcontains(\"abc\", \"b\"); "
	  "@n = strncmp(\"a\", \"b\", 1); }",
	  "@b=uint64 @s=uint64 @c=bool @n=int64" },
	{ "BEGIN { @b = buf(\"abc\", 2); @c = buf((uint8*)1, 8); @d = buf((uint8*)1, pid); }",
	  "@b=buffer[2] @c=buffer[8] @d=buffer[1024]" },
	{ "BEGIN { @s = str((uint8*)1); @t = str((uint8*)1, 10); @u = str(nsecs, pid); @v = "
	  "str(\"abc\"); }",
	  "@s=string[1024] @t=string[10] @u=string[1024] @v=string[4]" },
	{ "BEGIN { @n = nsecs(boot); @m = nsecs(tai); @p = pid(); @k = kptr((uint8*)1); @l = "
	  "len(kstack); }",
	  "@n=uint64 @m=uint64 @p=uint64 @k=uint8 * @l=int64" },
	{ "BEGIN { @ = elapsed; @c = cpu; @nu = numaid; @g = cgroup; @r = rand; @nc = ncpus; @u = "
	  "uid; @gi = gid; @t = tid; @j = jiffies }",
	  "@=uint64 @c=uint64 @nu=uint64 @g=uint64 @r=uint64 @nc=uint64 @u=uint64 @gi=uint64 "
	  "@t=uint64 @j=uint64" },
	{ "BEGIN { @p = probe }", "@p=string[6]" },
	{ "interval:s:1, interval:s:2 { @p = probe }", "@p=string[13]" },
	{ "BEGIN { @p = (uint32 *)1; @q = @p + 1; @d = *@p; @i = @p[3]; @c = @p == 0; }",
	  "1:55: @p is used with 1 key here but with no key at 1:9" },
	{ "BEGIN { @a = (uint8[4])(uint32)1; @b = @a[1]; @c = @a == pton(\"1.2.3.4\"); @d = "
	  "(uint8[])(uint16)2 }",
	  "1:40: @a is used with 1 key here but with no key at 1:9" },
	{ "BEGIN { @c = curtask; @d = ctx }", "@c=struct task_struct * @d=uint64 *" },
	{ "BEGIN { $x = 1; $p = &$x; @v = *$p }", "@v=int64 $x=int64 $p=int64 *" },
	{ "BEGIN { @ = (string[5])comm }", "@=string[5]" },
	{ "BEGIN { @ = AF_INET6 }", "@=int64" },
};

static const struct check_case definitions[] = {};

static const struct check_case tracepoints[] = {};

static const struct check_case kernel_types[] = {};

TEST(lang_check_types)
{
	checked_cases(types, ARRAY_SIZE(types), false);
}

TEST(lang_check_definitions)
{
	checked_cases(definitions, ARRAY_SIZE(definitions), false);
}

static bool have_tracefs(void)
{
	return !access("/sys/kernel/tracing/events/syscalls/sys_enter_openat/format", R_OK);
}

TEST(lang_check_tracepoints)
{
	if (!have_tracefs())
		SKIP("tracefs cannot be read");
	checked_cases(tracepoints, ARRAY_SIZE(tracepoints), false);
}

TEST(lang_check_kernel_types)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) || !have_tracefs())
		SKIP("the kernel has no BTF or no tracefs");
	checked_cases(kernel_types, ARRAY_SIZE(kernel_types), false);
}

TEST(lang_check_unsafe)
{
	static const struct check_case cases[] = {
		{ "BEGIN { system(\"ls %s\", comm); signal(9); signal(\"SIGTERM\"); "
		  "signal(\"KILL\"); signal(pid) }",
		  "" },
		{ "BEGIN { signal(\"SIGTRM\"); signal(65); signal((1, 2)) }",
		  "1:16: there is no signal 'SIGTRM' {did you mean 'SIGTERM'?} | 1:34: the signal "
		  "has to be from 1 to 64, not 65 | 1:46: the signal has to be an integer, not "
		  "(int64,int64)" },
	};

	checked_cases(cases, ARRAY_SIZE(cases), true);
}

static const char *with_words(struct checked *k, const char *source, char **words)
{
	checked_init(k);
	for (k->options.argv = words; words[k->options.argc];)
		k->options.argc++;
	return checked_run(k, source);
}

TEST(lang_check_parameters)
{
	static const struct {
		const char *words[6];
		struct check_case script;
	} cases[] = {
		{ { "41", "hello" },
		  { "BEGIN { @a = $1 + 1; @b = str($2); @c = str($1); @d = str($2, 3); @e = $3; @f "
		    "= str($3) }",
		    "@a=int64 @b=string[6] @c=string[3] @d=string[4] @e=int64 @f=string[1]" } },
		{ { "hello" },
		  { "BEGIN { @a = str($1 + 2); if (comm == $1) { } }", "@a=string[4]" } },
		{ { "12" },
		  { "BEGIN { if (comm == $1) { } printf(\"%s\", $1); @a = strlen($1) }",
		    "@a=uint64" } },
		{ { "-5", "0x10", "18446744073709551615" },
		  { "BEGIN { @a = $1; @b = $2; @c = $3 }", "@a=int64 @b=int64 @c=int64" } },
		{ { "hello" },
		  { "BEGIN { @ = $1 + 1 }",
		    "1:13: an operand of '+' has to be an integer, but $1 is \"hello\"" } },
		{ { "hello" },
		  { "BEGIN { @ = hist($1) }",
		    "1:18: hist: the value has to be an integer, but $1 is \"hello\"" } },
		{ { "hello" },
		  { "BEGIN { @ = str($1 + 9) }", "1:13: parameter $1 is only 5 bytes long" } },
		{ { "--n=7", "--v", "--s=abc" },
		  { "BEGIN { @n = getopt(\"n\", 1); @v = getopt(\"v\"); @s = getopt(\"s\", \"\"); "
		    "@c = $# }",
		    "@n=int64 @v=bool @s=string[4] @c=int64" } },
		{ { "--nun=7" },
		  { "BEGIN { @n = getopt(\"num\", 1) }",
		    "unknown option --nun for the script {did you mean '--num'?}" } },
		{ { "--other" },
		  { "BEGIN { @n = getopt(\"num\", 1); @m = getopt(\"all\") }",
		    "unknown option --other for the script {the script knows: --num, --all}" } },
		{ { "--other" },
		  { "BEGIN { @n = 1 }", "unknown option --other for the script {the script asks "
					"for no options with getopt()}" } },
		{ { "--num=x" },
		  { "BEGIN { @n = getopt(\"num\", 1) }",
		    "1:14: --num has to be a number, not 'x'" } },
		{ { "--b=maybe" },
		  { "BEGIN { @n = getopt(\"b\") }",
		    "1:14: --b has to be true or false, not 'maybe'" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct checked k;

		CHECK_STR(with_words(&k, cases[i].script.source,
				     (char **)(uintptr_t)cases[i].words),
			  cases[i].script.want);
		checked_done(&k);
	}
}

TEST(lang_check_parameter_values)
{
	static const char *const words[] = { "-5", "hello", "--n=7", "--v=false", NULL };
	struct checked k;
	const struct node *s;
	static const u64 want[] = { (u64)-5, 2, 7, 0 };
	size_t i = 0;

	with_words(&k,
		   "BEGIN { @a = $1; @b = $#; @c = getopt(\"n\", 1); @d = getopt(\"v\", true) }",
		   (char **)(uintptr_t)words);
	CHECK_EQ(k.err, 0);
	for (s = k.unit.programs.at[0].clause->body->block.stmts; s && i < 4; s = s->next)
		CHECK_EQ(s->expr->assign.value->integer.value, want[i++]);
	CHECK_EQ(i, 4);
	checked_done(&k);
}

TEST(lang_check_environment)
{
	struct checked k;

	setenv("SKEP_MAX_STRLEN", "99", 1);
	setenv("BPFTRACE_STACK_MODE", "perf", 1);
	checked_init(&k);
	CHECK_STR(
		checked_run(&k,
			    "config = { max_strlen = 50; max_map_keys = 7 } BEGIN { @ = str(1) }"),
		"@=string[99]");
	CHECK_EQ(k.unit.config.stack_mode, STACK_PERF);
	CHECK_EQ(k.unit.config.max_map_keys, 7);
	checked_done(&k);
	setenv("SKEP_MAX_STRLEN", "x", 1);
	checked_init(&k);
	CHECK_STR(checked_run(&k, "BEGIN { @ = 1 }"),
		  "SKEP_MAX_STRLEN has to be a number, not 'x' {SKEP_MAX_STRLEN is set in the "
		  "environment}");
	checked_done(&k);
	unsetenv("SKEP_MAX_STRLEN");
	unsetenv("BPFTRACE_STACK_MODE");
}

/* Programs, and their targets: "3: 1 1 1". */
static const char *programs_of(struct checked *k, const char *source)
{
	static char text[256];
	size_t at = 0;

	checked_init(k);
	checked_run(k, source);
	at += (size_t)snprintf(text, sizeof(text), "%zu:", k->unit.programs.n);
	for (size_t i = 0; i < k->unit.programs.n && at < sizeof(text) - 32; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %zu%s",
				       k->unit.programs.at[i].targets.n,
				       k->unit.programs.at[i].uses_probe ? "p" : "");
	return text;
}

TEST(lang_check_programs)
{
	static const struct check_case cases[] = {
		{ "BEGIN { @ = 1 } END { @ = 2 }", "2: 1 1" },
		{ "interval:s:1, interval:s:2 { @ = 1 }", "2: 1 1" },
		{ "profile:hz:99, profile:hz:49 { @ = count() }", "1: 2" },
		{ "profile:hz:99, profile:hz:49, interval:s:1 { @[probe] = count() }", "2: 2p 1" },
		{ "profile:hz:99, software:cpu-clock:1000000 { @ = count() }", "2: 1 1" },
	};
	static const struct check_case live[] = {
		{ "tracepoint:syscalls:sys_enter_openat, tracepoint:syscalls:sys_enter_read { @ = "
		  "count() }",
		  "1: 2" },
		{ "tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat { @ = "
		  "args.flags }",
		  "2: 1 1" },
		{ "tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write { "
		  "@[probe] = sum(args.fd) }",
		  "1: 2p" },
		{ "tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write { "
		  "print(args) }",
		  "1: 2" },
		{ "tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_openat { "
		  "print(args) }",
		  "2: 1 1" },
	};
	struct checked k;

	checked_init(&k);
	CHECK_STR(checked_run(&k,
			      "profile:hz:9, profile:hz:8 { @[probe] = 1 } BEGIN { @[probe] = 2 }"),
		  "@[probe]=int64");
	checked_done(&k);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_STR(programs_of(&k, cases[i].source), cases[i].want);
		checked_done(&k);
	}
	if (!have_tracefs())
		SKIP("tracefs cannot be read");
	for (size_t i = 0; i < ARRAY_SIZE(live); i++) {
		CHECK_STR(programs_of(&k, live[i].source), live[i].want);
		checked_done(&k);
	}
}

/* Which memory a pointer leads to. */
TEST(lang_check_spaces)
{
	struct checked k;

	if (!have_tracefs())
		SKIP("tracefs cannot be read");
	checked_init(&k);
	checked_run(&k, "struct s { struct s *next; struct { struct s *in; } sub; } "
			"tracepoint:syscalls:sys_enter_openat { $u = args.filename; "
			"$k = (struct s *)1; $p = (struct s *)args.filename; $n = $p.next.next; "
			"$c = *$p; $i = $c.sub.in; $x = uptr($k); }");
	CHECK_EQ(k.err, 0);
	if (!k.err) {
		static const enum type_space want[] = { SPACE_USER, SPACE_KERNEL, SPACE_USER,
							SPACE_USER, SPACE_USER,   SPACE_USER,
							SPACE_USER };

		for (size_t i = 0; i < ARRAY_SIZE(want); i++)
			CHECK_EQ(k.unit.programs.at[0].vars.at[i]->type->space, want[i]);
	}
	checked_done(&k);
}

TEST(lang_check_calls)
{
	struct checked k;
	const struct node *s;

	checked_init(&k);
	checked_run(&k,
		    "BEGIN { @a[1, 2] = 1; delete(@a, (1, 2)); print(@a, 5, 10); @b = str(1, 7); "
		    "@c = kstack(perf, 3); printf(\"%d\", 1); @d = hist(1, 2) }");
	CHECK_EQ(k.err, 0);
	if (k.err) {
		checked_done(&k);
		return;
	}
	s = k.unit.programs.at[0].clause->body->block.stmts->next;
	CHECK_EQ(s->expr->call.info->key_count, 2);
	CHECK_EQ(s->expr->call.info->keys->integer.value, 1);
	CHECK_STR(s->expr->call.info->map->name, "@a");
	s = s->next;
	CHECK_EQ(s->expr->call.info->number, 5);
	CHECK_EQ(s->expr->call.info->number2, 10);
	s = s->next;
	CHECK_EQ(s->expr->assign.value->call.info->number, 7);
	CHECK(s->expr->assign.value->call.info->is_constant);
	s = s->next;
	CHECK_EQ(s->expr->assign.value->call.info->mode, STACK_PERF);
	CHECK_EQ(s->expr->assign.value->call.info->number, 3);
	CHECK_EQ(s->expr->assign.value->type->limit, 3);
	s = s->next;
	CHECK_STR(s->expr->call.info->text, "%d");
	s = s->next;
	CHECK_EQ(s->expr->assign.value->call.info->number, 2);
	CHECK_EQ(k.unit.maps.at[3]->value->count, 1 + 4 + 62 * 4);
	checked_done(&k);
}

/* As many as a script may name, in one clause and in one each. */
TEST(lang_check_many_probes)
{
	struct buf one = { 0 }, each = { 0 };
	struct checked k;

	buf_puts(&one, "config = { max_probes = 20000 } profile:hz:1");
	for (int i = 2; i <= 10000; i++)
		buf_printf(&one, ",profile:hz:%d", i);
	buf_puts(&one, " { @ = count() }");
	checked_init(&k);
	CHECK_STR(checked_run(&k, buf_str(&one)), "@=count_t");
	CHECK_EQ(k.unit.programs.n, 1);
	CHECK_EQ(k.unit.programs.at[0].targets.n, 10000);
	checked_done(&k);

	for (int i = 1; i <= 1025; i++)
		buf_printf(&each, "profile:hz:%d { @ = count() }\n", i);
	checked_init(&k);
	CHECK_STR(checked_run(&k, buf_str(&each)),
		  "1025:1: the script attaches to more than 1024 probes {allow more with config = "
		  "{ max_probes = 1025 }}");
	checked_done(&k);
	buf_clear(&one);
	buf_printf(&one, "config = { max_probes = 20000 }\n%s", buf_str(&each));
	checked_init(&k);
	CHECK_STR(checked_run(&k, buf_str(&one)),
		  "1026:1: the script makes more than 1024 BPF programs {probes with the same "
		  "arguments share one, but each fentry, fexit and interval has its own}");
	checked_done(&k);
	buf_done(&one);
	buf_done(&each);
}
