/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_FEATURE_FEATURE_H
#define CMD_FEATURE_FEATURE_H

#include "cmd/noun/noun.h"
#include "inspect/survey.h"

int cmd_feature(int argc, char **argv);

extern const struct noun_verb feature_probe, feature_list_builtins;

/* Each writes the parts that were asked for; has_syscall: whether bpf(2) is there at all. */
void feature_text(struct out *out, const struct survey *s, bool has_syscall, bool names_all);
void feature_json(struct out *out, const struct survey *s, bool has_syscall);
void feature_macros(struct out *out, const struct survey *s, bool has_syscall, const char *prefix);

#endif
