/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs print and send, as it comes:
 *
 *	hello							bpf_printk()
 *	{ .pid = 17, .comm = "bash" }				a record, of the only map that has any
 *	events: { .pid = 17, .comm = "bash" }			likewise, of one of several
 *	60 bytes on queue 0: 0xffff...				a packet
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pcapfile.h"
#include "btf/rawvalue.h"
#include "cmd/foreign/impl.h"

#define LONGEST (256u << 10) /* packet in a capture file */

static void str(struct out *o, const char *key, const char *s)
{
	out_json_str(o, key, s, strlen(s));
}

/* What comes from a program is not for the terminal to obey. */
static void put_text(struct out *o, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)text[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			out_printf(o, "\\x%02x", c);
		else
			out_write(o, &text[i], 1);
	}
}

static void begin(struct out *o, const char *type)
{
	out_json_open(o, NULL, '{');
	str(o, "type", type);
}

static void end(struct out *o)
{
	out_json_close(o, '}');
	out_json_end(o);
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct foreign *f = arg;

	if (f->out.json) {
		begin(&f->out, "printed");
		out_json_str(&f->out, "text", line, len);
		end(&f->out);
		return;
	}
	put_text(&f->out, line, len);
	out_puts(&f->out, "\n");
}

static void on_text(void *arg, const char *text, size_t len)
{
	struct foreign *f = arg;

	if (f->out.json) {
		begin(&f->out, "iterator");
		out_json_str(&f->out, "text", text, len);
		end(&f->out);
		return;
	}
	put_text(&f->out, text, len);
}

/* ---- capture files */

static void write_packet(struct foreign *f, const void *data, size_t here, size_t size)
{
	struct timespec now = { 0, 0 };
	struct buf head = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	pcapfile_record(&head, (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec, (u32)here,
			(u32)(size > here ? size : here));
	out_write(&f->pcap.file, head.data, head.len);
	out_write(&f->pcap.file, data, here);
	buf_done(&head);
	f->pcap.written++;
}

/* The struct's member that says how long the packet is; 0. */
static u64 told_length(const struct rawbtf *btf, u32 type, const u8 *data, size_t len)
{
	static const char *const names[] = { "len", "length", "pkt_len", "size" };
	const struct btf_type *t = rawbtf_skip(btf, &type, NULL);

	for (u32 i = 0; rawbtf_is_record(t) && i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = (const struct btf_member *)(t + 1) + i;
		struct rawvalue_place place = rawvalue_place(btf, t, i);
		u64 size = rawvalue_size(btf, place.type), value = 0;

		if (place.bits || place.bit % 8 || size > sizeof(value) ||
		    place.bit / 8 + size > len)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			if (strcmp(rawbtf_str(btf, m->name_off), names[k]) != 0)
				continue;
			memcpy(&value, data + place.bit / 8, size);
			return value;
		}
	}
	return 0;
}

/*
 * A record that has a packet behind it: what is longer than its type. A perf event's end is padded, so the length that the record
 * itself tells, if it does, is what counts.
 */
static bool write_record(struct foreign *f, u32 type, const u8 *data, size_t len)
{
	u64 size = type ? rawvalue_size(f->img.btf, type) : 0, told;

	if (len <= size)
		return false;
	told = type ? told_length(f->img.btf, type, data, size) : 0;
	len -= size;
	write_packet(f, data + size, told && told < len ? told : len, told ? told : len);
	return true;
}

/* ---- records and packets */

static void on_record(void *arg, const struct image_map *map, u32 cpu, const void *data, size_t len)
{
	struct foreign *f = arg;
	struct out *o = &f->out;
	u32 type = host_record_type(f->host, map);
	u64 size = type ? rawvalue_size(f->img.btf, type) : 0;

	if (f->pcap.path && write_record(f, type, data, len))
		return;
	/* What is too short is something else. */
	if (size > len)
		type = 0;
	if (o->json) {
		begin(o, "record");
		str(o, "map", map->name);
		if (map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			out_json_u64(o, "cpu", cpu);
		out_json_u64(o, "bytes", len);
		rawvalue_print(o, "data", f->img.btf, type, data, type ? size : len);
		end(o);
		return;
	}
	if (f->shown_rings > 1)
		out_printf(o, "%s: ", map->name);
	rawvalue_print(o, NULL, f->img.btf, type, data, type ? size : len);
	/* A perf event's last 7 bytes may be for its alignment. */
	if (type && len - size >= sizeof(u64))
		out_printf(o, " and %zu bytes", (size_t)(len - size));
	out_puts(o, "\n");
}

static void on_packet(void *arg, const struct image_map *map, u32 queue, const void *data,
		      size_t len)
{
	struct foreign *f = arg;
	struct out *o = &f->out;

	if (f->pcap.path) {
		write_packet(f, data, len, len);
		return;
	}
	if (o->json) {
		begin(o, "packet");
		if (map) {
			str(o, "map", map->name);
			out_json_u64(o, "queue", queue);
		}
		out_json_u64(o, "bytes", len);
		rawvalue_print_hex(o, "data", data, len);
		end(o);
		return;
	}
	out_printf(o, "%zu bytes", len);
	if (map)
		out_printf(o, " on queue %u", queue);
	out_puts(o, ": ");
	rawvalue_print_hex(o, NULL, data, len);
	out_puts(o, "\n");
}

/* ---- from open to close */

static int open_pcap(struct foreign *f)
{
	struct buf head = { 0 };
	int fd = open(f->pcap.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return diag_errno(&f->diag, errno, "%s cannot be written", f->pcap.path);
	out_init(&f->pcap.file, fd, false);
	pcapfile_begin(&head, LONGEST, PCAPFILE_ETHERNET);
	out_write(&f->pcap.file, head.data, head.len);
	buf_done(&head);
	return 0;
}

int foreign_report_open(struct foreign *f)
{
	int fd = STDOUT_FILENO;

	f->sink = (struct host_sink){
		.line = on_line, .record = on_record, .packet = on_packet, .text = on_text, .arg = f
	};
	for (size_t i = 0; i < f->img.maps.n; i++)
		f->shown_rings += f->img.maps.at[i].type == BPF_MAP_TYPE_RINGBUF ||
				  f->img.maps.at[i].type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	if (f->output)
		fd = open(f->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return diag_errno(&f->diag, errno, "cannot write %s", f->output);
	out_init(&f->out, fd, f->json);
	f->out.flush = f->flush;
	out_init(&f->notes, STDERR_FILENO, false);
	return f->pcap.path ? open_pcap(f) : 0;
}

void foreign_report_losses(struct foreign *f)
{
	struct host_losses lost = host_losses(f->host);

	if (f->out.json && (lost.lines || lost.records || lost.packets)) {
		begin(&f->out, "lost");
		out_json_u64(&f->out, "lines", lost.lines);
		out_json_u64(&f->out, "records", lost.records);
		out_json_u64(&f->out, "packets", lost.packets);
		end(&f->out);
		return;
	}
	if (lost.lines)
		out_printf(&f->notes, "Lost %" PRIu64 " lines of bpf_printk()\n", lost.lines);
	if (lost.records)
		out_printf(&f->notes, "Lost %" PRIu64 " records\n", lost.records);
	if (lost.packets)
		out_printf(&f->notes, "Lost %" PRIu64 " packets\n", lost.packets);
}

static int finish(struct foreign *f, struct out *o, const char *path)
{
	int err;

	out_done(o);
	err = o->failed ? o->error : 0;
	if (o->fd != STDOUT_FILENO && close(o->fd) && !err)
		err = errno;
	return err && err != EPIPE ? diag_errno(&f->diag, err, "%s cannot be written",
						path ? path : "standard output")
				   : 0;
}

int foreign_report_close(struct foreign *f)
{
	int err = 0;

	if (f->pcap.path && f->pcap.file.fd > 0) {
		err = finish(f, &f->pcap.file, f->pcap.path);
		if (!err && !f->quiet)
			out_printf(&f->notes, "packets written to %s: %" PRIu64 "\n", f->pcap.path,
				   f->pcap.written);
	}
	out_done(&f->notes);
	return finish(f, &f->out, f->output) || err ? -EINVAL : 0;
}
