/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions of types as C writes them:
 *
 *	struct pair { int a, *b[2]; unsigned c : 3; union { u64 x; char y[8]; }; } __packed;
 *	enum color { RED, GREEN = 1 << 4, };
 *	typedef struct pair pair_t;
 *
 * Pointers to functions and to arrays become `void *`: nothing here can follow them.
 */
#include <string.h>

#include "lang/parse.h"

static bool parse_members(struct parser *p, struct type_expr *t);

/* Takes "( ... )", however nested. */
static bool parse_skip_parens(struct parser *p)
{
	u32 depth = 0;

	do {
		enum token_kind kind = parse_next(p).kind;

		if (kind == TOKEN_END) {
			parse_unexpected(p, "')'");
			return false;
		}
		depth += kind == TOKEN_LPAREN;
		depth -= kind == TOKEN_RPAREN;
	} while (depth);
	return true;
}

/* Takes __attribute__((...)) and __packed; sets *packed, if so. False after a mistake. */
static bool parse_attributes(struct parser *p, bool *packed)
{
	for (;;) {
		if (parse_is_word(parse_peek(p, 0), "__packed")) {
			parse_next(p);
			*packed = true;
			continue;
		}
		if (!parse_is_word(parse_peek(p, 0), "__attribute__"))
			return true;
		parse_next(p);
		for (u32 i = 0; i < 8; i++) {
			const struct token *t = parse_peek(p, i);

			if (parse_is_word(t, "packed") || parse_is_word(t, "__packed__"))
				*packed = true;
			if (parse_is_word(t, "aligned") || parse_is_word(t, "__aligned__")) {
				parse_error(p, t->loc, "'aligned' is not supported yet");
				return false;
			}
			if (t->kind == TOKEN_SEMICOLON || t->kind == TOKEN_LBRACE ||
			    t->kind == TOKEN_END)
				break;
		}
		if (!parse_at(p, TOKEN_LPAREN)) {
			parse_unexpected(p, "'((' after '__attribute__'");
			return false;
		}
		if (!parse_skip_parens(p))
			return false;
	}
}

/* One enumerator, and its value; false after a mistake. */
static bool parse_enumerator(struct parser *p, struct enum_item ***tail, s64 *value)
{
	struct enum_item *e = arena_new(p->arena, struct enum_item);
	struct token name = *parse_peek(p, 0);

	if (name.kind != TOKEN_IDENT) {
		parse_unexpected(p, "an enumerator's name");
		return false;
	}
	parse_next(p);
	e->name = parse_text(p, &name);
	e->loc = name.loc;
	if (parse_accept(p, TOKEN_ASSIGN) && !parse_constant(p, value))
		return false;
	e->value = *value;
	*value = (s64)((u64)*value + 1);
	parse_define_constant(p, e->name, e->value);
	**tail = e;
	*tail = &e->next;
	if (parse_accept(p, TOKEN_COMMA) || parse_at(p, TOKEN_RBRACE))
		return true;
	parse_unexpected(p, "',' or '}' after an enumerator");
	return false;
}

static bool parse_enumerators(struct parser *p, struct type_expr *t)
{
	struct enum_item **tail = &t->enumerators;
	struct loc open = parse_next(p).loc;
	s64 value = 0;

	t->has_members = true;
	while (!parse_accept(p, TOKEN_RBRACE)) {
		if (parse_at(p, TOKEN_END)) {
			parse_unexpected(p, "'}' at the enum's end");
			parse_hint(p, "its '{' in line %u is not closed", open.line);
			return false;
		}
		if (parse_enumerator(p, &tail, &value))
			continue;
		while (!parse_at(p, TOKEN_RBRACE) && !parse_at(p, TOKEN_SEMICOLON) &&
		       !parse_at(p, TOKEN_END) && parse_next(p).kind != TOKEN_COMMA)
			;
		if (parse_at(p, TOKEN_SEMICOLON))
			return false;
	}
	return true;
}

/* The body of a struct, union or enum whose name, if it has one, was taken. */
static bool parse_body(struct parser *p, struct type_expr *t, bool packed)
{
	bool ok;

	if (t->base == TYPE_EXPR_ENUM)
		return parse_enumerators(p, t) && parse_attributes(p, &packed);
	ok = parse_enter(p) && parse_members(p, t) && parse_attributes(p, &packed);
	parse_leave(p);
	for (struct member *m = t->members; m; m = m->next)
		m->packed |= packed;
	return ok;
}

/* What a declaration begins with: a type, defined on the spot or not. */
static bool parse_specifier(struct parser *p, struct type_expr *t)
{
	enum token_kind kind;
	bool packed = false;
	struct token name;

	while (parse_qualifier(p))
		;
	kind = parse_peek(p, 0)->kind;
	if (kind != TOKEN_STRUCT && kind != TOKEN_UNION && kind != TOKEN_ENUM)
		return parse_type_base(p, t);
	t->base = kind == TOKEN_STRUCT  ? TYPE_EXPR_STRUCT
		  : kind == TOKEN_UNION ? TYPE_EXPR_UNION
					: TYPE_EXPR_ENUM;
	t->loc = parse_next(p).loc;
	if (!parse_attributes(p, &packed))
		return false;
	name = *parse_peek(p, 0);
	if (name.kind == TOKEN_IDENT) {
		parse_next(p);
		t->name = parse_text(p, &name);
		t->loc = parse_since(p, t->loc);
	} else if (name.kind != TOKEN_LBRACE) {
		parse_unexpected(p, "a name or '{'");
		return false;
	}
	if (parse_at(p, TOKEN_LBRACE) && !parse_body(p, t, packed))
		return false;
	while (parse_qualifier(p))
		;
	return true;
}

/* Behind the '(' of "(*name)(...)" or "(*name)[...]". */
static bool parse_nested_declarator(struct parser *p, struct member *m)
{
	struct token name;

	while (parse_at(p, TOKEN_MUL) || parse_at(p, TOKEN_LPAREN))
		parse_next(p);
	while (parse_qualifier(p))
		;
	name = *parse_peek(p, 0);
	if (name.kind != TOKEN_IDENT) {
		parse_unexpected(p, "a name");
		return false;
	}
	parse_next(p);
	m->name = parse_text(p, &name);
	m->loc = name.loc;
	if (!parse_dimensions(p, m->type))
		return false;
	while (parse_accept(p, TOKEN_RPAREN))
		;
	*m->type = (struct type_expr){
		.name = "void",
		.loc = m->type->loc,
		.pointers = 1,
		.is_array = m->type->is_array,
		.array_count = m->type->array_count,
		.array = { m->type->array[0], m->type->array[1], m->type->array[2],
			   m->type->array[3] },
	};
	while (parse_at(p, TOKEN_LPAREN) || parse_at(p, TOKEN_LBRACKET)) {
		struct type_expr ignored = { 0 };

		if (parse_at(p, TOKEN_LPAREN) ? !parse_skip_parens(p)
					      : !parse_dimensions(p, &ignored))
			return false;
	}
	return true;
}

static bool parse_bits(struct parser *p, struct member *m)
{
	struct loc at = parse_peek(p, 0)->loc;
	s64 bits;

	if (!parse_constant(p, &bits))
		return false;
	if (bits < 1 || bits > 64) {
		parse_error(p, parse_since(p, at), "a bit-field cannot have %lld bits",
			    (long long)bits);
		return false;
	}
	m->bits = (u32)bits;
	return true;
}

/* "*name[2]", "name : 3" or ": 3": one member of a declaration's type. NULL after a mistake. */
static struct member *parse_declarator(struct parser *p, const struct type_expr *base)
{
	struct member *m = arena_new(p->arena, struct member);
	struct token name;

	m->type = arena_new(p->arena, struct type_expr);
	*m->type = *base;
	m->loc = base->loc;
	if (!parse_pointers(p, m->type))
		return NULL;
	if (parse_accept(p, TOKEN_LPAREN)) {
		if (!parse_nested_declarator(p, m))
			return NULL;
	} else if (!parse_at(p, TOKEN_COLON)) {
		name = *parse_peek(p, 0);
		if (name.kind != TOKEN_IDENT)
			return parse_unexpected(p, "a name");
		parse_next(p);
		m->name = parse_text(p, &name);
		m->loc = name.loc;
		if (!parse_dimensions(p, m->type))
			return NULL;
	}
	if (parse_accept(p, TOKEN_COLON) && !parse_bits(p, m))
		return NULL;
	return parse_attributes(p, &m->packed) ? m : NULL;
}

/* One declaration, through its ';', appended to the members. False after a mistake. */
static bool parse_declaration(struct parser *p, struct member ***tail)
{
	struct type_expr base = { 0 };
	struct member *m;

	if (!parse_specifier(p, &base))
		return false;
	if (parse_at(p, TOKEN_SEMICOLON) && base.has_members && base.base != TYPE_EXPR_ENUM) {
		m = arena_new(p->arena, struct member);
		m->type = arena_new(p->arena, struct type_expr);
		*m->type = base;
		m->loc = base.loc;
		**tail = m;
		*tail = &m->next;
	} else if (!parse_at(p, TOKEN_SEMICOLON) || base.base == TYPE_EXPR_NAME) {
		do {
			m = parse_declarator(p, &base);
			if (!m)
				return false;
			**tail = m;
			*tail = &m->next;
		} while (parse_accept(p, TOKEN_COMMA));
	}
	return parse_expect_semicolon(p, "the member");
}

static bool parse_members(struct parser *p, struct type_expr *t)
{
	struct member **tail = &t->members;
	struct loc open = parse_next(p).loc;

	t->has_members = true;
	while (!parse_at(p, TOKEN_RBRACE)) {
		if (parse_at(p, TOKEN_END)) {
			parse_unexpected(p, "'}' at the definition's end");
			parse_hint(p, "its '{' in line %u is not closed", open.line);
			return false;
		}
		if (!parse_declaration(p, &tail)) {
			parse_recover(p);
			if (parse_at(p, TOKEN_LBRACE))
				parse_skip_block(p);
		}
	}
	parse_next(p);
	return true;
}

static void parse_add_type(struct parser *p, const struct type_expr *t)
{
	struct type_def *def = arena_new(p->arena, struct type_def);

	def->definition = arena_new(p->arena, struct type_expr);
	*def->definition = *t;
	*p->types_tail = def;
	p->types_tail = &def->next;
}

/* "typedef type a, *b;": a definition for each name. */
static bool parse_typedef(struct parser *p)
{
	struct type_expr base = { 0 };

	parse_next(p);
	if (!parse_specifier(p, &base))
		return false;
	do {
		struct type_expr t = { .base = TYPE_EXPR_TYPEDEF };
		struct member *m = parse_declarator(p, &base);

		if (!m)
			return false;
		t.name = m->name;
		t.loc = m->loc;
		t.members = m;
		if (!m->name || m->bits)
			return parse_error(p, m->loc, "a typedef needs a name and no width");
		parse_add_type(p, &t);
		if (base.name) {
			base.has_members = false;
			base.members = NULL;
			base.enumerators = NULL;
		}
	} while (parse_accept(p, TOKEN_COMMA));
	return parse_expect_semicolon(p, "the typedef");
}

static bool parse_record_or_enum(struct parser *p)
{
	struct type_expr t = { 0 };

	if (!parse_specifier(p, &t))
		return false;
	if (!t.has_members)
		return parse_expect_semicolon(p, "the type's name");
	t.loc = parse_since(p, t.loc);
	parse_add_type(p, &t);
	if (parse_at(p, TOKEN_IDENT) && parse_peek(p, 1)->kind == TOKEN_SEMICOLON)
		return parse_error(p, parse_peek(p, 0)->loc,
				   "only types can be defined here, not variables");
	parse_accept(p, TOKEN_SEMICOLON);
	return true;
}

void parse_definition(struct parser *p)
{
	bool ok = parse_at(p, TOKEN_IDENT) ? parse_typedef(p) : parse_record_or_enum(p);

	if (ok)
		return;
	parse_recover(p);
	if (parse_at(p, TOKEN_LBRACE))
		parse_skip_block(p);
	if (parse_accept(p, TOKEN_RBRACE))
		parse_accept(p, TOKEN_SEMICOLON);
}
