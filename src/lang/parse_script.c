/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole script: what stands outside of blocks.
 *
 *	config = { name = value; }      struct foo { int x; };      let @m = lruhash(100);
 *	probe, probe /predicate/ { ... }
 *
 * A word says which it is; anything else is a list of probes.
 */
#include <string.h>

#include "base/text.h"
#include "lang/lang.h"
#include "lang/parse.h"
#include "lang/prune.h"

/* Gives back what was looked ahead: the text is about to be read by other rules. */
static void parse_back(struct parser *p)
{
	if (p->count && !p->stopped)
		lex_back(&p->lex, parse_peek(p, 0));
	p->first = p->count = 0;
}

static const char *parse_config_value(struct parser *p)
{
	bool negative = parse_accept(p, TOKEN_SUB);
	struct token t = *parse_peek(p, 0);

	if (t.kind == TOKEN_INT) {
		parse_next(p);
		return arena_printf(p->arena, "%s%llu", negative ? "-" : "",
				    (unsigned long long)t.value);
	}
	if (negative || (t.kind != TOKEN_IDENT && t.kind != TOKEN_STRING && t.kind != TOKEN_TRUE &&
			 t.kind != TOKEN_FALSE))
		return parse_unexpected(p, "the setting's value");
	parse_next(p);
	return parse_text(p, &t);
}

static bool parse_config_entry(struct parser *p)
{
	struct config_entry *e = arena_new(p->arena, struct config_entry);
	struct token t = *parse_peek(p, 0);

	if (t.kind != TOKEN_IDENT)
		return parse_unexpected(p, "the name of a setting");
	parse_next(p);
	e->name = parse_text(p, &t);
	e->loc = t.loc;
	if (!parse_expect(p, TOKEN_ASSIGN, "the setting's name"))
		return false;
	e->value_loc = parse_peek(p, 0)->loc;
	e->value = parse_config_value(p);
	if (!e->value)
		return false;
	e->value_loc = parse_since(p, e->value_loc);
	*p->config_tail = e;
	p->config_tail = &e->next;
	return parse_expect_semicolon(p, "the setting");
}

static void parse_config(struct parser *p)
{
	struct token t = parse_next(p);
	struct loc open;

	if (p->ast->config)
		parse_error(p, t.loc, "'config' is given twice");
	if (!parse_expect(p, TOKEN_ASSIGN, "'config'")) {
		parse_recover(p);
		if (parse_at(p, TOKEN_LBRACE))
			parse_skip_block(p);
		return;
	}
	open = parse_peek(p, 0)->loc;
	if (!parse_expect(p, TOKEN_LBRACE, "'config ='"))
		return parse_recover(p);
	while (!parse_accept(p, TOKEN_RBRACE)) {
		if (parse_accept(p, TOKEN_SEMICOLON))
			continue;
		if (parse_at(p, TOKEN_END)) {
			parse_unexpected(p, "'}'");
			parse_hint(p, "the '{' in line %u, column %u, is not closed", open.line,
				   open.col);
			return;
		}
		if (parse_config_entry(p))
			continue;
		parse_recover(p);
		if (parse_at(p, TOKEN_LBRACE))
			parse_skip_block(p);
	}
	parse_accept(p, TOKEN_SEMICOLON);
}

static bool parse_map_decl(struct parser *p)
{
	struct map_decl *m = arena_new(p->arena, struct map_decl);
	struct loc from = parse_next(p).loc;
	struct token t = *parse_peek(p, 0);
	u32 count;

	if (t.kind != TOKEN_MAP) {
		parse_unexpected(p, "a map after 'let'");
		if (t.kind == TOKEN_VAR)
			parse_hint(p, "variables are declared inside of a probe's block");
		return false;
	}
	parse_next(p);
	m->name = parse_text(p, &t);
	if (!parse_expect(p, TOKEN_ASSIGN, "the map's name"))
		return false;
	t = *parse_peek(p, 0);
	if (t.kind != TOKEN_IDENT || parse_peek(p, 1)->kind != TOKEN_LPAREN) {
		parse_unexpected(p, "the map's type");
		parse_hint(p, "for example: let @m = lruhash(1000);");
		return false;
	}
	parse_next(p);
	parse_next(p);
	m->storage = parse_text(p, &t);
	if (!parse_list(p, parse_new(p, NODE_BLOCK, from), TOKEN_RPAREN, "the number of entries",
			&m->max_entries, &count))
		return false;
	m->loc = parse_since(p, from);
	if (count != 1)
		return parse_error(p, m->loc, "expected the number of entries alone");
	*p->maps_tail = m;
	p->maps_tail = &m->next;
	parse_accept(p, TOKEN_SEMICOLON);
	return true;
}

/* What the language has and comes later: told by name, and passed over. */
static void parse_unsupported(struct parser *p, const char *what)
{
	struct token t = parse_next(p);

	parse_error(p, t.loc, "%s not supported yet", what);
	parse_recover(p);
	if (parse_at(p, TOKEN_LBRACE))
		parse_skip_block(p);
}

/* The probes of a clause; false after a mistake, with the rest of the list passed over. */
static bool parse_probes(struct parser *p, struct clause *c)
{
	struct probe_name **tail = &c->probes;

	do {
		unsigned errors = p->d->errors;
		struct probe_name *name;
		struct token t;

		lex_layout(&p->lex);
		if (lex_char(&p->lex, 0) && strchr("{/", lex_char(&p->lex, 0)) && c->probes)
			return true;
		t = lex_probe(&p->lex);
		if (p->d->errors != errors)
			return false;
		if (!t.len) {
			t = *parse_peek(p, 0);
			parse_unexpected(p, "a probe");
			return false;
		}
		if (p->trace)
			buf_printf(p->trace, "%u:%u\tprobe\t%.*s\n", t.loc.line, t.loc.col,
				   (int)t.len, t.text);
		name = arena_new(p->arena, struct probe_name);
		name->text = parse_text(p, &t);
		name->loc = p->last = t.loc;
		*tail = name;
		tail = &name->next;
		lex_layout(&p->lex);
	} while (lex_char(&p->lex, 0) == ',' && (parse_next(p), parse_back(p), true));
	return true;
}

static void parse_hint_probe(struct parser *p, const char *word)
{
	static const char *const words[] = { "struct", "union",  "enum",  "typedef",
					     "config", "import", "macro", "let" };
	struct nearest n = nearest_to(word);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		nearest_try(&n, words[i]);
	if (nearest_name(&n) && !strchr(word, ':'))
		parse_hint(p, "did you mean '%s'?", nearest_name(&n));
	else if (strpbrk(word, "($@\""))
		parse_hint(p, "statements stand in a probe's block: begin { ... }");
	else
		parse_hint(p, "several probes have ',' between them; a name with blanks is quoted");
}

static bool parse_predicate(struct parser *p, struct clause *c)
{
	struct loc open = parse_next(p).loc;

	p->in_predicate = true;
	c->predicate = parse_expr(p);
	p->in_predicate = false;
	if (c->predicate && parse_accept(p, TOKEN_DIV))
		return true;
	if (!c->predicate)
		return false;
	if (parse_at(p, TOKEN_ASSIGN)) {
		parse_error(p, parse_peek(p, 0)->loc, "assignment in a predicate");
		parse_hint(p, "did you mean '=='?");
	} else {
		parse_unexpected(p, "'/' at the predicate's end");
		parse_hint(p, "the predicate begins with the '/' in line %u, column %u", open.line,
			   open.col);
	}
	return false;
}

/* From a mistake in a clause's head to its block; false if there is none. */
static bool parse_recover_clause(struct parser *p)
{
	parse_back(p);
	if (p->stopped)
		return false;
	lex_skip_to_brace(&p->lex);
	return lex_char(&p->lex, 0) == '{';
}

static void parse_clause(struct parser *p)
{
	struct clause *c = arena_new(p->arena, struct clause);
	struct loc from = lex_here(&p->lex);
	bool ok = parse_probes(p, c);

	c->loc = from;
	if (ok && parse_at(p, TOKEN_DIV))
		ok = parse_predicate(p, c);
	if (ok && !parse_at(p, TOKEN_LBRACE)) {
		ok = parse_expect(p, TOKEN_LBRACE, c->predicate ? "the predicate" : "the probe");
		if (!c->predicate && !parse_at(p, TOKEN_END))
			parse_hint_probe(p, c->probes->text);
	}
	if (!ok && !parse_recover_clause(p))
		return;
	c->body = parse_block(p, "the probe");
	c->loc = parse_since(p, from);
	if (!ok || !c->body)
		return;
	c->index = p->clause_count++;
	*p->clauses_tail = c;
	p->clauses_tail = &c->next;
}

static bool parse_word_is(const struct parser *p, const char *word)
{
	u32 n = lex_word_len(&p->lex, p->lex.pos);

	return strlen(word) == n && !memcmp(word, p->lex.source + p->lex.pos, n);
}

/* Whether a word that also may begin a probe's name is followed by what a declaration has there. */
static bool parse_declares(struct parser *p, const char *word)
{
	struct lex ahead = p->lex;
	int c;

	if (!parse_word_is(p, word))
		return false;
	ahead.d = NULL;
	ahead.pos += (u32)strlen(word);
	lex_layout(&ahead);
	c = lex_char(&ahead, 0);
	return c != ':' && c != '/' && c != ',' && (c != '{' || word[0] != 'm');
}

static void parse_item(struct parser *p)
{
	if (parse_declares(p, "struct") || parse_declares(p, "union") ||
	    parse_declares(p, "enum") || parse_declares(p, "typedef")) {
		parse_definition(p);
	} else if (parse_declares(p, "config")) {
		parse_config(p);
	} else if (parse_declares(p, "let")) {
		if (!parse_map_decl(p)) {
			parse_recover(p);
			if (parse_at(p, TOKEN_LBRACE))
				parse_skip_block(p);
		}
	} else if (parse_declares(p, "macro")) {
		parse_unsupported(p, "macros are");
	} else if (parse_declares(p, "import")) {
		parse_unsupported(p, "'import' is");
	} else if (parse_declares(p, "fn") || parse_declares(p, "subprog")) {
		parse_unsupported(p, "functions are");
	} else if (lex_char(&p->lex, 0) == '}') {
		struct loc at = parse_next(p).loc;

		if (!p->lost_count)
			parse_error(p, at, "there is no '{' for this '}'");
	} else if (lex_char(&p->lex, 0) == ';') {
		parse_next(p);
	} else {
		parse_clause(p);
	}
}

static void parse_items(struct parser *p)
{
	for (;;) {
		parse_back(p);
		p->unclosed = false;
		if (!p->stopped)
			lex_layout(&p->lex);
		if (p->stopped || p->lex.pos >= p->lex.len)
			return;
		if (p->d->suppressed)
			return;
		parse_item(p);
	}
}

static void parse_init(struct parser *p, struct arena *a, const char *source, size_t len,
		       struct diag *d)
{
	*p = (struct parser){ .arena = a, .d = d, .ast = arena_new(a, struct script_ast) };
	lex_init(&p->lex, a, source, len, d);
	table_init(&p->constants, a);
	p->ast->arena = a;
	p->config_tail = &p->ast->config;
	p->types_tail = &p->ast->types;
	p->maps_tail = &p->ast->map_decls;
	p->clauses_tail = &p->ast->clauses;
}

int lang_parse(struct arena *a, const char *source, size_t len, struct script_ast **out,
	       struct diag *d)
{
	unsigned errors = d->errors;
	struct parser p;

	*out = NULL;
	if (lex_check(source, len, d))
		return -EINVAL;
	parse_init(&p, a, source, len, d);
	parse_items(&p);
	if (d->errors == errors && !p.ast->clauses) {
		diag_error(d, LOC_NONE, "the script has no probes");
		diag_hint(d, "for example: begin { printf(\"hello\\n\"); }");
	}
	p.ast->broken = d->errors != errors;
	if (p.ast->broken)
		prune_script(p.ast);
	*out = p.ast;
	return p.ast->broken ? -EINVAL : 0;
}

void lang_dump_tokens(struct arena *a, const char *source, size_t len, struct buf *out)
{
	struct parser p;
	struct diag d;

	diag_init(&d, a);
	diag_set_source(&d, "", source, len);
	if (lex_check(source, len, &d))
		return;
	parse_init(&p, a, source, len, &d);
	p.trace = out;
	parse_items(&p);
	buf_printf(out, "%u:%u\tend\n", p.lex.line, p.lex.pos - p.lex.line_start + 1);
}
