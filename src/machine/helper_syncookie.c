/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies: the number that a SYN is answered with, from which the ACK behind it shows that somebody had the answer. As the kernel's,
 *
 *	cookie = hash(addresses, ports) + sequence number + (minutes << 24) + ((hash(addresses, ports, minutes) + mss) & 0xffffff)
 *
 * where mss is an index into a table. The kernel's secret is chosen by chance; the machine's is always the same, as all its chance is, so
 * that runs can be repeated. What is generated in one run is checked in others.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "isa/helper.h"
#include "machine/helper.h"
#include "machine/machine.h"
#include "machine/sock.h"
#include "machine/timer.h"

#define SECRET_1 0x8ebc6af09c88c6e3ull
#define SECRET_2 0x589965cc75374cc3ull
#define MINUTE 60000000000ull
#define MAX_AGE 2 /* minutes that a cookie counts */
#define DATA_BITS 24
#define DATA_MASK ((1u << DATA_BITS) - 1)
#define MSS_OPTION 2
#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define TCP_BYTES 20u

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* What a cookie is about. */
struct flow {
	u64 words[5]; /* addresses, and the ports behind them */
	u32 sequence;
};

static u16 get16(const u8 *at)
{
	return (u16)(at[0] << 8 | at[1]);
}

static u32 get32(const u8 *at)
{
	return (u32)get16(at) << 16 | get16(at + 2);
}

static struct flow flow_of(const u8 *ip, const u8 *tcp, bool is_v4)
{
	struct flow f = { .sequence = get32(tcp + 4) };

	memcpy(f.words, ip + (is_v4 ? 12 : 8), is_v4 ? 8 : 32);
	memcpy(&f.words[4], tcp, 4);
	return f;
}

static u64 mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static u32 hash(const struct flow *f, u32 minutes, bool is_second)
{
	u64 sum = is_second ? SECRET_2 : SECRET_1;

	for (u32 i = 0; i < ARRAY_SIZE(f->words); i++)
		sum = mix(sum ^ f->words[i], SECRET_1);
	sum = mix(sum ^ minutes, SECRET_2);
	return (u32)(sum ^ sum >> 32);
}

static u32 minutes_of(const struct run *run)
{
	return (u32)(run_clock(run, CLOCK_MONOTONIC) / MINUTE);
}

/* Of the kernel's tables for either family; 0 behind the end. */
static u16 mss_at(bool is_v4, u32 index)
{
	static const u16 v4[] = { 536, 1300, 1440, 1460 }, v6[] = { 1220, 1420, 1440, 8940 };

	return index >= ARRAY_SIZE(v4) ? 0 : is_v4 ? v4[index] : v6[index];
}

/* The option of a header of this length, 0 if there is none. */
static u16 mss_option(const u8 *tcp, u32 len)
{
	const u8 *at = tcp + TCP_BYTES, *end = tcp + len;
	u16 mss = 0;

	while (at < end && *at) {
		if (*at == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			break;
		if (at[0] == MSS_OPTION && at[1] == 4 && get16(at + 2))
			mss = get16(at + 2);
		at += at[1];
	}
	return mss;
}

/* With the size of segments in the upper half, as helpers return it. */
static u64 generate(const struct run *run, const u8 *ip, const u8 *tcp, u32 tcp_len, bool is_v4)
{
	struct flow f = flow_of(ip, tcp, is_v4);
	u32 minutes = minutes_of(run), index = 3, cookie;
	u16 mss = mss_option(tcp, tcp_len);

	if (!mss)
		mss = mss_at(is_v4, 0);
	while (index && mss < mss_at(is_v4, index))
		index--;
	cookie = hash(&f, 0, false) + f.sequence + (minutes << DATA_BITS) +
		 ((hash(&f, minutes, true) + index) & DATA_MASK);
	return cookie | (u64)mss_at(is_v4, index) << 32;
}

/* Whether an ACK acknowledges a cookie of the last minutes. */
static bool check(const struct run *run, const u8 *ip, const u8 *tcp, bool is_v4)
{
	struct flow f = flow_of(ip, tcp, is_v4);
	u32 minutes = minutes_of(run), cookie = get32(tcp + 8) - 1, age;

	f.sequence--;
	cookie -= hash(&f, 0, false) + f.sequence;
	age = (minutes - (cookie >> DATA_BITS)) & (UINT32_MAX >> DATA_BITS);
	return age < MAX_AGE && mss_at(is_v4, (cookie - hash(&f, minutes - age, true)) & DATA_MASK);
}

static u32 header_bytes(const u8 *tcp)
{
	return (u32)(tcp[12] >> 4) * 4;
}

static u64 generate_raw(const struct run *run, u64 ip, u64 tcp, u32 len, bool is_v4)
{
	if (len < TCP_BYTES || len != header_bytes(helper_at(tcp)))
		return helper_error(-EINVAL);
	return generate(run, helper_at(ip), helper_at(tcp), len, is_v4);
}

HELP(tcp_raw_gen_syncookie_ipv4)
{
	return generate_raw(run, a, b, (u32)c, true);
}

HELP(tcp_raw_gen_syncookie_ipv6)
{
	return generate_raw(run, a, b, (u32)c, false);
}

HELP(tcp_raw_check_syncookie_ipv4)
{
	return helper_error(check(run, helper_at(a), helper_at(b), true) ? 0 : -EACCES);
}

HELP(tcp_raw_check_syncookie_ipv6)
{
	return helper_error(check(run, helper_at(a), helper_at(b), false) ? 0 : -EACCES);
}

/* ---- of sockets that listen, which send cookies always here: there is no queue that could be full */

static struct sock *listener(const struct run *run, u64 address)
{
	struct sock *s = helper_sock(run, address);

	return s && s->view.protocol == IPPROTO_TCP && s->view.state == BPF_TCP_LISTEN ? s : NULL;
}

/* Which version the header is of, if the socket is for it; -errno. */
static int version_of(const struct sock *s, const u8 *ip, u32 len)
{
	bool is_v6 = s->view.family == AF_INET6;

	if (len < IPV4_BYTES)
		return -EINVAL;
	switch (ip[0] >> 4) {
	case 4:
		return is_v6 && s->is_v6only ? -EINVAL : 4;
	case 6:
		return len < IPV6_BYTES || !is_v6 ? -EINVAL : 6;
	default:
		return -EPROTONOSUPPORT;
	}
}

HELP(tcp_gen_syncookie)
{
	struct sock *s = listener(run, a);
	const u8 *ip = helper_at(b), *tcp = helper_at(d);
	int version;

	if (!s || (u32)e < TCP_BYTES || (u32)e != header_bytes(tcp) ||
	    (tcp[13] & (SYN | ACK | FIN | RST)) != SYN)
		return helper_error(-EINVAL);
	version = version_of(s, ip, (u32)c);
	if (version < 0)
		return helper_error(version);
	s->sends_cookies = true;
	s->last_cookie = run_clock(run, CLOCK_MONOTONIC);
	return generate(run, ip, tcp, (u32)e, version == 4);
}

/* One that has not sent any of late is not asked. */
static bool is_recent(const struct run *run, const struct sock *s)
{
	u64 now = run_clock(run, CLOCK_MONOTONIC);

	return s->sends_cookies &&
	       (now < s->last_cookie || now - s->last_cookie <= MAX_AGE * MINUTE);
}

HELP(tcp_check_syncookie)
{
	const struct sock *s = listener(run, a);
	const u8 *ip = helper_at(b), *tcp = helper_at(d);
	int version;

	if (!s || (u32)e < TCP_BYTES)
		return helper_error(-EINVAL);
	if ((tcp[13] & (SYN | ACK | RST)) != ACK)
		return helper_error(-ENOENT);
	if ((u32)c < IPV4_BYTES)
		return helper_error(-EINVAL);
	if (!is_recent(run, s))
		return helper_error(-ENOENT);
	version = version_of(s, ip, (u32)c);
	if (version < 0)
		return helper_error(version);
	return helper_error(check(run, ip, tcp, version == 4) ? 0 : -ENOENT);
}
