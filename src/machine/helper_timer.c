/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers in values of maps, see timer.h. Bare instructions, without a machine, have none. */
#include "machine/helper.h"
#include "machine/machine.h"
#include "machine/timer.h"

HELP(timer_init)
{
	if (!run->machine)
		return helper_error(-EINVAL);
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
