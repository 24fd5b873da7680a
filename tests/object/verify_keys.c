// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Look-ups in arrays by keys that are known: what is there by its key is not NULL, as far as the kernel knows. A name begins with what the verifier
 * has to say of it where the kernel knows keys; where it does not, all of them are rejected.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ENTRIES 5

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, int);
	__type(value, long);
} array SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, int);
	__type(value, long);
} percpu SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, int);
	__type(value, long);
} hash SEC(".maps");

/* Stores by themselves, as compilers make others of them. Then r2 is the key's place, and what is found is read. */
#define LOOKUP(name, map, store, at)                                                               \
	SEC("tc") __attribute__((naked)) int name(struct __sk_buff *s)                             \
	{                                                                                          \
		asm volatile(store "r2 = r10\n"                                                    \
				   "r2 += " #at "\n"                                               \
				   "r1 = %[map_] ll\n"                                             \
				   "call 1\n"                                                      \
				   "r0 = *(u64 *)(r0 + 0)\n"                                       \
				   "r0 = 0\n"                                                      \
				   "exit\n" ::[map_] "i"(&map)                                     \
			     : "memory");                                                          \
	}
#define STORE(size, at, number) "r3 = " #number "\n*(" #size " *)(r10 " #at ") = r3\n"

LOOKUP(ok__one, array, STORE(u32, -8, 1), -8)
LOOKUP(ok__last, array, STORE(u32, -8, 4), -8)
LOOKUP(ok__zero, array, STORE(u32, -8, 0), -8)
LOOKUP(ok__zero_above, array, STORE(u32, -4, 0), -4)
LOOKUP(ok__zero_of_bytes_above, array, STORE(u16, -4, 0) STORE(u16, -2, 0), -4)
LOOKUP(ok__above_in_a_zero, array, STORE(u64, -8, 0), -4)
LOOKUP(ok__each_cpu, percpu, STORE(u32, -16, 3), -16)
LOOKUP(null_pointer__behind_the_last, array, STORE(u32, -8, 5), -8)
LOOKUP(null_pointer__negative, array, STORE(u32, -8, -1), -8)
LOOKUP(null_pointer__one_above, array, STORE(u32, -4, 1), -4)
LOOKUP(null_pointer__in_a_long_zero, array, STORE(u64, -8, 0), -8)
LOOKUP(null_pointer__in_a_long_one, array, STORE(u64, -8, 1), -8)
LOOKUP(null_pointer__of_two_halves, array, STORE(u16, -8, 1) STORE(u16, -6, 0), -8)
LOOKUP(null_pointer__of_two_zeroes, array, STORE(u16, -8, 0) STORE(u16, -6, 0), -8)
LOOKUP(null_pointer__written_over, array, STORE(u32, -8, 1) STORE(u32, -4, 1), -8)
LOOKUP(null_pointer__of_a_hash, hash, STORE(u32, -8, 1), -8)
LOOKUP(null_pointer__not_known, array, "r3 = *(u32 *)(r1 + 0)\n*(u32 *)(r10 - 8) = r3\n", -8)

char _license[] SEC("license") = "GPL";
