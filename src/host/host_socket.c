/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that come to user space by themselves: those that a socket filter lets through, and those that XDP redirects to an
 * XSKMAP, for which there is a socket for each queue of the interface:
 *
 *	umem: FRAMES of FRAME bytes    fill ring: frames for the kernel    rx ring: frames with packets
 *
 * A frame goes from the fill ring to the rx ring and back; nothing is sent. Source: Documentation/networking/af_xdp.rst.
 */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/host_impl.h"

#define FRAME 4096u
#define FRAMES 1024u /* a power of two, and the size of the rings */
#define PACKETS_AT_ONCE 256
#define PACKET_BYTES 65536

struct xsk_ring {
	u32 *producer, *consumer;
	void *entries;
	void *mapped;
	size_t len;
};

struct host_xsk {
	int fd;
	u32 queue;
	u8 *umem;
	struct xsk_ring fill, rx;
	u64 dropped; /* that the kernel has told of */
};

/* ---- socket filters */

static void read_filtered(void *arg)
{
	struct host_source *s = arg;
	struct host *h = s->host;
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	ssize_t n;

	for (int i = 0; i < PACKETS_AT_ONCE &&
			(n = recv(s->socket, s->packet, PACKET_BYTES, MSG_DONTWAIT)) >= 0;
	     i++)
		h->sink->packet(h->sink->arg, NULL, 0, s->packet, (size_t)n);
	if (!getsockopt(s->socket, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		h->losses.packets += stats.tp_drops;
}

int host_socket_filter(struct host *h, const struct host_prog *p, struct diag *d)
{
	u32 ifindex = host_ifindex(h, "a socket filter", d);
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)ifindex };
	int prog = bpf_program__fd(p->prog), fd, err;
	struct host_source *s;

	if (!ifindex)
		return -EINVAL;
	/* Without a protocol nothing comes before the filter is there. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return host_link_failed(h, p, errno, d);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		err = errno;
		close(fd);
		return host_link_failed(h, p, err, d);
	}
	s = host_listen_add(h, NULL);
	s->socket = fd;
	s->packet = arena_alloc(&h->arena, PACKET_BYTES);
	host_hold(h, p, NULL, -1);
	err = h->loop ? loop_add_fd(h->loop, fd, read_filtered, s) : 0;
	return err ? diag_errno(d, -err, "the socket cannot be waited for") : 0;
}

/* ---- AF_XDP */

static int map_ring(struct xsk_ring *r, int fd, const struct xdp_ring_offset *off, size_t entry,
		    u64 at)
{
	r->len = off->desc + FRAMES * entry;
	r->mapped = mmap(NULL, r->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			 (off_t)at);
	if (r->mapped == MAP_FAILED) {
		r->mapped = NULL;
		return -errno;
	}
	r->producer = (u32 *)(void *)((u8 *)r->mapped + off->producer);
	r->consumer = (u32 *)(void *)((u8 *)r->mapped + off->consumer);
	r->entries = (u8 *)r->mapped + off->desc;
	return 0;
}

static int map_rings(struct host_xsk *x)
{
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);
	int err;

	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len))
		return -errno;
	err = map_ring(&x->fill, x->fd, &off.fr, sizeof(u64), XDP_UMEM_PGOFF_FILL_RING);
	return err ? err
		   : map_ring(&x->rx, x->fd, &off.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
}

static int set_size(int fd, int option)
{
	u32 size = FRAMES;

	return setsockopt(fd, SOL_XDP, option, &size, sizeof(size)) ? -errno : 0;
}

static int open_xsk(struct host_xsk *x, u32 ifindex)
{
	struct xdp_umem_reg umem = { .len = FRAMES * FRAME, .chunk_size = FRAME };
	struct sockaddr_xdp at = { .sxdp_family = AF_XDP,
				   .sxdp_flags = XDP_COPY,
				   .sxdp_ifindex = ifindex,
				   .sxdp_queue_id = x->queue };
	int err;

	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return -errno;
	x->umem = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (x->umem == MAP_FAILED) {
		x->umem = NULL;
		return -errno;
	}
	umem.addr = (u64)(uintptr_t)x->umem;
	if (setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)))
		return -errno;
	err = set_size(x->fd, XDP_UMEM_FILL_RING);
	if (!err)
		err = set_size(x->fd, XDP_UMEM_COMPLETION_RING);
	if (!err)
		err = set_size(x->fd, XDP_RX_RING);
	if (!err)
		err = map_rings(x);
	if (err)
		return err;
	for (u32 i = 0; i < FRAMES; i++)
		((u64 *)x->fill.entries)[i] = (u64)i * FRAME;
	__atomic_store_n(x->fill.producer, FRAMES, __ATOMIC_RELEASE);
	return bind(x->fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
}

static void read_xsk(void *arg)
{
	struct host_source *s = arg;
	struct host_xsk *x = s->xsk;
	struct host *h = s->host;
	struct xdp_statistics stats = { 0 };
	socklen_t len = sizeof(stats);
	u32 at = *x->rx.consumer, filled = *x->fill.producer;
	u32 end = __atomic_load_n(x->rx.producer, __ATOMIC_ACQUIRE);

	for (; at != end; at++) {
		const struct xdp_desc *desc =
			&((const struct xdp_desc *)x->rx.entries)[at & (FRAMES - 1)];

		h->sink->packet(h->sink->arg, s->map, x->queue, x->umem + desc->addr, desc->len);
		((u64 *)x->fill.entries)[filled++ & (FRAMES - 1)] = desc->addr & ~(u64)(FRAME - 1);
	}
	__atomic_store_n(x->rx.consumer, at, __ATOMIC_RELEASE);
	__atomic_store_n(x->fill.producer, filled, __ATOMIC_RELEASE);
	if (!getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &stats, &len)) {
		/* Where packets are copied, those that find no frame to fill are among the dropped. */
		u64 all = stats.rx_dropped + stats.rx_ring_full;

		h->losses.packets += all - x->dropped;
		x->dropped = all;
	}
}

/* Queues that packets come by. */
static u32 count_queues(const char *dev)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq request = { .ifr_data = (void *)&channels };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u32 n = 1;

	strncpy(request.ifr_name, dev, sizeof(request.ifr_name) - 1);
	if (fd >= 0 && !ioctl(fd, SIOCETHTOOL, &request))
		n = channels.rx_count + channels.combined_count;
	if (fd >= 0)
		close(fd);
	return n < 1 ? 1 : n > HOST_MAX_QUEUES ? HOST_MAX_QUEUES : n;
}

static int listen_to_queue(struct host *h, const struct image_map *m, int map, u32 queue,
			   struct loop *loop, struct diag *d)
{
	struct host_source *s = host_listen_add(h, m);
	int err;

	s->xsk = arena_new(&h->arena, struct host_xsk);
	*s->xsk = (struct host_xsk){ .fd = -1, .queue = queue };
	err = open_xsk(s->xsk, h->ifindex);
	if (!err)
		err = bpf_map_update_elem(map, &queue, &s->xsk->fd, BPF_ANY);
	if (!err)
		err = loop_add_fd(loop, s->xsk->fd, read_xsk, s);
	h->events++;
	return err ? diag_errno(d, -err, "queue %u of %s cannot be listened to", queue, h->opts.dev)
		   : 0;
}

static int listen_to_xskmap(struct host *h, u32 i, struct loop *loop, struct diag *d)
{
	const struct image_map *m = &h->img->maps.at[i];
	int err = 0;

	if (m->type != BPF_MAP_TYPE_XSKMAP || h->maps[i] < 0)
		return 0;
	if (!host_ifindex(h, "an xskmap", d))
		return -EINVAL;
	for (u32 q = 0, n = count_queues(h->opts.dev); q < n && q < m->max_entries && !err; q++)
		err = listen_to_queue(h, m, h->maps[i], q, loop, d);
	return err;
}

int host_socket_listen(struct host *h, struct loop *loop, struct diag *d)
{
	int err = 0;

	for (u32 i = 0; i < h->img->maps.n && !err; i++)
		err = listen_to_xskmap(h, i, loop, d);
	return err;
}

void host_socket_drain(struct host_source *s)
{
	if (s->xsk && s->xsk->rx.mapped)
		read_xsk(s);
	else if (s->socket >= 0)
		read_filtered(s);
}

static void unmap_ring(struct xsk_ring *r)
{
	if (r->mapped)
		munmap(r->mapped, r->len);
}

void host_socket_close(struct host_source *s)
{
	struct host_xsk *x = s->xsk;

	if (s->socket >= 0)
		close(s->socket);
	if (!x)
		return;
	unmap_ring(&x->fill);
	unmap_ring(&x->rx);
	if (x->fd >= 0)
		close(x->fd);
	if (x->umem)
		munmap(x->umem, FRAMES * FRAME);
}
