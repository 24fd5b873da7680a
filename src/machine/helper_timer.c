/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers and work queues in values of maps, see timer.h. Bare instructions, without a machine, have none. */
#include "machine/helper.h"
#include "machine/kfunc.h"
#include "machine/machine.h"
#include "machine/timer.h"

/* Checked mode: whether the field is in a value of this map, which callbacks will be given. */
static bool may_be_of(struct run *run, const struct map *m, u64 field, s32 at)
{
	return at < 0 || run_may(run, field - (u64)at, map_spec(m)->value_size, true);
}

HELP(timer_init)
{
	if (!run->machine)
		return helper_error(-EINVAL);
	if (!may_be_of(run, helper_at(b), a, map_spec(helper_at(b))->timer))
		return 0;
	return helper_error(
		(int)timer_init(machine_timers(run->machine), helper_at(b), helper_at(a), c));
}

HELP(timer_set_callback)
{
	if (!run->machine)
		return helper_error(-EINVAL);
	return helper_error(
		(int)timer_set_callback(machine_timers(run->machine), helper_at(a), run->code, b));
}

HELP(timer_start)
{
	if (!run->machine)
		return helper_error(-EINVAL);
	return helper_error(
		(int)timer_start(machine_timers(run->machine), helper_at(a), b, c, run));
}

HELP(timer_cancel)
{
	if (!run->machine)
		return helper_error(-EINVAL);
	return helper_error((int)timer_cancel(machine_timers(run->machine), helper_at(a), run));
}

/* ---- work queues, by kernel functions, whose arguments nobody has looked at yet */

KFUNC_FUNCTION(wq_init)
{
	if (!run_may(run, a, sizeof(u64), true) || !run_may_map(run, b) ||
	    !may_be_of(run, helper_at(b), a, map_spec(helper_at(b))->work))
		return 0;
	return helper_error(
		(int)work_init(machine_timers(run->machine), helper_at(b), helper_at(a), (u32)c));
}

KFUNC_FUNCTION(wq_set_callback_impl)
{
	if (!run_may(run, a, sizeof(u64), true))
		return 0;
	return helper_error((int)work_set_callback(machine_timers(run->machine), helper_at(a),
						   run->code, b, (u32)c));
}

KFUNC_FUNCTION(wq_start)
{
	if (!run_may(run, a, sizeof(u64), true))
		return 0;
	return helper_error((int)work_start(machine_timers(run->machine), helper_at(a), (u32)b));
}
