/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree as text, for -d ast and for tests: a node a line, its operands below it and two blanks
 * further in, and its type behind it once it has one:
 *
 *	clause kprobe:f
 *	  predicate
 *	    == : bool
 *	      builtin pid : uint32
 *	      1 : int64
 *	  body
 *	    expr
 *	      =
 *	        @x
 *	        call count
 */
#include <string.h>

#include "lang/lang.h"
#include "lang/type_expr.h"

/* Deeper lines are not moved in further, so that the text stays in proportion to the tree. */
#define DUMP_MAX_INDENT 64

struct dump {
	struct arena *arena; /* for the names of types */
	struct buf *out;
	u32 depth;
};

static const char *const operators[] = {
	[OP_NONE] = "",  [OP_ADD] = "+",  [OP_SUB] = "-",   [OP_MUL] = "*",  [OP_DIV] = "/",
	[OP_MOD] = "%",  [OP_AND] = "&",  [OP_OR] = "|",    [OP_XOR] = "^",  [OP_SHL] = "<<",
	[OP_SHR] = ">>", [OP_EQ] = "==",  [OP_NE] = "!=",   [OP_LT] = "<",   [OP_LE] = "<=",
	[OP_GT] = ">",   [OP_GE] = ">=",  [OP_LAND] = "&&", [OP_LOR] = "||", [OP_NEG] = "-",
	[OP_NOT] = "!",  [OP_BNOT] = "~", [OP_DEREF] = "*", [OP_ADDR] = "&",
};

static void dump_node(struct dump *d, const struct node *n);

static void dump_indent(struct dump *d)
{
	for (u32 i = 0; i < d->depth && i < DUMP_MAX_INDENT; i++)
		buf_puts(d->out, "  ");
}

static void dump_line(struct dump *d, const char *text)
{
	dump_indent(d);
	buf_puts(d->out, text);
	buf_putc(d->out, '\n');
}

static void dump_list(struct dump *d, const struct node *n)
{
	for (; n; n = n->next)
		dump_node(d, n);
}

/* A node below a line that names its part. */
static void dump_part(struct dump *d, const char *name, const struct node *n)
{
	if (!n)
		return;
	dump_line(d, name);
	d->depth++;
	if (n->kind == NODE_BLOCK)
		dump_list(d, n->block.stmts);
	else
		dump_node(d, n);
	d->depth--;
}

static void dump_string(struct dump *d, const char *s, u32 len)
{
	buf_putc(d->out, '"');
	for (u32 i = 0; i < len; i++) {
		u8 c = (u8)s[i];

		if (c == '"' || c == '\\')
			buf_printf(d->out, "\\%c", c);
		else if (c == '\n')
			buf_puts(d->out, "\\n");
		else if (c < ' ' || c == 127)
			buf_printf(d->out, "\\x%02x", c);
		else
			buf_putc(d->out, (char)c);
	}
	buf_putc(d->out, '"');
}

static void dump_type_expr(struct dump *d, const struct type_expr *t)
{
	static const char *const prefixes[] = {
		[TYPE_EXPR_NAME] = "",
		[TYPE_EXPR_STRUCT] = "struct ",
		[TYPE_EXPR_UNION] = "union ",
		[TYPE_EXPR_ENUM] = "enum ",
		[TYPE_EXPR_TYPEDEF] = "typedef ",
	};

	buf_printf(d->out, "%s%s", prefixes[t->base], t->name ? t->name : "(anonymous)");
	for (u32 i = 0; i < t->pointers; i++)
		buf_putc(d->out, '*');
	for (u32 i = 0; i < t->array_count; i++)
		buf_printf(d->out, t->array[i] ? "[%u]" : "[]", t->array[i]);
}

static void dump_integer(struct dump *d, const struct node *n)
{
	if (n->integer.is_unsigned)
		buf_printf(d->out, "%llu", (unsigned long long)n->integer.value);
	else
		buf_printf(d->out, "%lld", (long long)n->integer.value);
}

static void dump_size(struct dump *d, const struct node *n)
{
	buf_puts(d->out, n->kind == NODE_SIZEOF ? "sizeof" : "offsetof");
	if (n->size.of) {
		buf_putc(d->out, ' ');
		dump_type_expr(d, n->size.of);
	}
	if (n->size.path)
		buf_printf(d->out, " .%s", n->size.path);
}

static void dump_field(struct dump *d, const struct node *n)
{
	if (n->field.name)
		buf_printf(d->out, "%s%s", n->field.arrow ? "->" : ".", n->field.name);
	else
		buf_printf(d->out, ".%u", n->field.number);
}

/* What the line of an expression says, where that is a plain text; else NULL. */
static const char *dump_plain_head(const struct node *n)
{
	switch (n->kind) {
	case NODE_BOOL:
		return n->integer.value ? "true" : "false";
	case NODE_IDENT:
		return n->name;
	case NODE_VAR:
		return n->var.name;
	case NODE_MAP:
		return n->map.name;
	case NODE_UNARY:
		return operators[n->unary.op];
	case NODE_BINARY:
		return operators[n->binary.op];
	case NODE_TERNARY:
		return "?:";
	case NODE_INDEX:
		return "[]";
	case NODE_TUPLE:
		return "tuple";
	default:
		return NULL;
	}
}

static void dump_expr_head(struct dump *d, const struct node *n)
{
	const char *plain = dump_plain_head(n);

	if (plain) {
		buf_puts(d->out, plain);
		return;
	}
	switch (n->kind) {
	case NODE_INT:
		dump_integer(d, n);
		break;
	case NODE_STRING:
		dump_string(d, n->string.s, n->string.len);
		break;
	case NODE_PARAM:
		if (n->param.count)
			buf_puts(d->out, "$#");
		else
			buf_printf(d->out, "$%u", n->param.number);
		break;
	case NODE_BUILTIN:
		buf_printf(d->out, "builtin %s", n->builtin->name);
		break;
	case NODE_CALL:
		buf_printf(d->out, "call %s", n->call.name);
		break;
	case NODE_CAST:
		buf_puts(d->out, "cast ");
		dump_type_expr(d, n->cast.to);
		break;
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
		dump_size(d, n);
		break;
	case NODE_FIELD:
		dump_field(d, n);
		break;
	case NODE_INCDEC:
		buf_puts(d->out, n->incdec.prefix ? "prefix " : "postfix ");
		buf_puts(d->out, n->incdec.increment ? "++" : "--");
		break;
	default:
		buf_printf(d->out, "%s=", operators[n->assign.op]);
		break;
	}
}

static void dump_operands(struct dump *d, const struct node *n)
{
	switch (n->kind) {
	case NODE_CALL:
		dump_list(d, n->call.args);
		break;
	case NODE_MAP:
		dump_list(d, n->map.keys);
		break;
	case NODE_UNARY:
		dump_node(d, n->unary.operand);
		break;
	case NODE_BINARY:
		dump_node(d, n->binary.left);
		dump_node(d, n->binary.right);
		break;
	case NODE_TERNARY:
		dump_node(d, n->ternary.cond);
		dump_node(d, n->ternary.then);
		dump_node(d, n->ternary.otherwise);
		break;
	case NODE_CAST:
		dump_node(d, n->cast.operand);
		break;
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
		dump_node(d, n->size.expr);
		break;
	case NODE_FIELD:
		dump_node(d, n->field.base);
		break;
	case NODE_INDEX:
		dump_node(d, n->index.base);
		dump_node(d, n->index.index);
		break;
	case NODE_TUPLE:
		dump_list(d, n->tuple.items);
		break;
	case NODE_INCDEC:
		dump_node(d, n->incdec.target);
		break;
	case NODE_ASSIGN:
		dump_node(d, n->assign.target);
		dump_node(d, n->assign.value);
		break;
	default:
		break;
	}
}

static void dump_expr(struct dump *d, const struct node *n)
{
	dump_indent(d);
	dump_expr_head(d, n);
	if (n->type)
		buf_printf(d->out, " : %s", type_name(d->arena, n->type));
	buf_putc(d->out, '\n');
	d->depth++;
	dump_operands(d, n);
	d->depth--;
}

static void dump_let(struct dump *d, const struct node *n)
{
	dump_indent(d);
	buf_puts(d->out, "let");
	if (n->let.type) {
		buf_putc(d->out, ' ');
		dump_type_expr(d, n->let.type);
	}
	buf_putc(d->out, '\n');
	d->depth++;
	dump_node(d, n->let.var);
	dump_node(d, n->let.value);
	d->depth--;
}

/* A chain of `else if` stays at one depth. */
static void dump_if(struct dump *d, const struct node *n)
{
	dump_line(d, "if");
	d->depth++;
	for (;;) {
		dump_node(d, n->cond.condition);
		dump_part(d, "then", n->cond.then);
		if (!n->cond.otherwise || n->cond.otherwise->kind != NODE_IF)
			break;
		n = n->cond.otherwise;
		dump_line(d, "else if");
	}
	dump_part(d, "else", n->cond.otherwise);
	d->depth--;
}

static void dump_loop(struct dump *d, const char *name, const struct node *a, const struct node *b,
		      const struct node *c, const struct node *body)
{
	dump_line(d, name);
	d->depth++;
	dump_node(d, a);
	dump_node(d, b);
	dump_node(d, c);
	dump_part(d, "body", body);
	d->depth--;
}

static void dump_node(struct dump *d, const struct node *n)
{
	if (!n)
		return;
	switch (n->kind) {
	case NODE_EXPR:
		dump_part(d, n->discard ? "discard" : "expr", n->expr);
		break;
	case NODE_LET:
		dump_let(d, n);
		break;
	case NODE_IF:
		dump_if(d, n);
		break;
	case NODE_WHILE:
		dump_loop(d, "while", n->loop.condition, NULL, NULL, n->loop.body);
		break;
	case NODE_UNROLL:
		dump_loop(d, "unroll", n->loop.condition, NULL, NULL, n->loop.body);
		break;
	case NODE_FOR_RANGE:
		dump_loop(d, "for", n->range.var, n->range.from, n->range.to, n->range.body);
		break;
	case NODE_FOR_MAP:
		dump_loop(d, "for", n->each.var, n->each.map, NULL, n->each.body);
		break;
	case NODE_BREAK:
		dump_line(d, "break");
		break;
	case NODE_CONTINUE:
		dump_line(d, "continue");
		break;
	case NODE_RETURN:
		if (n->expr)
			dump_part(d, "return", n->expr);
		else
			dump_line(d, "return");
		break;
	case NODE_BLOCK:
		dump_part(d, "block", n);
		break;
	default:
		dump_expr(d, n);
		break;
	}
}

static void dump_members(struct dump *d, const struct type_expr *t)
{
	d->depth++;
	for (const struct member *m = t->members; m; m = m->next) {
		dump_indent(d);
		buf_printf(d->out, "%s : ", m->name ? m->name : "(unnamed)");
		dump_type_expr(d, m->type);
		if (m->bits)
			buf_printf(d->out, " : %u", m->bits);
		buf_puts(d->out, m->packed ? " packed\n" : "\n");
		dump_members(d, m->type);
	}
	for (const struct enum_item *e = t->enumerators; e; e = e->next) {
		dump_indent(d);
		buf_printf(d->out, "%s = %lld\n", e->name, (long long)e->value);
	}
	d->depth--;
}

static void dump_declarations(struct dump *d, const struct script_ast *ast)
{
	for (const struct config_entry *e = ast->config; e; e = e->next)
		buf_printf(d->out, "config %s = %s\n", e->name, e->value);
	for (const struct type_def *t = ast->types; t; t = t->next) {
		dump_type_expr(d, t->definition);
		buf_putc(d->out, '\n');
		dump_members(d, t->definition);
	}
	for (const struct map_decl *m = ast->map_decls; m; m = m->next) {
		buf_printf(d->out, "let %s %s\n", m->name, m->storage);
		d->depth++;
		dump_node(d, m->max_entries);
		d->depth--;
	}
}

static void dump_clause_parts(struct dump *d, const struct clause *c)
{
	d->depth++;
	dump_part(d, "predicate", c->predicate);
	dump_part(d, "body", c->body);
	d->depth--;
}

void lang_dump_ast(const struct script_ast *ast, struct buf *out)
{
	struct dump d = { .arena = ast->arena, .out = out };

	dump_declarations(&d, ast);
	for (const struct clause *c = ast->clauses; c; c = c->next) {
		buf_puts(out, "clause ");
		for (const struct probe_name *p = c->probes; p; p = p->next)
			buf_printf(out, "%s%s", p->text, p->next ? ", " : "\n");
		dump_clause_parts(&d, c);
	}
}

static void dump_program(struct dump *d, const struct program *p)
{
	buf_printf(d->out, "program %s", attach_info(p->kind)->name);
	if (p->targets.n)
		buf_printf(d->out, " %s", p->targets.at[0].name);
	if (p->targets.n > 1)
		buf_printf(d->out, " and %zu more%s", p->targets.n - 1, p->multi ? ", as one" : "");
	buf_putc(d->out, '\n');
	for (size_t i = 0; i < p->vars.n; i++) {
		const struct var *v = p->vars.at[i];

		buf_printf(d->out, "  var %s : %s%s\n", v->name,
			   v->type ? type_name(d->arena, v->type) : "?",
			   v->captured    ? ", captured"
			   : v->addressed ? ", addressed"
					  : "");
	}
	dump_clause_parts(d, p->clause);
}

void lang_dump_unit(const struct unit *u, struct buf *out)
{
	struct dump d = { .arena = u->arena, .out = out };

	for (size_t i = 0; i < u->maps.n; i++) {
		const struct map *m = u->maps.at[i];

		buf_printf(out, "map %s", m->name);
		if (m->key)
			buf_printf(out, "[%s]", type_name(u->arena, m->key));
		buf_printf(out, " : %s\n", m->value ? type_name(u->arena, m->value) : "?");
	}
	for (size_t i = 0; i < u->programs.n; i++)
		dump_program(&d, &u->programs.at[i]);
}
