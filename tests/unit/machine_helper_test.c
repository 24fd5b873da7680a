/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers, called as programs call them: by run_find_helper() and numbers of the table. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "isa/helper.h"
#include "machine/machine.h"
#include "machine/packet.h"
#include "unit/machine_maps.h"
#include "unit/test.h"

#define P(x) ((u64)(uintptr_t)(x))

static struct run *the_run(void)
{
	struct run *r = run_new(NULL, 0);

	r->task = (struct run_task){ 11, 22, 33, 44, "worker", 55 };
	return r;
}

static s64 call(struct run *r, u32 number, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	run_helper f = run_find_helper(number);

	if (!f) {
		test_fail(__FILE__, __LINE__, "there is no %s", helper_name(number));
		return 0;
	}
	return (s64)f(a, b, c, d, e, r);
}

/* The table's word for what there is, and what there is. */
TEST(machine_helper_table)
{
	for (u32 n = 0; n < HELPER_NUMBERS; n++) {
		const struct helper_info *info = helper_info(n);
		bool says = info && info->flags & HELPER_IN_MACHINE;

		if (says != !!run_find_helper(n))
			test_fail(__FILE__, __LINE__, "%s", helper_name(n));
	}
	CHECK(!run_find_helper(UINT32_MAX));
}

TEST(machine_helper_task)
{
	struct run *r = the_run();
	char comm[16];

	CHECK_EQ(call(r, HELPER_get_current_pid_tgid, 0, 0, 0, 0, 0), 22ull << 32 | 11);
	CHECK_EQ(call(r, HELPER_get_current_uid_gid, 0, 0, 0, 0, 0), 44ull << 32 | 33);
	CHECK_EQ(call(r, HELPER_get_current_cgroup_id, 0, 0, 0, 0, 0), 55);
	CHECK_EQ(call(r, HELPER_get_current_comm, P(comm), 4, 0, 0, 0), 0);
	CHECK_STR(comm, "wor");
	CHECK_EQ(call(r, HELPER_get_current_comm, P(comm), 16, 0, 0, 0), 0);
	CHECK_STR(comm, "worker");
	r->now = 12345;
	CHECK_EQ(call(r, HELPER_ktime_get_ns, 0, 0, 0, 0, 0), 12345);
	r->now = 0;
	CHECK(call(r, HELPER_ktime_get_boot_ns, 0, 0, 0, 0, 0) > 0);
	CHECK((u64)call(r, HELPER_get_prandom_u32, 0, 0, 0, 0, 0) <= UINT32_MAX);
	run_free(r);
}

/* Of what there is none of here: stacks, sockets, attachments. */
TEST(machine_helper_absent)
{
	struct run *r = the_run();
	u64 stack[4] = { 1, 1, 1, 1 };

	CHECK_EQ(call(r, HELPER_get_stackid, 0, 0, BPF_F_USER_STACK, 0, 0), -EFAULT);
	CHECK_EQ(call(r, HELPER_get_stackid, 0, 0, 1 << 12, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_get_stack, 0, P(stack), 24, 0, 0), -EFAULT);
	CHECK(!stack[0] && !stack[2] && stack[3] == 1);
	CHECK_EQ(call(r, HELPER_get_stack, 0, P(stack), 12, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_get_task_stack, 0, P(stack), 32, BPF_F_USER_BUILD_ID, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_get_attach_cookie, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_get_socket_cookie, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_get_socket_uid, 0, 0, 0, 0, 0), 65534);
	CHECK_EQ(call(r, HELPER_skb_set_tunnel_key, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_skb_ecn_set_ce, 0, 0, 0, 0, 0), 0);
	run_free(r);
}

/* What is for a context of another type finds none, and touches nothing. */
TEST(machine_helper_of_other_programs)
{
	struct run *r = the_run();
	u8 option[4] = { 2, 4 };

	CHECK_EQ(call(r, HELPER_sock_ops_cb_flags_set, 0, 1, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_load_hdr_opt, 0, P(option), 4, BPF_LOAD_HDR_OPT_TCP_SYN, 0),
		 -EINVAL);
	CHECK_EQ(call(r, HELPER_store_hdr_opt, 0, P(option), 4, 0, 0), -EPERM);
	CHECK_EQ(call(r, HELPER_reserve_hdr_opt, 0, 4, 0, 0, 0), -EPERM);
	CHECK_EQ(call(r, HELPER_msg_pull_data, 0, 0, 1, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_msg_push_data, 0, 0, 1, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_msg_pop_data, 0, 0, 1, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_sk_assign, 0, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_sysctl_get_current_value, 0, P(option), 4, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_sysctl_set_new_value, 0, P(option), 4, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_setsockopt, 0, 1, 9, P(option), 4), -EINVAL);
	CHECK_EQ(call(r, HELPER_bind, 0, P(option), 4, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_check_mtu, 0, 0, P(option), 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_skb_change_proto, 0, 0xdd86, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_lwt_push_encap, 0, 2, P(option), 4, 0), -EINVAL);
	run_free(r);
}

TEST(machine_helper_retval)
{
	struct run *r = the_run();

	CHECK_EQ(call(r, HELPER_get_retval, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_set_retval, (u64)-EPERM, 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_get_retval, 0, 0, 0, 0, 0), -EPERM);
	run_begin(r);
	CHECK_EQ(call(r, HELPER_get_retval, 0, 0, 0, 0, 0), 0);
	run_free(r);
}

TEST(machine_helper_reads_of_memory)
{
	struct run *r = the_run();
	char from[] = "some text", to[16];
	long page = sysconf(_SC_PAGESIZE);
	u8 *gap = mmap(NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(call(r, HELPER_probe_read_kernel, P(to), 10, P(from), 0, 0), 0);
	CHECK_STR(to, "some text");
	memset(to, 1, sizeof(to));
	CHECK_EQ(call(r, HELPER_probe_read_user, P(to), 8, 16, 0, 0), -EFAULT);
	CHECK(!to[0] && !to[7] && to[8] == 1);
	CHECK_EQ(call(r, HELPER_probe_read_kernel, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_probe_read_kernel_str, P(to), 16, P(from), 0, 0), 10);
	CHECK_EQ(call(r, HELPER_probe_read_kernel_str, P(to), 5, P(from), 0, 0), 5);
	CHECK_STR(to, "some");
	CHECK_EQ(call(r, HELPER_probe_read_user_str, P(to), 16, 16, 0, 0), -EFAULT);
	/* A string that ends where its page does, with nothing behind. */
	mprotect(gap + page, (size_t)page, PROT_NONE);
	strcpy((char *)gap + page - 5, "last");
	CHECK_EQ(call(r, HELPER_probe_read_user_str, P(to), 16, P(gap + page - 5), 0, 0), 5);
	CHECK_STR(to, "last");
	gap[page - 1] = 'x';
	CHECK_EQ(call(r, HELPER_probe_read_user_str, P(to), 16, P(gap + page - 5), 0, 0), -EFAULT);
	munmap(gap, (size_t)(2 * page));
	run_free(r);
}

static void expect_format(const char *format, u64 a, u64 b, u64 c, s64 result, const char *text)
{
	u64 args[3] = { a, b, c };
	struct run *r = the_run();
	char out[128] = "";

	CHECK_EQ(call(r, HELPER_snprintf, P(out), sizeof(out), P(format), P(args), sizeof(args)),
		 result < 0 ? result : result + 1);
	if (result >= 0)
		CHECK_STR(out, text);
	run_free(r);
}

TEST(machine_helper_formats)
{
	u8 v4[] = { 192, 168, 0, 1 }, v6[16] = { 0x20, 1, [15] = 9 };

	expect_format("%d %u %x", (u32)-5, (u32)-1, 255, 16, "-5 4294967295 ff");
	expect_format("%lld %llx %ld", (u64)-5, UINT64_MAX, 7, 21, "-5 ffffffffffffffff 7");
	expect_format("%hhd|%hu|%c", 0x1ff, 0x12345, 'x', 9, "-1|9029|x");
	expect_format("%5d|%-5d|%05d", 42, 42, 42, 17, "   42|42   |00042");
	expect_format("%s and %pks%%", P("one"), P("two"), 0, 12, "one and two%");
	expect_format("%pI4 %pi4", P(v4), P(v4), 0, 27, "192.168.0.1 192.168.000.001");
	expect_format("%pI6", P(v6), 0, 0, 39, "2001:0000:0000:0000:0000:0000:0000:0009");
	expect_format("%p", 0x10, 0, 0, 4, "0x10");
	expect_format("no conversion", 0, 0, 0, 13, "no conversion");
	expect_format("%q", 0, 0, 0, -EINVAL, "");
	expect_format("%", 0, 0, 0, -EINVAL, "");
	expect_format("%d %d %d %d", 0, 0, 0, -EINVAL, "");
}

TEST(machine_helper_prints)
{
	static const char format[] = "pid %d\n";
	struct buf trace = { 0 };
	struct run *r = the_run();
	char small[4];
	u64 arg = 123456;

	r->trace = &trace;
	CHECK_EQ(call(r, HELPER_trace_printk, P(format), sizeof(format), 7, 0, 0), 6);
	CHECK_EQ(call(r, HELPER_trace_vprintk, P(format), sizeof(format), P(&arg), 8, 0), 11);
	CHECK_EQ(call(r, HELPER_trace_printk, P("bare"), 5, 0, 0, 0), 4);
	CHECK_STR(buf_str(&trace), "pid 7\npid 123456\nbare\n");
	CHECK_EQ(call(r, HELPER_trace_printk, P(format), 3, 7, 0, 0), -EINVAL);
	/* What found no room counts all the same. */
	CHECK_EQ(call(r, HELPER_snprintf, P(small), 4, P("%d"), P(&arg), 8), 7);
	CHECK_STR(small, "123");
	buf_done(&trace);
	run_free(r);
}

static void expect_number(const char *text, u64 flags, s64 result, s64 value)
{
	struct run *r = the_run();
	s64 got = 4711;

	CHECK_EQ(call(r, HELPER_strtol, P(text), strlen(text), flags, P(&got), 0), result);
	CHECK_EQ(got, result < 0 ? 4711 : value);
	run_free(r);
}

TEST(machine_helper_numbers)
{
	struct run *r = the_run();
	u64 got = 0;

	expect_number("42", 0, 2, 42);
	expect_number("  -42x", 10, 5, -42);
	expect_number("0x1f", 0, 4, 31);
	expect_number("1f", 16, 2, 31);
	expect_number("017", 0, 3, 15);
	expect_number("9223372036854775807", 0, 19, INT64_MAX);
	expect_number("-9223372036854775808", 0, 20, INT64_MIN);
	expect_number("9223372036854775808", 0, -ERANGE, 0);
	expect_number("99999999999999999999", 0, -ERANGE, 0);
	expect_number("x", 0, -EINVAL, 0);
	expect_number("", 0, -EINVAL, 0);
	expect_number("1", 7, -EINVAL, 0);
	CHECK_EQ(call(r, HELPER_strtoul, P("18446744073709551615"), 20, 0, P(&got), 0), 20);
	CHECK(got == UINT64_MAX);
	CHECK_EQ(call(r, HELPER_strtoul, P("-1"), 2, 0, P(&got), 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_strncmp, P("abc"), 3, P("abd"), 0, 0) < 0, 1);
	CHECK_EQ(call(r, HELPER_strncmp, P("abc"), 2, P("abd"), 0, 0), 0);
	run_free(r);
}

TEST(machine_helper_maps)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, 2, 0);
	struct map *m = maps_make(&spec);
	struct run *r = the_run();
	u32 key = 1;
	u64 value = 5, *at;

	CHECK_EQ(call(r, HELPER_map_lookup_elem, P(m), P(&key), 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_map_update_elem, P(m), P(&key), P(&value), BPF_EXIST, 0), -ENOENT);
	CHECK_EQ(call(r, HELPER_map_update_elem, P(m), P(&key), P(&value), BPF_ANY, 0), 0);
	CHECK_EQ(call(r, HELPER_map_update_elem, P(m), P(&key), P(&value), BPF_NOEXIST, 0),
		 -EEXIST);
	at = (u64 *)(uintptr_t)call(r, HELPER_map_lookup_elem, P(m), P(&key), 0, 0, 0);
	CHECK(at && *at == 5);
	CHECK_EQ(call(r, HELPER_map_delete_elem, P(m), P(&key), 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_map_delete_elem, P(m), P(&key), 0, 0, 0), -ENOENT);
	map_put(m);
	spec = maps_spec(BPF_MAP_TYPE_STACK, 0, 8, 1, 0);
	m = maps_make(&spec);
	CHECK_EQ(call(r, HELPER_map_push_elem, P(m), P(&value), 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_map_push_elem, P(m), P(&value), 0, 0, 0), -E2BIG);
	value = 0;
	CHECK_EQ(call(r, HELPER_map_peek_elem, P(m), P(&value), 0, 0, 0), 0);
	CHECK_EQ(value, 5);
	CHECK_EQ(call(r, HELPER_map_pop_elem, P(m), P(&value), 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_map_pop_elem, P(m), P(&value), 0, 0, 0), -ENOENT);
	map_put(m);
	run_free(r);
}

static int count_records(void *arg, u32 cpu, const void *data, size_t len)
{
	(void)cpu;
	CHECK_EQ(len, 8);
	*(u64 *)arg += *(const u64 *)data;
	return 0;
}

TEST(machine_helper_records)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct map *m = maps_make(&spec);
	struct run *r = the_run();
	struct bpf_dynptr ptr;
	u64 value = 7, sum = 0, *at;

	CHECK_EQ(call(r, HELPER_ringbuf_output, P(m), P(&value), 8, 0, 0), 0);
	at = (u64 *)(uintptr_t)call(r, HELPER_ringbuf_reserve, P(m), 8, 0, 0, 0);
	CHECK(at != NULL);
	*at = 30;
	call(r, HELPER_ringbuf_submit, P(at), 0, 0, 0, 0);
	at = (u64 *)(uintptr_t)call(r, HELPER_ringbuf_reserve, P(m), 8, 0, 0, 0);
	*at = 1000;
	call(r, HELPER_ringbuf_discard, P(at), 0, 0, 0, 0);
	CHECK_EQ(call(r, HELPER_ringbuf_reserve, P(m), 1 << 20, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_ringbuf_reserve_dynptr, P(m), 8, 0, P(&ptr), 0), 0);
	value = 400;
	CHECK_EQ(call(r, HELPER_dynptr_write, P(&ptr), 0, P(&value), 8, 0), 0);
	CHECK_EQ(call(r, HELPER_dynptr_write, P(&ptr), 1, P(&value), 8, 0), -E2BIG);
	call(r, HELPER_ringbuf_submit_dynptr, P(&ptr), 0, 0, 0, 0);
	CHECK_EQ(call(r, HELPER_dynptr_read, P(&value), 8, P(&ptr), 0, 0), -EINVAL);
	CHECK_EQ(map_ring_consume(m, count_records, &sum), 3);
	CHECK_EQ(sum, 437);
	map_put(m);
	run_free(r);
}

TEST(machine_helper_dynptrs)
{
	char memory[16] = "0123456789", to[4];
	struct run *r = the_run();
	struct bpf_dynptr ptr;

	CHECK_EQ(call(r, HELPER_dynptr_from_mem, P(memory), 16, 1, P(&ptr), 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_dynptr_from_mem, P(memory), 1 << 24, 0, P(&ptr), 0), -E2BIG);
	CHECK_EQ(call(r, HELPER_dynptr_from_mem, P(memory), 16, 0, P(&ptr), 0), 0);
	CHECK_EQ(call(r, HELPER_dynptr_read, P(to), 4, P(&ptr), 3, 0), 0);
	CHECK(!memcmp(to, "3456", 4));
	CHECK_EQ(call(r, HELPER_dynptr_read, P(to), 4, P(&ptr), 13, 0), -E2BIG);
	CHECK_EQ(call(r, HELPER_dynptr_data, P(&ptr), 2, 14, 0, 0), P(memory + 2));
	CHECK_EQ(call(r, HELPER_dynptr_data, P(&ptr), 3, 14, 0, 0), 0);
	run_free(r);
}

/* ---- packets */

static const u8 frame[64] = {
	1, 2, 3, 4,  5,  6, 7, 8,  9, 10, 11, 12, 0x08, 0, 0x45, 0, 0,  50, 0,
	1, 0, 0, 64, 17, 0, 0, 10, 0, 0,  1,  10, 0,    0, 2,    0, 53, 0,  53
};

static struct packet *enter(enum packet_kind kind, struct run *r)
{
	struct arena arena;
	struct packet *p;
	struct diag d;
	size_t size;

	arena_init(&arena);
	diag_init(&d, &arena);
	p = packet_new(kind, &d);
	CHECK(p != NULL);
	if (p) {
		packet_set(p, frame, sizeof(frame));
		packet_enter(p, r, &size);
	}
	arena_done(&arena);
	return p;
}

TEST(machine_helper_xdp)
{
	struct run *r = the_run();
	struct packet *p = enter(PACKET_XDP, r);
	u8 bytes[4];

	if (!p)
		return;
	CHECK_EQ(p->xdp.data_end - p->xdp.data, 64);
	CHECK_EQ(call(r, HELPER_xdp_get_buff_len, P(&p->xdp), 0, 0, 0, 0), 64);
	CHECK_EQ(call(r, HELPER_xdp_load_bytes, P(&p->xdp), 12, P(bytes), 2, 0), 0);
	CHECK_EQ(bytes[0], 8);
	CHECK_EQ(call(r, HELPER_xdp_load_bytes, P(&p->xdp), 61, P(bytes), 4, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_xdp_adjust_head, P(&p->xdp), 14, 0, 0, 0), 0);
	CHECK_EQ(packet_len(p), 50);
	CHECK_EQ(packet_data(p)[0], 0x45);
	CHECK_EQ(call(r, HELPER_xdp_adjust_head, P(&p->xdp), (u64)-4, 0, 0, 0), 0);
	CHECK_EQ(packet_data(p)[3], 0);
	CHECK_EQ(call(r, HELPER_xdp_adjust_head, P(&p->xdp), (u64)-300, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_xdp_adjust_head, P(&p->xdp), 41, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_xdp_adjust_tail, P(&p->xdp), 10, 0, 0, 0), 0);
	CHECK_EQ(packet_len(p), 64);
	CHECK_EQ(packet_data(p)[63], 0);
	CHECK_EQ(call(r, HELPER_xdp_adjust_tail, P(&p->xdp), (u64)-51, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_xdp_adjust_meta, P(&p->xdp), (u64)-6, 0, 0, 0), -EACCES);
	CHECK_EQ(call(r, HELPER_xdp_adjust_meta, P(&p->xdp), (u64)-8, 0, 0, 0), 0);
	CHECK_EQ(p->xdp.data - p->xdp.data_meta, 8);
	memset((void *)(uintptr_t)p->xdp.data_meta, 7, 8);
	CHECK_EQ(call(r, HELPER_xdp_adjust_head, P(&p->xdp), (u64)-4, 0, 0, 0), 0);
	CHECK_EQ(*(u8 *)(uintptr_t)p->xdp.data_meta, 7);
	CHECK_EQ(call(r, HELPER_redirect, 9, 0, 0, 0, 0), XDP_REDIRECT);
	CHECK_EQ(r->redirect.ifindex, 9);
	CHECK_EQ(call(r, HELPER_redirect, 9, 1, 0, 0, 0), XDP_ABORTED);
	packet_free(p);
	run_free(r);
}

TEST(machine_helper_skb)
{
	struct run *r = the_run();
	struct packet *p = enter(PACKET_SKB, r);
	u8 bytes[4] = { 9, 9, 9, 9 };

	if (!p)
		return;
	CHECK_EQ(p->skb.len, 64);
	CHECK_EQ(p->skb.protocol, 0x0008);
	CHECK_EQ(call(r, HELPER_skb_load_bytes, P(&p->skb), 26, P(bytes), 4, 0), 0);
	CHECK(!memcmp(bytes, "\12\0\0\1", 4));
	CHECK_EQ(call(r, HELPER_skb_load_bytes, P(&p->skb), 62, P(bytes), 4, 0), -EFAULT);
	CHECK(!memcmp(bytes, "\0\0\0\0", 4));
	CHECK_EQ(call(r, HELPER_skb_load_bytes_relative, P(&p->skb), 0, P(bytes), 1,
		      BPF_HDR_START_NET),
		 0);
	CHECK_EQ(bytes[0], 0x45);
	bytes[0] = 200;
	CHECK_EQ(call(r, HELPER_skb_store_bytes, P(&p->skb), 33, P(bytes), 1, 0), 0);
	CHECK_EQ(packet_data(p)[33], 200);
	CHECK_EQ(call(r, HELPER_skb_store_bytes, P(&p->skb), 33, P(bytes), 1, 128), -EINVAL);
	CHECK_EQ(call(r, HELPER_skb_change_tail, P(&p->skb), 100, 0, 0, 0), 0);
	CHECK_EQ(p->skb.len, 100);
	CHECK_EQ(call(r, HELPER_skb_change_tail, P(&p->skb), 5, 0, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_skb_adjust_room, P(&p->skb), 8, BPF_ADJ_ROOM_NET, 0, 0), 0);
	CHECK_EQ(p->skb.len, 108);
	CHECK_EQ(packet_data(p)[14], 0x45);
	CHECK_EQ(packet_data(p)[34], 0);
	CHECK_EQ(packet_data(p)[43], 53);
	CHECK_EQ(call(r, HELPER_skb_adjust_room, P(&p->skb), (u64)-8, BPF_ADJ_ROOM_NET, 0, 0), 0);
	CHECK_EQ(packet_data(p)[35], 53);
	CHECK_EQ(call(r, HELPER_skb_vlan_push, P(&p->skb), 0x0081, 5, 0, 0), 0);
	CHECK_EQ(p->skb.vlan_tci, 5);
	CHECK_EQ(p->skb.len, 100);
	CHECK_EQ(call(r, HELPER_skb_vlan_push, P(&p->skb), 0x0081, 6, 0, 0), 0);
	CHECK_EQ(p->skb.len, 104);
	CHECK_EQ(packet_data(p)[12], 0x81);
	CHECK_EQ(packet_data(p)[15], 5);
	CHECK_EQ(call(r, HELPER_skb_vlan_pop, P(&p->skb), 0, 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_skb_vlan_pop, P(&p->skb), 0, 0, 0, 0), 0);
	CHECK_EQ(p->skb.len, 100);
	CHECK_EQ(p->skb.protocol, 0x0008);
	packet_free(p);
	run_free(r);
}

/* The checksum of the IPv4 header, by all ways, is that of the header as it is. */
static u16 header_sum(const u8 *h)
{
	u32 sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (u32)(h[i] << 8 | h[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)(sum + (sum >> 16));
}

TEST(machine_helper_checksums)
{
	struct run *r = the_run();
	struct packet *p = enter(PACKET_SKB, r);
	u32 from, to = 0x07060504;
	u16 old, now = 0x3412;
	s64 diff;
	u8 *ip;

	if (!p)
		return;
	ip = packet_data(p) + 14;
	old = (u16)~header_sum(ip);
	ip[10] = (u8)(old >> 8);
	ip[11] = (u8)old;
	CHECK_EQ(header_sum(ip), 0xffff);
	memcpy(&from, ip + 12, 4);
	memcpy(ip + 12, &to, 4);
	CHECK_EQ(call(r, HELPER_l3_csum_replace, P(&p->skb), 24, from, to, 4), 0);
	CHECK_EQ(header_sum(ip), 0xffff);
	memcpy(&old, ip + 4, 2);
	memcpy(ip + 4, &now, 2);
	CHECK_EQ(call(r, HELPER_l3_csum_replace, P(&p->skb), 24, old, now, 2), 0);
	CHECK_EQ(header_sum(ip), 0xffff);
	diff = call(r, HELPER_csum_diff, P(&to), 4, P(&from), 4, 0);
	memcpy(ip + 12, &from, 4);
	CHECK_EQ(call(r, HELPER_l4_csum_replace, P(&p->skb), 24, 0, (u64)diff, 0), 0);
	CHECK_EQ(header_sum(ip), 0xffff);
	CHECK_EQ(call(r, HELPER_csum_diff, P(&to), 3, P(&from), 4, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_l3_csum_replace, P(&p->skb), 25, from, to, 4), -EFAULT);
	CHECK_EQ(call(r, HELPER_l3_csum_replace, P(&p->skb), 24, from, to, 3), -EINVAL);
	/* UDP without a checksum stays so. */
	ip[26] = ip[27] = 0;
	CHECK_EQ(call(r, HELPER_l4_csum_replace, P(&p->skb), 40, from, to,
		      4 | BPF_F_MARK_MANGLED_0),
		 0);
	CHECK(!ip[26] && !ip[27]);
	packet_free(p);
	run_free(r);
}

/* A cookie counts for as long as the clock's minute is its own or the next. */
TEST(machine_helper_syn_cookies)
{
	u8 ip[40] = { [0] = 0x60, [30] = 1 }, tcp[24] = { 0x9c, 0x40, 0, 80, 0, 0, 0, 100 };
	struct run *r = the_run();
	u64 minute = 60000000000ull;
	s64 got;

	r->now = 7 * minute;
	tcp[12] = 6 << 4;
	memcpy(tcp + 20, "\x02\x04\x05\xa0", 4);
	CHECK_EQ(call(r, HELPER_tcp_raw_gen_syncookie_ipv4, P(ip), P(tcp), 20, 0, 0), -EINVAL);
	CHECK_EQ(call(r, HELPER_tcp_raw_gen_syncookie_ipv6, P(ip), 0, 0, 0, 0), -EINVAL);
	got = call(r, HELPER_tcp_raw_gen_syncookie_ipv6, P(ip), P(tcp), 24, 0, 0);
	CHECK_EQ(got >> 32, 1440);
	u32 ack = htonl((u32)got + 1), seq = htonl(101);
	memcpy(tcp + 4, &seq, 4);
	memcpy(tcp + 8, &ack, 4);
	CHECK_EQ(call(r, HELPER_tcp_raw_check_syncookie_ipv6, P(ip), P(tcp), 0, 0, 0), 0);
	CHECK_EQ(call(r, HELPER_tcp_raw_check_syncookie_ipv4, P(ip), P(tcp), 0, 0, 0), -EACCES);
	r->now = 9 * minute - 1;
	CHECK_EQ(call(r, HELPER_tcp_raw_check_syncookie_ipv6, P(ip), P(tcp), 0, 0, 0), 0);
	r->now = 9 * minute;
	CHECK_EQ(call(r, HELPER_tcp_raw_check_syncookie_ipv6, P(ip), P(tcp), 0, 0, 0), -EACCES);
	run_free(r);
}
