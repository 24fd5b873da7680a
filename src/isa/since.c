/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of since.def as arrays. */
#include "isa/since.h"

#include "isa/helper.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

static const struct since progs[] = {
#define SINCE_PROG(id, major, minor, config) { PROG_##id, major, minor, config },
#include "isa/since.def"
};

static const struct since maps[] = {
#define SINCE_MAP(id, major, minor, config) { MAP_TYPE_##id, major, minor, config },
#include "isa/since.def"
};

static const struct since attaches[] = {
#define SINCE_ATTACH(id, major, minor, config) { AT_##id, major, minor, config },
#include "isa/since.def"
};

/* Ascending. */
static const struct since helpers[] = {
#define SINCE_HELPERS(first, major, minor) { first, major, minor, "" },
#include "isa/since.def"
};

static const struct {
	u32 number;
	const char *config;
} configs[] = {
#define HELPER_CONFIG(name, config) { HELPER_##name, config },
#include "isa/since.def"
};

static const u32 widened[] = {
#define HELPER_WIDENED(name) HELPER_##name,
#include "isa/since.def"
};

static const struct since *find(const struct since *rows, size_t n, u32 number)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return NULL;
}

const struct since *since_prog(u32 type)
{
	return find(progs, ARRAY_SIZE(progs), type);
}

const struct since *since_map(u32 type)
{
	return find(maps, ARRAY_SIZE(maps), type);
}

const struct since *since_attach(u32 attach)
{
	return find(attaches, ARRAY_SIZE(attaches), attach);
}

const struct since *since_helper(u32 number)
{
	const struct since *last = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(helpers) && helpers[i].number <= number; i++)
		last = &helpers[i];
	return last;
}

const char *since_helper_config(u32 number)
{
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		if (configs[i].number == number)
			return configs[i].config;
	}
	return "";
}

bool since_helper_widened(u32 number)
{
	for (size_t i = 0; i < ARRAY_SIZE(widened); i++) {
		if (widened[i] == number)
			return true;
	}
	return false;
}
