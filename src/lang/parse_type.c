/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as they are written in casts, sizeof and let:
 *
 *	struct task_struct *      unsigned long long      pid_t      int32*[4]      string[64]
 *
 * C's integer words may come in any order; they become one name ("unsigned long"). Whether "(x)"
 * is a cast is told without knowing which names are types: by the word itself, or by what follows
 * it.
 */
#include <string.h>

#include "lang/lang.h"
#include "lang/parse.h"

static const char *const c_words[] = {
	"unsigned", "signed", "long", "short", "int", "char", "__signed__",
};

/* Names that are no C words and yet always types. */
static const char *const type_words[] = {
	"int8",   "int16",  "int32",  "int64",  "uint8",  "uint16", "uint32",   "uint64",
	"bool",   "_Bool",  "void",   "float",  "double", "string", "buffer",   "inet",
	"u8",     "u16",    "u32",    "u64",    "s8",     "s16",    "s32",      "s64",
	"__u8",   "__u16",  "__u32",  "__u64",  "__s8",   "__s16",  "__s32",    "__s64",
	"__be16", "__be32", "__be64", "__le16", "__le32", "__le64", "__int128", "timestamp",
};

static const char *const qualifiers[] = {
	"const", "volatile", "restrict", "__restrict", "__user",
	"__rcu", "__percpu", "__iomem",  "__kernel",   "_Atomic",
};

static const char *const builtins[] = {
#define BUILTIN(id, name, help) name,
#include "lang/builtin.def"
#undef BUILTIN
};

static bool parse_is_one_of(const struct token *t, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (parse_is_word(t, words[i]))
			return true;
	}
	return false;
}

static bool parse_is_type_word(const struct token *t)
{
	return t->kind == TOKEN_STRUCT || t->kind == TOKEN_UNION || t->kind == TOKEN_ENUM ||
	       parse_is_one_of(t, c_words, ARRAY_SIZE(c_words)) ||
	       parse_is_one_of(t, type_words, ARRAY_SIZE(type_words)) ||
	       parse_is_one_of(t, qualifiers, ARRAY_SIZE(qualifiers));
}

static bool parse_is_type_name(const struct token *t)
{
	return t->kind == TOKEN_IDENT && t->len > 2 && !memcmp(t->text + t->len - 2, "_t", 2);
}

static bool parse_is_builtin(const struct token *t)
{
	const char *s = t->text;
	u32 n = t->len;

	if (parse_is_one_of(t, builtins, ARRAY_SIZE(builtins)))
		return true;
	if (n && *s == 's') {
		s++;
		n--;
	}
	return t->kind == TOKEN_IDENT && n > 3 && !memcmp(s, "arg", 3) && lex_is_digit(s[3]);
}

/* What may be a type's tokens, from one on. */
struct type_scan {
	u32 end; /* the first token that is none of it */
	bool possible;
	bool certain; /* it is one if it ends where a type must */
	bool by_word; /* nothing but a type begins like this */
};

/* From the '[' at a token to behind its ']', or to what stands in its place. */
static u32 parse_scan_dimension(struct parser *p, u32 at)
{
	while (at < PARSE_LOOKAHEAD - 4) {
		switch (parse_peek(p, at)->kind) {
		case TOKEN_RBRACKET:
			return at + 1;
		case TOKEN_SEMICOLON:
		case TOKEN_LBRACE:
		case TOKEN_RBRACE:
		case TOKEN_END:
			return at;
		default:
			at++;
		}
	}
	return at;
}

static struct type_scan parse_scan_type(struct parser *p, u32 at)
{
	const struct token *t = parse_peek(p, at);
	struct type_scan s = { .end = at, .by_word = parse_is_type_word(t) };
	enum token_kind kind = t->kind;

	s.certain = s.by_word || parse_is_type_name(t);
	if (!s.certain && (kind != TOKEN_IDENT || parse_is_builtin(t)))
		return s;
	s.possible = true;
	s.end++;
	while (s.end < PARSE_LOOKAHEAD - 4) {
		kind = parse_peek(p, s.end)->kind;
		if (kind == TOKEN_IDENT && s.certain) {
			s.end++;
		} else if (kind == TOKEN_MUL) {
			s.end++;
		} else if (kind == TOKEN_LBRACKET) {
			s.end = parse_scan_dimension(p, s.end);
		} else {
			break;
		}
	}
	return s;
}

/* Whether a token can begin an operand but cannot go on with an expression. */
static bool parse_begins_operand(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_IDENT:
	case TOKEN_INT:
	case TOKEN_STRING:
	case TOKEN_VAR:
	case TOKEN_MAP:
	case TOKEN_PARAM:
	case TOKEN_PARAM_COUNT:
	case TOKEN_LPAREN:
	case TOKEN_NOT:
	case TOKEN_BNOT:
	case TOKEN_SIZEOF:
	case TOKEN_OFFSETOF:
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		return true;
	default:
		return false;
	}
}

bool parse_at_cast(struct parser *p)
{
	struct type_scan s;

	if (!parse_at(p, TOKEN_LPAREN))
		return false;
	s = parse_scan_type(p, 1);
	if (!s.possible)
		return false;
	if (parse_peek(p, s.end)->kind != TOKEN_RPAREN)
		return s.by_word;
	return s.certain || parse_peek(p, s.end - 1)->kind == TOKEN_MUL ||
	       parse_begins_operand(parse_peek(p, s.end + 1)->kind);
}

bool parse_is_type_until(struct parser *p, enum token_kind end)
{
	struct type_scan s = parse_scan_type(p, 0);

	return s.by_word || (s.possible && parse_peek(p, s.end)->kind == end);
}

bool parse_qualifier(struct parser *p)
{
	if (!parse_is_one_of(parse_peek(p, 0), qualifiers, ARRAY_SIZE(qualifiers)))
		return false;
	parse_next(p);
	return true;
}

/* C's integer words in any order, as one name. */
static bool parse_c_integer(struct parser *p, struct type_expr *t)
{
	static const char *const names[2][5] = {
		{ "int", "char", "short", "long", "long long" },
		{ "unsigned int", "unsigned char", "unsigned short", "unsigned long",
		  "unsigned long long" },
	};
	u32 seen[ARRAY_SIZE(c_words)] = { 0 };
	u32 size;

	do {
		const struct token *w = parse_peek(p, 0);

		for (size_t i = 0; i < ARRAY_SIZE(c_words); i++)
			seen[i] += parse_is_word(w, c_words[i]);
		parse_next(p);
		while (parse_qualifier(p))
			;
	} while (parse_is_one_of(parse_peek(p, 0), c_words, ARRAY_SIZE(c_words)));
	t->loc = parse_since(p, t->loc);
	if (seen[0] + seen[1] + seen[6] > 1 || seen[2] > 2 || seen[3] > 1 || seen[4] > 1 ||
	    seen[5] > 1 || (seen[2] && seen[3]) || (seen[5] && (seen[2] || seen[3] || seen[4]))) {
		parse_error(p, t->loc, "this is no type of C");
		return false;
	}
	size = seen[5] ? 1 : seen[3] ? 2 : seen[2] ? 2 + seen[2] : 0;
	t->name = names[seen[0]][size];
	if (seen[5] && (seen[1] || seen[6]))
		t->name = "signed char";
	return true;
}

bool parse_type_base(struct parser *p, struct type_expr *t)
{
	struct token w;

	while (parse_qualifier(p))
		;
	w = *parse_peek(p, 0);
	t->loc = w.loc;
	if (parse_is_one_of(&w, c_words, ARRAY_SIZE(c_words)))
		return parse_c_integer(p, t);
	if (w.kind == TOKEN_STRUCT || w.kind == TOKEN_UNION || w.kind == TOKEN_ENUM) {
		t->base = w.kind == TOKEN_STRUCT  ? TYPE_EXPR_STRUCT
			  : w.kind == TOKEN_UNION ? TYPE_EXPR_UNION
						  : TYPE_EXPR_ENUM;
		parse_next(p);
	}
	w = *parse_peek(p, 0);
	if (w.kind != TOKEN_IDENT) {
		if (t->base == TYPE_EXPR_NAME)
			parse_unexpected(p, "a type");
		else
			parse_unexpected(p, "the name of a type");
		return false;
	}
	t->name = parse_text(p, &w);
	parse_next(p);
	t->loc = parse_since(p, t->loc);
	while (parse_qualifier(p))
		;
	return true;
}

bool parse_pointers(struct parser *p, struct type_expr *t)
{
	while (parse_accept(p, TOKEN_MUL)) {
		if (++t->pointers > PARSE_MAX_POINTERS) {
			parse_error(p, p->last, "a type has at most %d '*'", PARSE_MAX_POINTERS);
			return false;
		}
		while (parse_qualifier(p))
			;
	}
	return true;
}

bool parse_dimensions(struct parser *p, struct type_expr *t)
{
	while (parse_accept(p, TOKEN_LBRACKET)) {
		struct loc at = parse_peek(p, 0)->loc;
		s64 n = 0;

		if (!parse_at(p, TOKEN_RBRACKET) && !parse_constant(p, &n))
			return false;
		if (n < 0 || n > INT32_MAX) {
			parse_error(p, parse_since(p, at), "an array cannot have %lld elements",
				    (long long)n);
			return false;
		}
		if (!parse_expect(p, TOKEN_RBRACKET, "the array's size"))
			return false;
		if (t->array_count == ARRAY_SIZE(t->array)) {
			parse_error(p, p->last, "an array has at most %zu dimensions",
				    ARRAY_SIZE(t->array));
			return false;
		}
		t->is_array = true;
		t->array[t->array_count++] = (u32)n;
	}
	return true;
}

struct type_expr *parse_type(struct parser *p)
{
	struct type_expr *t = arena_new(p->arena, struct type_expr);

	if (!parse_type_base(p, t) || !parse_pointers(p, t) || !parse_dimensions(p, t))
		return NULL;
	if (parse_at(p, TOKEN_MUL))
		return parse_error(p, parse_peek(p, 0)->loc,
				   "pointers to arrays are not supported yet");
	t->loc = parse_since(p, t->loc);
	return t;
}
