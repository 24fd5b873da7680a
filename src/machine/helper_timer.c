/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers in values of maps, see timer.h. */
#include "machine/helper.h"
#include "machine/machine.h"
#include "machine/timer.h"

HELP(timer_init)
{
	return helper_error(
		(int)timer_init(machine_timers(run->machine), helper_at(b), helper_at(a), c));
}

HELP(timer_set_callback)
{
	return helper_error(
		(int)timer_set_callback(machine_timers(run->machine), helper_at(a), run->code, b));
}

HELP(timer_start)
{
	return helper_error(
		(int)timer_start(machine_timers(run->machine), helper_at(a), b, c, run));
}

HELP(timer_cancel)
{
	return helper_error((int)timer_cancel(machine_timers(run->machine), helper_at(a), run));
}
