/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of accel: each text is read into a line that tells what was understood, or its first mistake. */
#include "net/accel_config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "unit/test.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "www-data:x:33:33::/var/www:/bin/false\n"
			     "broken\n"
			     "bad:x:nothing\n"
			     "nobody:x:65534:65534::/:/bin/false";

static void show_cidr(struct buf *b, const struct accel_cidr *c)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, c->addr, text, sizeof(text));
	buf_printf(b, " %s/%u", text, c->bits);
}

static void show(struct buf *b, const struct accel_config *c)
{
	if (c->cgroup)
		buf_printf(b, " cgroup=%s", c->cgroup);
	for (size_t i = 0; i < c->ports.n; i++)
		buf_printf(b, " %u", c->ports.at[i]);
	for (size_t i = 0; i < c->cidrs.n; i++)
		show_cidr(b, &c->cidrs.at[i]);
	for (size_t i = 0; i < c->uids.n; i++)
		buf_printf(b, " uid=%u", c->uids.at[i]);
	for (size_t i = 0; i < c->excluded.n; i++)
		buf_printf(b, " -%s", c->excluded.at[i]);
	if (c->no_default_excluded)
		buf_puts(b, " alone");
	if (c->limit)
		buf_printf(b, " limit=%lu", c->limit);
	if (c->budget)
		buf_printf(b, " budget=%lu", c->budget);
}

static void show_mistake(struct buf *b, const struct diag *d)
{
	const struct diag_item *first = &d->items.at[0];

	buf_clear(b);
	buf_printf(b, "! ");
	if (first->loc.line)
		buf_printf(b, "%u:%u+%u ", first->loc.line, first->loc.col, first->loc.len);
	buf_puts(b, first->text);
	if (first->hint)
		buf_printf(b, " (%s)", first->hint);
}

static void check_set(int line, enum accel_setting which, const char *text, const char *want)
{
	struct accel_config c = { 0 };
	struct buf got = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = { .arena = &a, .diag = &d, .passwd = passwd };
	if (accel_config_set(&r, &c, which, text, LOC_NONE))
		show_mistake(&got, &d);
	else
		show(&got, &c);
	test_check_str(__FILE__, line, text, buf_str(&got), want);
	buf_done(&got);
	arena_done(&a);
}

static void check_read(int line, const char *text, const char *want)
{
	struct accel_config c = { 0 };
	struct buf got = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = { .arena = &a, .diag = &d, .passwd = passwd };
	diag_set_source(&d, "accel.conf", text, strlen(text));
	if (accel_config_read(&r, &c, text, strlen(text)))
		show_mistake(&got, &d);
	else
		show(&got, &c);
	test_check_str(__FILE__, line, text, buf_str(&got), want);
	buf_done(&got);
	arena_done(&a);
}

#define PORT(text, want) check_set(__LINE__, ACCEL_SET_PORT, text, want)
#define CIDR(text, want) check_set(__LINE__, ACCEL_SET_CIDR, text, want)
#define USER(text, want) check_set(__LINE__, ACCEL_SET_UID, text, want)
#define COMM(text, want) check_set(__LINE__, ACCEL_SET_EXCLUDE_COMM, text, want)
#define LIMIT(text, want) check_set(__LINE__, ACCEL_SET_LIMIT, text, want)
#define BUDGET(text, want) check_set(__LINE__, ACCEL_SET_BUDGET, text, want)
#define FILE_(text, want) check_read(__LINE__, text, want)

TEST(accel_config_ports)
{
	PORT("80", " 80");
	PORT("80,443,8000-8003", " 80 443 8000 8001 8002 8003");
	PORT(" 80 ,\t1-1, 65535 ", " 80 1 65535");
	PORT("", "! an entry of the list is empty");
	PORT("80,", "! an entry of the list is empty");
	PORT("0", "! '0' is not a port");
	PORT("65536", "! '65536' is not a port");
	PORT("-5", "! '-5' is not a port");
	PORT("5-", "! '5-' is not a range of ports");
	PORT("5-4", "! '5-4' is not a range of ports: it ends before it begins");
	PORT("5-65536", "! '5-65536' is not a range of ports");
	PORT("http", "! 'http' is not a port");
	PORT("0x50", "! '0x50' is not a port");
	PORT("99999999999999999999999", "! '99999999999999999999999' is not a port");
}

TEST(accel_config_ports_are_bounded)
{
	struct accel_config c = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = { .arena = &a, .diag = &d };
	CHECK_EQ(accel_config_set(&r, &c, ACCEL_SET_PORT, "1-4095,9000", LOC_NONE), 0);
	CHECK_EQ(c.ports.n, ACCEL_MAX_LIST);
	CHECK_EQ(accel_config_set(&r, &c, ACCEL_SET_PORT, "9001", LOC_NONE), -EINVAL);
	CHECK_EQ(c.ports.n, ACCEL_MAX_LIST);
	CHECK_STR(d.items.at[0].text, "a list can have at most 4096 entries");
	arena_done(&a);
	PORT("1-65535", "! a list can have at most 4096 entries "
			"(a range counts as all of its ports; without a list all may)");
}

TEST(accel_config_cidrs)
{
	CIDR("127.0.0.1", " ::ffff:127.0.0.1/128");
	CIDR("10.1.2.3/8", " ::ffff:10.0.0.0/104");
	CIDR("0.0.0.0/0", " ::ffff:0.0.0.0/96");
	CIDR("::1", " ::1/128");
	CIDR("fd00:1234::5/12,::/0", " fd00::/12 ::/0");
	CIDR("::ffff:192.168.7.9/112", " ::ffff:192.168.0.0/112");
	CIDR("10.0.0.0/33", "! behind the / of '10.0.0.0/33' goes a number up to 32");
	CIDR("::/129", "! behind the / of '::/129' goes a number up to 128");
	CIDR("10.0.0.0/", "! behind the / of '10.0.0.0/' goes a number up to 32");
	CIDR("10.0.0.0/8/8", "! behind the / of '10.0.0.0/8/8' goes a number up to 32");
	CIDR("10.0.0", "! '10.0.0' is not an address (addresses are written 10.0.0.0/8, 127.0.0.1, "
		       "fd00::/8)");
	CIDR("localhost", "! 'localhost' is not an address (addresses are written 10.0.0.0/8, "
			  "127.0.0.1, fd00::/8)");
	CIDR("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000",
	     "! '1111:2222:3333:4444:5555:6666:7777:8888:9999:0000' is not an address");
}

TEST(accel_config_uids)
{
	USER("0,1000", " uid=0 uid=1000");
	USER("www-data, nobody", " uid=33 uid=65534");
	USER("4294967294", " uid=4294967294");
	USER("4294967295", "! '4294967295' is not a user");
	USER("rot", "! 'rot' is not a user (did you mean 'root'?)");
	USER("broken", "! 'broken' is not a user");
	USER("bad", "! 'bad' is not a user");
}

TEST(accel_config_comms)
{
	COMM("haproxy, Web Content,kworker/u",
	     "! 'kworker/u' is not the name of a program (names are "
	     "those in /proc/PID/comm, without a folder)");
	COMM("haproxy, Web Content", " -haproxy -Web Content");
	COMM("fifteen-letters", " -fifteen-letters");
	COMM("sixteen-letters-", "! the name of a program has at most 15 bytes "
				 "(the kernel calls this one 'sixteen-letters')");
	COMM("none", " alone");
	COMM("none,a", " -a alone");
}

TEST(accel_config_bytes)
{
	LIMIT("4096", " limit=4096");
	LIMIT("64k", " limit=65536");
	LIMIT("8M", " limit=8388608");
	LIMIT("1G", " limit=1073741824");
	LIMIT("4095", "! '4095' is too small: from 4K to 1G may be");
	LIMIT("2G", "! '2G' is too large: from 4K to 1G may be");
	LIMIT("17179869183G", "! '17179869183G' is too large: from 4K to 1G may be");
	LIMIT("17179869184G",
	      "! '17179869184G' is not a number of bytes (it may end with K, M or G, as "
	      "in 8M)");
	LIMIT("M", "! 'M' is not a number of bytes (it may end with K, M or G, as in 8M)");
	LIMIT("8MB", "! '8MB' is not a number of bytes (it may end with K, M or G, as in 8M)");
	LIMIT("", "! '' is not a number of bytes (it may end with K, M or G, as in 8M)");
	BUDGET("1024G", " budget=1099511627776");
	BUDGET("4K", "! '4K' is too small: from 64K to 1024G may be");
}

TEST(accel_config_file)
{
	FILE_("", "");
	FILE_("# only\n\n  \t# comments\n", "");
	FILE_("port = 80, 443\nport=8080 # more\nuid = root\r\n  limit=1M\nbudget = 1G\n"
	      "cgroup = /sys/fs/cgroup/a#b c\nexclude-comm = x\ncidr = ::1",
	      " cgroup=/sys/fs/cgroup/a#b c 80 443 8080 ::1/128 uid=0 -x limit=1048576 "
	      "budget=1073741824");
}

TEST(accel_config_file_mistakes_have_their_place)
{
	FILE_("\nprot = 80\n", "! 2:1+4 unknown setting 'prot' (did you mean 'port'?)");
	FILE_("entirely = 80\n", "! 1:1+8 unknown setting 'entirely'");
	FILE_("# x\n\tport = 80, 8x0 # y", "! 2:13+3 '8x0' is not a port");
	FILE_("port = 80,, 90\n", "! 1:11+0 an entry of the list is empty");
	FILE_("limit = 1M\nlimit = 2M\n", "! 2:1+5 'limit' is given a second time");
	FILE_("port\n",
	      "! 1:1+4 there is no '=' in this line (settings are written: port = 80, 443)");
	FILE_("port = # none\n",
	      "! 1:1+4 'port' has no value (leave the line out for what is usual)");
	FILE_("= 5\n", "! 1:1+0 unknown setting ''");
	FILE_("limit = 8 M\n",
	      "! 1:9+3 '8 M' is not a number of bytes (it may end with K, M or G, as in "
	      "8M)");
}

TEST(accel_config_file_tells_all_mistakes)
{
	static const char text[] = "port = x,y\n\0\nprt = 5\ncidr = z\nport = 80\n";
	struct accel_config c = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = { .arena = &a, .diag = &d };
	CHECK_EQ(accel_config_read(&r, &c, text, sizeof(text) - 1), -EINVAL);
	CHECK_EQ(d.items.n, 5);
	CHECK_STR(d.items.at[2].text, "this is not text");
	CHECK_EQ(c.ports.n, 1);
	arena_done(&a);
}

TEST(accel_config_options_are_stronger_than_the_file)
{
	struct accel_config file = { 0 }, line = { 0 };
	struct buf got = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct accel_config_reader r = { .arena = &a, .diag = &d };
	const char *text =
		"port = 1,2\ncgroup = /a\nlimit = 1M\nexclude-comm = x\nuid = 7\ncidr = ::1";
	CHECK_EQ(accel_config_read(&r, &file, text, strlen(text)), 0);
	CHECK_EQ(accel_config_set(&r, &line, ACCEL_SET_PORT, "3", LOC_NONE), 0);
	CHECK_EQ(accel_config_set(&r, &line, ACCEL_SET_LIMIT, "2M", LOC_NONE), 0);
	CHECK_EQ(accel_config_set(&r, &line, ACCEL_SET_EXCLUDE_COMM, "none", LOC_NONE), 0);
	accel_config_override(&file, &line);
	show(&got, &file);
	CHECK_STR(buf_str(&got), " cgroup=/a 3 ::1/128 uid=7 alone limit=2097152");
	buf_done(&got);
	arena_done(&a);
}
