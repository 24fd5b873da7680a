/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a script: they are parsed, and dumped, copied and dumped again if they are one.
 * Besides memory errors this finds nodes out of place: the two dumps must agree, every place must
 * lie within the text, and a refused script must say why.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_messages(const struct diag *d, size_t size)
{
	for (size_t i = 0; i < d->items.n; i++) {
		const struct loc *loc = &d->items.at[i].loc;

		demand((size_t)loc->offset + loc->len <= size + 1);
		demand(!loc->line == !loc->col);
	}
}

static void check_copies(struct arena *a, const struct script_ast *ast)
{
	struct buf first = { 0 }, second = { 0 };
	struct script_ast copy = *ast;
	struct clause **tail = &copy.clauses;

	for (const struct clause *c = ast->clauses; c; c = c->next) {
		*tail = ast_copy_clause(a, c);
		tail = &(*tail)->next;
	}
	lang_dump_ast(ast, &first);
	lang_dump_ast(&copy, &second);
	demand(!strcmp(buf_str(&first), buf_str(&second)));
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct script_ast *ast = NULL;
	struct buf tokens = { 0 };
	struct arena a;
	struct diag d;
	char *source;
	int err;

	arena_init(&a);
	source = malloc(size ? size : 1); /* exactly: reading past the end is found */
	demand(source);
	memcpy(source, data, size);
	diag_init(&d, &a);
	err = lang_parse(&a, source, size, &ast, &d);
	demand(err ? d.errors > 0 && !ast : d.errors == 0 && ast);
	check_messages(&d, size);
	if (ast)
		check_copies(&a, ast);
	lang_dump_tokens(&a, source, size, &tokens);
	buf_done(&tokens);
	free(source);
	arena_done(&a);
	return 0;
}
