/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perf event arrays. A record of lost ones comes only in front of the next one that finds room, so it never comes of those that were
 * lost last; kernels since 6.0 tell how many there were of each event when it is read, and that is what counts where it is to be had.
 */
#include <linux/perf_event.h>
#include <unistd.h>

#include "host/host_impl.h"

#define PAGES 64                /* of each CPU's buffer; a power of two */
#define FORMAT_LOST (1ull << 4) /* PERF_FORMAT_LOST */

struct raw_sample {
	struct perf_event_header header;
	u32 size;
	u8 data[];
};
struct lost_record {
	struct perf_event_header header;
	u64 id, lost;
};

static enum bpf_perf_event_ret on_event(void *ctx, int cpu, struct perf_event_header *event)
{
	struct host_source *s = ctx;
	const struct raw_sample *sample = (const void *)event;
	const struct lost_record *lost = (const void *)event;

	if (event->type == PERF_RECORD_SAMPLE && event->size >= sizeof(*sample) &&
	    sample->size <= event->size - sizeof(*sample))
		s->host->sink->record(s->host->sink->arg, s->map, (u32)cpu, sample->data,
				      sample->size);
	else if (event->type == PERF_RECORD_LOST && event->size >= sizeof(*lost))
		s->lost += lost->lost;
	return LIBBPF_PERF_EVENT_CONT;
}

struct perf_buffer *host_perf_open(int map, struct host_source *s)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
		.read_format = FORMAT_LOST,
	};
	struct perf_buffer *perf = perf_buffer__new_raw(map, PAGES, &attr, on_event, s, NULL);

	s->tells_lost = perf != NULL;
	if (perf || errno != EINVAL)
		return perf;
	attr.read_format = 0;
	return perf_buffer__new_raw(map, PAGES, &attr, on_event, s, NULL);
}

u64 host_perf_lost(const struct host_source *s)
{
	u64 lost = 0;

	if (!s->tells_lost)
		return s->lost;
	for (size_t i = 0; i < perf_buffer__buffer_cnt(s->perf); i++) {
		int fd = perf_buffer__buffer_fd(s->perf, i);
		u64 values[2]; /* the count, and what was lost */

		if (fd >= 0 && read(fd, values, sizeof(values)) == (ssize_t)sizeof(values))
			lost += values[1];
	}
	return lost;
}
