/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-commands of `skep accel`, as a table. */
#include "cmd/accel/accel.h"

#include <string.h>

#include "base/text.h"
#include "cmd/accel/probe.h"
#include "cmd/accel/tap.h"
#include "cmd/accel/verb.h"

/* One of the two is set. */
static const struct {
	const char *name, *help;
	const struct accel_verb *verb;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "on", "redirect new connections", &accel_on_verb, NULL },
	{ "off", "give all back to TCP and remove everything", &accel_off_verb, NULL },
	{ "status", "whether it is on, its settings and what it did", &accel_status_verb, NULL },
	{ "top", "which connections move how much, live", &accel_top_verb, NULL },
	{ "pause", "send all by TCP for a while", &accel_pause_verb, NULL },
	{ "resume", "redirect again", &accel_resume_verb, NULL },
	{ "tap", "show or record what is sent, which tcpdump cannot", NULL, cmd_accel_tap },
	{ "probe", "watch a program: may it be accelerated?", NULL, cmd_accel_probe },
};

static int print_usage(void)
{
	fputs("usage: skep accel COMMAND [OPTIONS]\n\n"
	      "TCP between sockets of this host without the TCP/IP stack.\n\n",
	      stdout);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s%s\n", commands[i].name, commands[i].help);
	fputs("\n'skep accel COMMAND --help' shows the options of each.\n", stdout);
	return ACCEL_DONE;
}

static int unknown(const char *word)
{
	struct nearest near = nearest_to(word);
	struct arena arena;
	struct diag diag;

	arena_init(&arena);
	diag_init(&diag, &arena);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		nearest_try(&near, commands[i].name);
	diag_error(&diag, LOC_NONE, "unknown %s '%s' of skep accel",
		   *word == '-' ? "option" : "command", word);
	if (nearest_name(&near) && *word != '-')
		diag_hint(&diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(&diag, "'skep accel --help' lists them");
	diag_render(&diag, stderr);
	arena_done(&arena);
	return ACCEL_USAGE;
}

int cmd_accel(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";

	if (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return print_usage();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(word, commands[i].name))
			continue;
		if (commands[i].verb)
			return accel_verb_run(commands[i].verb, argc - 1, argv + 1);
		return commands[i].run(argc - 1, argv + 1);
	}
	return unknown(word);
}
