// SPDX-License-Identifier: GPL-2.0-or-later
/* Of verify_owned.c: programs that keep their objects in values of maps, and those that have one for each CPU. */

/* ---- kept in a map's value */

PROGRAM(ok__kept)
{
	struct plain *p, *old;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? make(struct plain) : 0;
	if (!p)
		return 0;
	p->a = 5;
	old = bpf_kptr_xchg(&v->plain, p);
	if (old)
		drop(old);
	old = bpf_kptr_xchg(&v->many[1], 0);
	if (old)
		drop(old);
	return 0;
}

PROGRAM(ok__kept_read_in_place)
{
	struct stash *v;
	struct plain *p;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? v->plain : 0;
	if (!p)
		return 0;
	p->b++; /* such programs are in an RCU section */
	return p->a;
}

PROGRAM(null_pointer__kept_read_unchecked)
{
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	return v ? v->plain->a : 0;
}

PROGRAM(bad_argument__kept_of_another_type)
{
	struct counted *p, *old;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? make(struct counted) : 0;
	if (!p)
		return 0;
	old = bpf_kptr_xchg((struct counted **)&v->plain, p);
	if (old)
		drop(old);
	return 0;
}

PROGRAM(value_bounds__kept_stored)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? make(struct plain) : 0;
	if (!p)
		return 0;
	*(struct plain *volatile *)&v->plain = p;
	return 0;
}

PROGRAM(ok__seen)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? make(struct plain) : 0;
	if (!p)
		return 0;
	v->seen = p;
	drop(p);
	p = v->seen;
	return p ? p->b : 0;
}

PROGRAM(owned_object__seen_written)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? v->seen : 0;
	if (p)
		p->b = 1;
	return 0;
}

PROGRAM(reference_leak__dropped_what_is_kept)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? v->plain : 0;
	if (p)
		drop(p);
	return 0;
}

PROGRAM(ok__acquired_what_is_kept)
{
	struct both *p, *q;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? v->both : 0;
	if (!p)
		return 0;
	q = acquire(p);
	if (q)
		drop(q);
	return 0;
}

PROGRAM(ok__kept_in_an_object)
{
	struct keeper *o = make(struct keeper);
	struct plain *p = make(struct plain);

	if (o && p) {
		p = bpf_kptr_xchg(&o->kept, p);
		o->n = 1;
	}
	if (p)
		drop(p);
	if (o)
		drop(o);
	return 0;
}

PROGRAM(owned_object__kept_in_an_object_read)
{
	struct keeper *o = make(struct keeper);
	int is_there;

	if (!o)
		return 0;
	is_there = *(struct plain *volatile *)&o->kept != 0;
	drop(o);
	return is_there;
}

/* ---- one for each CPU */

PROGRAM(ok__percpu)
{
	struct per_cpu_value *v;
	struct percpu *p, *old;
	int k = 0;

	v = bpf_map_lookup_elem(&percpus, &k);
	if (!v)
		return 0;
	p = v->p;
	if (!p) {
		p = make_percpu(struct percpu);
		if (!p)
			return 0;
		old = bpf_kptr_xchg(&v->p, p);
		if (old)
			drop_percpu(old);
		p = v->p;
		if (!p)
			return 0;
	}
	((struct percpu *)bpf_this_cpu_ptr(p))->n++;
	p = bpf_per_cpu_ptr(p, 0);
	return p ? p->a[1] : 0;
}

PROGRAM(owned_object__percpu_accessed)
{
	struct percpu *p = make_percpu(struct percpu);

	if (!p)
		return 0;
	p->n = 1;
	drop_percpu(p);
	return 0;
}

PROGRAM(owned_object__percpu_dropped_as_another)
{
	struct percpu *p = make_percpu(struct percpu);

	if (p)
		drop(p);
	return 0;
}

PROGRAM(bad_argument__percpu_with_a_pointer)
{
	struct plain *p = make_percpu(struct plain);

	if (p)
		drop_percpu(p);
	return 0;
}

/* ---- programs that may sleep are in no RCU section */

SEC("syscall") int ok__asleep(void *ctx)
{
	struct plain *p;
	struct stash *v;
	int k = 0, n = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	if (!v)
		return 0;
	bpf_rcu_read_lock();
	p = v->plain;
	if (p)
		n = p->b++;
	bpf_rcu_read_unlock();
	return n;
}

SEC("syscall") int owned_object__asleep_written(void *ctx)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	p = v ? v->plain : 0;
	if (p)
		p->b++;
	return 0;
}

SEC("syscall") int uninitialized__used_after_the_section(void *ctx)
{
	struct plain *p;
	struct stash *v;
	int k = 0;

	v = bpf_map_lookup_elem(&stashes, &k);
	if (!v)
		return 0;
	bpf_rcu_read_lock();
	p = v->plain;
	bpf_rcu_read_unlock();
	if (p)
		p->b++;
	return 0;
}
