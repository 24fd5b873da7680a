/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs in sections that do not say what they are, as loaders have them that set it themselves. */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

SEC("filter")
int first_bytes(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	return data + 4 > end ? 0 : *(int *)data;
}

SEC("steering")
int by_hash(void *skb)
{
	return ((struct __sk_buff *)skb)->hash;
}
