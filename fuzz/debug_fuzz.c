/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile lines to the debugger, as commands and as each kind of argument; and as what objdump would say. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "cmd/debug/parse.h"
#include "cmd/disasm/native.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void parse_argument(const char *text)
{
	struct debug_address address;
	struct debug_format format;
	struct debug_place place;

	if (debug_parse_place(&place, text))
		check(place.kind == DEBUG_AT_INSN
			      ? !*place.name
			      : memchr(place.name, 0, sizeof(place.name)) != NULL);
	if (debug_parse_format(&format, text))
		check(format.count && format.count <= DEBUG_MAX_UNITS &&
		      (format.size == 1 || format.size == 2 || format.size == 4 ||
		       format.size == 8) &&
		      strchr("xduc", format.letter));
	if (debug_parse_address(&address, text))
		check(address.reg <= 10 && memchr(address.name, 0, sizeof(address.name)));
}

/* Bytes that were read, written again, are the same. */
static void read_bytes(const char *text)
{
	struct hex_bytes bytes, again;
	struct buf written = { 0 };
	struct arena arena;
	struct diag d;

	arena_init(&arena);
	diag_init(&d, &arena);
	if (!hex_read(&arena, "--packet", text, 16, &bytes, &d)) {
		check(bytes.len <= 16);
		for (u32 i = 0; i < bytes.len; i++)
			buf_printf(&written, "%02x", bytes.at[i]);
		check(!hex_read(&arena, "--packet", buf_str(&written), bytes.len, &again, &d) &&
		      again.len == bytes.len && !memcmp(again.at, bytes.at, bytes.len));
	}
	check(d.items.n <= 1);
	buf_done(&written);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct native_insn insn;
	struct debug_line line;
	const char *why;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (debug_parse_line(&line, text, &why)) {
		check(line.count <= DEBUG_ARGS);
		parse_argument(line.format);
		for (u32 i = 0; i < line.count; i++) {
			check(*line.args[i] && line.args[i] > line.text &&
			      line.args[i] < line.text + sizeof(line.text));
			parse_argument(line.args[i]);
		}
	}
	parse_argument(text);
	if (native_read_line(text, &insn))
		check(*insn.text && insn.text > text && insn.text < text + size);
	free(text);
	return 0;
}
