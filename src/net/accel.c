/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turning on, pausing and turning off. */
#include "net/accel.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <sys/syscall.h>

#include "base/text.h"
#include "kernel/warn.h"
#include "net/accel_impl.h"
#include "net/cgroup.h"

enum { POLL_MS = 5, GONE_MS = 500, LAST_MS = 2000, PAGE = 4096, BATCH = 256 };

/*
 * Programs that do what the map cannot do: they splice from sockets, wait for whole buffers, or pass the
 * descriptor to another that does. By the name of the process.
 */
static const char *const default_excluded[] = {
	"haproxy", "traefik", "caddy", "glider", "dae",   "sing-box",        "xray",
	"v2ray",   "frpc",    "frps",  "mpirun", "orted", "hydra_pmi_proxy",
};

/* ---- what is being made */

struct making {
	struct bpf_object *object;
	struct accel_control *control;
	const char *tree;
	char path[128]; /* of the unfinished folder */
	struct diag *diag;
};

static int map_of(const struct making *m, const char *name)
{
	return bpf_object__find_map_fd_by_name(m->object, name);
}

static int program_of(const struct making *m, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(m->object, name));
}

int accel_run(int fd, void *ctx, u32 size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = size);

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : opts.retval ? -ENOENT : 0;
}

static struct accel_control *map_control(int fd)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int load(struct making *m)
{
	size_t len;
	void *bytes = accel_object(&len);
	struct bpf_program *send;
	struct buf log = { 0 };
	int err = 0;

	if (!bytes)
		return diag_errno(m->diag, ENOMEM, "cannot unpack accel's programs");
	warn_begin(&log);
	m->object = bpf_object__open_mem(bytes, len, NULL);
	if (!m->object || bpf_object__load(m->object))
		err = errno;
	warn_end();
	free(bytes);
	if (err) {
		const char *why = warn_last(&log, m->diag->arena);

		diag_errno(m->diag, err, "the kernel does not take accel's programs%s%s",
			   why ? ": " : "", why ? why : "");
		diag_hint(m->diag, err == EPERM ? "accel needs root"
						: "it needs Linux 6.1 or newer with BTF");
	}
	buf_done(&log);
	if (err)
		return -err;
	send = bpf_object__find_program_by_name(m->object, "accel_send");
	if (bpf_prog_attach(bpf_program__fd(send), map_of(m, "socks"), BPF_SK_MSG_VERDICT, 0))
		return diag_errno(m->diag, errno, "cannot attach to the map of sockets");
	m->control = map_control(map_of(m, "control"));
	if (!m->control)
		return diag_errno(m->diag, errno, "cannot map the control map");
	return 0;
}

/* Half of the memory from which on TCP goes easy on it: /proc/sys/net/ipv4/tcp_mem, in pages. */
static u64 default_budget(void)
{
	char *text = text_read_file("/proc/sys/net/ipv4/tcp_mem", PAGE, NULL);
	unsigned long low, pressure = 0;

	if (!text || sscanf(text, "%lu %lu", &low, &pressure) != 2)
		pressure = (64ul << 20) / PAGE * 2;
	free(text);
	return (u64)pressure * PAGE / 2;
}

static void exclude(int fd, const char *comm)
{
	char key[ACCEL_COMM] = "";
	u8 yes = 1;

	snprintf(key, sizeof(key), "%s", comm);
	bpf_map_update_elem(fd, key, &yes, BPF_ANY);
}

static void fill_lists(const struct making *m, const struct accel_config *c)
{
	int excluded = map_of(m, "excluded");
	u8 yes = 1;

	for (size_t i = 0; !c->no_default_excluded && i < ARRAY_SIZE(default_excluded); i++)
		exclude(excluded, default_excluded[i]);
	for (size_t i = 0; i < c->excluded.n; i++)
		exclude(excluded, c->excluded.at[i]);
	for (size_t i = 0; i < c->ports.n; i++)
		bpf_map_update_elem(map_of(m, "ports"), &c->ports.at[i], &yes, BPF_ANY);
	for (size_t i = 0; i < c->cidrs.n; i++)
		bpf_map_update_elem(map_of(m, "cidrs"), &c->cidrs.at[i], &yes, BPF_ANY);
	for (size_t i = 0; i < c->uids.n; i++)
		bpf_map_update_elem(map_of(m, "uids"), &c->uids.at[i], &yes, BPF_ANY);
}

static void fill_control(struct accel_control *to, const struct accel_config *c)
{
	to->magic = ACCEL_MAGIC;
	to->abi = ACCEL_ABI;
	to->limit = c->limit ? c->limit : ACCEL_DEFAULT_LIMIT;
	to->budget = c->budget ? c->budget : default_budget();
	to->small = c->small ? c->small : ACCEL_DEFAULT_SMALL;
	to->since = (u64)time(NULL);
}

static void set_lists(struct accel_control *to, const struct accel_config *c)
{
	to->lists = (c->ports.n ? ACCEL_LIST_PORT : 0u) | (c->cidrs.n ? ACCEL_LIST_CIDR : 0u) |
		    (c->uids.n ? ACCEL_LIST_UID : 0u) |
		    (c->blocking == ACCEL_BLOCKING_NO ? ACCEL_LIST_NONBLOCKING : 0u);
}

static int try_it(const struct making *m)
{
	struct accel_trial t = {
		.control_fd = map_of(m, "control"),
		.ends_fd = map_of(m, "ends"),
		.socks_fd = map_of(m, "socks"),
		.kick_fd = program_of(m, "accel_kick"),
		.inspect_fd = program_of(m, "accel_inspect"),
		.control = m->control,
		.sockops = bpf_object__find_program_by_name(m->object, "accel_sockops"),
		.tree = m->tree,
	};

	return accel_try(&t, m->diag);
}

/* What the self-tests counted is nobody's business. */
static void clear_totals(const struct making *m)
{
	int cpus = libbpf_num_possible_cpus();
	struct accel_totals *none = cpus > 0 ? calloc((size_t)cpus, sizeof(*none)) : NULL;
	u32 zero = 0;

	if (none)
		bpf_map_update_elem(map_of(m, "counters"), &zero, none, BPF_ANY);
	free(none);
}

static int pin(const struct making *m, int fd, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", m->path, name);
	if (bpf_obj_pin(fd, path))
		return diag_errno(m->diag, errno, "cannot pin %s", path);
	return 0;
}

/* The link lives on by its pin alone. */
static int pin_link(const struct making *m, const char *program, const char *name, int cgroup)
{
	struct bpf_program *p = bpf_object__find_program_by_name(m->object, program);
	struct bpf_link *link = bpf_program__attach_cgroup(p, cgroup);
	int err;

	if (!link)
		return diag_errno(m->diag, errno, "cannot attach to the cgroup");
	err = pin(m, bpf_link__fd(link), name);
	bpf_link__destroy(link);
	return err;
}

static int pin_all(const struct making *m, int cgroup)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map(map, m->object)
	{
		if (strchr(bpf_map__name(map), '.')) /* .bss and the like */
			continue;
		err = pin(m, bpf_map__fd(map), bpf_map__name(map));
		if (err)
			return err;
	}
	err = pin(m, program_of(m, "accel_kick"), "kick");
	if (!err)
		err = pin(m, program_of(m, "accel_restore"), "restore");
	if (!err)
		err = pin_link(m, "accel_sockops", "sockops", cgroup);
	if (!err)
		err = pin_link(m, "accel_setsockopt", "setsockopt", cgroup);
	return err;
}

static int make(struct making *m, const struct accel_config *c, int cgroup)
{
	int err = load(m);

	if (err)
		return err;
	fill_control(m->control, c);
	fill_lists(m, c);
	err = try_it(m);
	if (err)
		return err;
	clear_totals(m);
	accel_seed(map_of(m, "listeners"), map_of(m, "locals"), map_of(m, "excluded"));
	set_lists(m->control, c);
	err = accel_pins_begin(m->path, sizeof(m->path), m->diag);
	if (!err)
		err = pin_all(m, cgroup);
	if (!err)
		err = accel_pins_commit(m->path, m->diag);
	if (err)
		accel_sweep();
	else
		m->control->mode = ACCEL_ON;
	return err;
}

/* ---- what is there */

int accel_map(const struct accel_view *v, const char *name)
{
	(void)v;
	return accel_pin_open(name);
}

void accel_done(struct accel_view *v)
{
	if (v->control)
		munmap(v->control, PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(v->fds); i++)
		if (v->fds[i] > 0)
			close(v->fds[i]);
	free(v->cgroup);
	*v = (struct accel_view){ 0 };
}

static char *attached_cgroup(void)
{
	struct bpf_link_info info = { 0 };
	u32 len = sizeof(info);
	int fd = accel_pin_open("sockops");
	char *path = NULL;

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		path = cgroup_path(info.cgroup.cgroup_id);
	if (fd >= 0)
		close(fd);
	return path ? path : strdup("");
}

int accel_open(struct accel_view *v, struct diag *d)
{
	int fd = accel_pin_open("control");

	*v = (struct accel_view){ 0 };
	if (fd == -ENOENT) {
		diag_error(d, LOC_NONE, "accel is not on");
		return -ENOENT;
	}
	if (fd < 0)
		return diag_errno(d, -fd, "cannot open " ACCEL_DIR "/control");
	v->fds[ACCEL_FD_CONTROL] = fd;
	v->control = map_control(fd);
	if (!v->control || v->control->magic != ACCEL_MAGIC) {
		accel_done(v);
		return diag_error(d, LOC_NONE, ACCEL_DIR "/control is not accel's");
	}
	v->fds[ACCEL_FD_ENDS] = accel_pin_open("ends");
	v->fds[ACCEL_FD_COUNTERS] = accel_pin_open("counters");
	v->fds[ACCEL_FD_KICK] = accel_pin_open("kick");
	for (size_t i = 0; i < ARRAY_SIZE(v->fds); i++)
		if (v->fds[i] < 0) {
			int err = -v->fds[i];

			accel_done(v);
			return diag_errno(d, err, "a pin is missing below " ACCEL_DIR);
		}
	v->abi = v->control->abi;
	v->cgroup = attached_cgroup();
	return 0;
}

static int check_version(const struct accel_view *v, struct diag *d)
{
	if (v->abi == ACCEL_ABI)
		return 0;
	diag_error(d, LOC_NONE, "accel was turned on by another version of skep (%u, this is %u)",
		   v->abi, ACCEL_ABI);
	diag_hint(d, "skep accel off, then on");
	return -EPROTO;
}

/* Ends count for themselves as long as they live. */
static void add_living(const struct accel_view *v, struct accel_totals *to)
{
	struct arena arena;
	accel_rows rows = { 0 };

	arena_init(&arena);
	accel_read_ends(v, &arena, &rows);
	for (size_t i = 0; i < rows.n; i++) {
		const struct accel_end *end = &rows.at[i].end;

		to->counter[ACCEL_COUNT_messages] += end->messages;
		to->counter[ACCEL_COUNT_bytes] += end->bytes;
		to->counter[ACCEL_COUNT_tcp_messages] += end->tcp_messages;
		to->counter[ACCEL_COUNT_tcp_bytes] += end->tcp_bytes;
	}
	arena_done(&arena);
}

int accel_read_totals(const struct accel_view *v, struct accel_totals *out)
{
	int cpus = libbpf_num_possible_cpus();
	u32 zero = 0;
	size_t words = sizeof(struct accel_totals) / sizeof(u64);
	u64 *all, *sum = (u64 *)out;

	_Static_assert(sizeof(struct accel_totals) % sizeof(u64) == 0, "read as words");
	if (v->abi != ACCEL_ABI || cpus <= 0)
		return -EPROTO;
	all = calloc((size_t)cpus, sizeof(struct accel_totals));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(v->fds[ACCEL_FD_COUNTERS], &zero, all)) {
		free(all);
		return -errno;
	}
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < (size_t)cpus * words; i++)
		sum[i % words] += all[i];
	out->backlog_max = 0; /* a peak is no sum */
	for (int i = 0; i < cpus; i++) {
		const struct accel_totals *one = (const struct accel_totals *)all + i;
		if (one->backlog_max > out->backlog_max)
			out->backlog_max = one->backlog_max;
	}
	free(all);
	add_living(v, out);
	return 0;
}

int accel_read_ends(const struct accel_view *v, struct arena *a, accel_rows *out)
{
	struct accel_end *ends;
	u32 token = 0, n;
	bool first = true;
	u64 *keys;
	int err = 0;

	if (v->abi != ACCEL_ABI)
		return -EPROTO;
	/* Whole buckets at a time, so nothing comes twice; no bucket has as many as BATCH. */
	keys = arena_array(a, u64, BATCH);
	ends = arena_array(a, struct accel_end, BATCH);
	while (!err) {
		n = BATCH;
		if (bpf_map_lookup_batch(v->fds[ACCEL_FD_ENDS], first ? NULL : &token, &token, keys,
					 ends, &n, NULL))
			err = errno;
		if (err && err != ENOENT)
			return -err;
		for (u32 i = 0; i < n; i++)
			*vec_add(a, out) =
				(struct accel_end_row){ .cookie = keys[i], .end = ends[i] };
		first = false;
	}
	return 0;
}

/* ---- off */

static u32 count_ends(int fd)
{
	u64 key, *last = NULL;
	u32 n = 0;

	while (n <= ACCEL_MAX_ENDS && !bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		n++;
	}
	return n;
}

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

static void nap(u32 ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

/* The janitor takes out who is quiet; it only has to be told. */
static u32 drain(const struct accel_view *v, u32 timeout_ms)
{
	u64 start = now_ms();
	u32 n;

	v->control->mode = ACCEL_OFF;
	do {
		accel_run(v->fds[ACCEL_FD_KICK], NULL, 0);
		nap(POLL_MS);
		n = count_ends(v->fds[ACCEL_FD_ENDS]);
	} while (n && now_ms() - start < timeout_ms);
	return n;
}

static void restore_here(void *arg)
{
	int iter = bpf_iter_create(*(int *)arg);
	char nothing[64];

	while (iter >= 0 && read(iter, nothing, sizeof(nothing)) > 0)
		;
	if (iter >= 0)
		close(iter);
}

/* An older version has no such program. */
static void restore(accel_everywhere everywhere)
{
	int program = accel_pin_open("restore"), link;

	if (program < 0)
		return;
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	if (link >= 0) {
		everywhere(restore_here, &link);
		close(link);
	}
	close(program);
}

static u32 map_id(const char *name)
{
	struct bpf_map_info info = { 0 };
	u32 len = sizeof(info);
	int fd = accel_pin_open(name), err;

	if (fd < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return err ? 0 : info.id;
}

static bool is_gone(u32 id)
{
	for (int ms = 0; id && ms < GONE_MS; ms += POLL_MS) {
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			return true;
		close(fd);
		nap(POLL_MS);
	}
	return !id;
}

static int turn_off(u32 timeout_ms, accel_everywhere everywhere, struct accel_left *left,
		    struct diag *d)
{
	u32 socks, ends;
	struct accel_view v;
	int err = accel_open(&v, d);

	if (err)
		return err;
	left->connections = drain(&v, timeout_ms);
	accel_done(&v);
	if (left->connections) {
		diag_error(d, LOC_NONE, "%u sockets are still being read or written",
			   left->connections);
		diag_hint(d, "nothing new is redirected; run it again to finish");
		return -EBUSY;
	}
	restore(everywhere);
	socks = map_id("socks");
	ends = map_id("ends");
	err = accel_pins_remove(d);
	if (!err && (!is_gone(socks) || !is_gone(ends)))
		diag_warning(d, LOC_NONE,
			     "the maps are gone from their folder, and go from the kernel when the "
			     "readers "
			     "that sleep in recv() now have woken up");
	return err;
}

int accel_off(u32 timeout_ms, accel_everywhere everywhere, struct accel_left *left, struct diag *d)
{
	int lock = accel_lock(d), err;

	if (lock < 0)
		return lock;
	accel_sweep();
	err = turn_off(timeout_ms, everywhere, left, d);
	accel_unlock(lock);
	return err;
}

int accel_pause(bool paused, struct diag *d)
{
	struct accel_view v;
	int lock = accel_lock(d), err;

	if (lock < 0)
		return lock;
	err = accel_open(&v, d);
	if (!err && v.control->mode == ACCEL_OFF) {
		err = -EBUSY;
		diag_error(d, LOC_NONE, "accel is being turned off");
		diag_hint(d, "skep accel off finishes that");
	} else if (!err) {
		v.control->mode = paused ? ACCEL_PAUSED : ACCEL_ON;
	}
	if (!err)
		accel_done(&v);
	accel_unlock(lock);
	return err;
}

/* ---- on */

/* Whether one is there already; one that was being turned off is finished first. */
static int check_present(accel_everywhere everywhere, struct diag *d)
{
	struct accel_view v;
	struct accel_left left;
	u32 mode;
	int fd = accel_pin_open("control"), err;

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0)
		close(fd);
	err = accel_open(&v, d);
	if (err)
		return err;
	mode = v.control->mode;
	err = check_version(&v, d);
	accel_done(&v);
	if (err)
		return err;
	if (mode == ACCEL_OFF)
		return turn_off(LAST_MS, everywhere, &left, d);
	diag_error(d, LOC_NONE, "accel is on already");
	diag_hint(d, "skep accel status shows it; off, then on, for other settings");
	return -EALREADY;
}

static int turn_on(const struct accel_config *c, struct diag *d)
{
	struct making m = { .diag = d };
	char *tree = cgroup_tree();
	const char *path = c->cgroup ? c->cgroup : tree;
	int err, cgroup;

	if (!tree)
		return diag_error(d, LOC_NONE, "cgroup v2 is not mounted");
	m.tree = tree;
	cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		err = diag_errno(d, errno, "cannot open the cgroup %s", path);
	else if (!cgroup_is_v2(cgroup)) {
		err = diag_error(d, LOC_NONE, "%s is not a folder of cgroup v2", path);
		diag_hint(d, "they are below %s", tree);
	} else {
		err = make(&m, c, cgroup);
	}
	if (m.control)
		munmap(m.control, PAGE);
	bpf_object__close(m.object);
	if (cgroup >= 0)
		close(cgroup);
	free(tree);
	return err;
}

int accel_on(const struct accel_config *config, accel_everywhere everywhere, struct diag *d)
{
	int lock = accel_lock(d), err;

	if (lock < 0)
		return lock;
	accel_sweep();
	err = check_present(everywhere, d);
	if (!err)
		err = turn_on(config, d);
	accel_unlock(lock);
	return err;
}
