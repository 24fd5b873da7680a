/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of maps, private or shared by name: see mapstore.h. */
#include "machine/mapstore.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAG 0x736b65706d617032ull /* "skepmap2": another layout gets another one */
enum { HEAD_BYTES = 4096, MAX_TRIES = 100 };

/* What two processes have to agree on, in the first page of the file. */
struct head {
	u64 tag; /* 0 until the map is set up */
	u64 size, extra;
	u32 type, key_size, value_size, max_entries, flags, cpus;
	s32 spin_lock, timer, work, unused; /* without padding, as it is compared whole */
};

bool mapstore_add(u64 *sum, u64 n, u64 size)
{
	u64 bytes;

	return !__builtin_mul_overflow(n, size, &bytes) &&
	       !__builtin_add_overflow(*sum, bytes, sum) && *sum <= MAP_MAX_BYTES;
}

static struct head head_of(const struct map_spec *spec, u64 size)
{
	return (struct head){ .tag = TAG,
			      .size = size,
			      .extra = spec->extra,
			      .type = spec->type,
			      .key_size = spec->key_size,
			      .value_size = spec->value_size,
			      .max_entries = spec->max_entries,
			      .flags = spec->flags,
			      .cpus = spec->cpus,
			      .spin_lock = spec->spin_lock,
			      .timer = spec->timer,
			      .work = spec->work };
}

/* Sets or changes the lock of the whole file; changing it never lets go of it in between. */
static int lock_file(int fd, short type, bool wait)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET };
	int err;

	do
		err = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &l) < 0 ? -errno : 0;
	while (err == -EINTR);
	return err;
}

static int name_file(struct mapstore *s, const struct map_spec *spec, struct diag *d)
{
	int n = snprintf(s->file, sizeof(s->file), "/skep.%s.%s", spec->shared, spec->name);

	for (const char *p = s->file + 1; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return diag_error(
				d, LOC_NONE,
				"map %s: a shared map's name has letters, digits and . _ - only",
				spec->name);
	if (n < 0 || n >= (int)sizeof(s->file))
		return diag_error(d, LOC_NONE, "map %s: the name %s of shared memory is too long",
				  spec->name, spec->shared);
	return 0;
}

static int map_file(struct mapstore *s, const struct map_spec *spec, struct diag *d)
{
	void *at = mmap(NULL, HEAD_BYTES + s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);

	if (at == MAP_FAILED)
		return diag_errno(d, errno, "map %s: no memory that is shared", spec->name);
	s->base = (u8 *)at + HEAD_BYTES;
	return 0;
}

/* The first to open it, or the first after all others went: whatever was there is forgotten. */
static int make_file(struct mapstore *s, const struct map_spec *spec, struct diag *d)
{
	if (ftruncate(s->fd, 0) || ftruncate(s->fd, (off_t)(HEAD_BYTES + s->size)))
		return diag_errno(d, errno, "map %s: no memory that is shared", spec->name);
	s->is_fresh = true;
	return map_file(s, spec, d);
}

/* Others use it: -EAGAIN if they went before it was ready. */
static int join_file(struct mapstore *s, const struct map_spec *spec, struct diag *d)
{
	struct head want = head_of(spec, s->size), found;
	ssize_t n = pread(s->fd, &found, sizeof(found), 0);
	struct stat st;

	if (n == 0 || (n == (ssize_t)sizeof(found) && !found.tag))
		return -EAGAIN;
	if (n != (ssize_t)sizeof(found) || found.tag != TAG)
		return diag_error(d, LOC_NONE, "map %s: /dev/shm%s has no map of this version",
				  spec->name, s->file);
	if (memcmp(&found, &want, sizeof(want)) != 0 || fstat(s->fd, &st) ||
	    (u64)st.st_size != HEAD_BYTES + s->size) {
		diag_error(d, LOC_NONE, "map %s: /dev/shm%s is another map", spec->name, s->file);
		diag_hint(d, "there: type %u, key %u, value %u bytes, %u entries, flags 0x%x",
			  found.type, found.key_size, found.value_size, found.max_entries,
			  found.flags);
		return -EINVAL;
	}
	s->is_fresh = false;
	return map_file(s, spec, d);
}

/* One attempt; -EAGAIN when somebody removed the file, or gave up making it, meanwhile. */
static int open_file(struct mapstore *s, const struct map_spec *spec, struct diag *d)
{
	struct stat st;
	int err;

	s->fd = shm_open(s->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return diag_errno(d, errno, "map %s: cannot open /dev/shm%s", spec->name, s->file);
	err = lock_file(s->fd, F_WRLCK, false);
	if (err == 0) {
		if (fstat(s->fd, &st) || !st.st_nlink)
			return -EAGAIN;
		if (st.st_uid != geteuid())
			return diag_errno(d, EPERM, "map %s: /dev/shm%s is another user's",
					  spec->name, s->file);
		return make_file(s, spec, d);
	}
	if (err == -EAGAIN || err == -EACCES)
		err = lock_file(s->fd, F_RDLCK, true);
	if (err)
		return diag_errno(d, -err, "map %s: cannot lock /dev/shm%s", spec->name, s->file);
	if (fstat(s->fd, &st) || !st.st_nlink)
		return -EAGAIN;
	return join_file(s, spec, d);
}

int mapstore_open(struct mapstore *s, const struct map_spec *spec, u64 size, struct diag *d)
{
	int err;

	*s = (struct mapstore){ .size = size, .fd = -1, .is_fresh = true };
	if (size > MAP_MAX_BYTES) {
		diag_error(d, LOC_NONE, "map %s: it would take %llu bytes; %llu are possible",
			   spec->name, (unsigned long long)size, MAP_MAX_BYTES);
		return -E2BIG;
	}
	if (!spec->shared) {
		/* Without a reservation: pages are there once they are touched, so a large map costs what it holds. */
		void *at = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (at == MAP_FAILED)
			return diag_errno(d, ENOMEM, "map %s: no memory for %llu bytes", spec->name,
					  (unsigned long long)size);
		s->base = at;
		return 0;
	}
	err = name_file(s, spec, d);
	for (int i = 0; !err && i < MAX_TRIES; i++) {
		err = open_file(s, spec, d);
		if (!err)
			return 0;
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
		if (err != -EAGAIN)
			return err;
		err = 0;
	}
	return err ? err
		   : diag_errno(d, EAGAIN, "map %s: /dev/shm%s comes and goes", spec->name,
				s->file);
}

void mapstore_ready(struct mapstore *s, const struct map_spec *spec)
{
	struct head h = head_of(spec, s->size);

	if (s->fd < 0 || !s->is_fresh)
		return;
	memcpy(s->base - HEAD_BYTES, &h, sizeof(h));
	lock_file(s->fd, F_RDLCK, false);
}

void mapstore_close(struct mapstore *s)
{
	if (s->base && s->fd < 0)
		munmap(s->base, s->size ? s->size : 1);
	if (s->base && s->fd >= 0)
		munmap(s->base - HEAD_BYTES, HEAD_BYTES + s->size);
	s->base = NULL;
	if (s->fd < 0)
		return;
	if (!lock_file(s->fd, F_WRLCK, false))
		shm_unlink(s->file);
	close(s->fd);
	s->fd = -1;
}
