/* The grammar.  Its actions only build the tree (build.c, check.c).
 *
 * LALR(1) without conflicts, bottom-up, so the nesting of a file costs stack in the parser's own array only, and
 * that is bounded (YYMAXDEPTH).  LAC makes "expected ..." exact.
 *
 * Where a body may hold statements, it may also hold expressions: `{ v -> relu }` is a body that is one
 * expression, and an expression among statements is a mistake with a message of its own.  Which statements may
 * stand where is not grammar either but check.c, for the same reason: "'train' does not belong in a block" says
 * more than "unexpected".
 *
 * Recovery: after an error parse.c looks ahead for the next statement or closing brace and inserts a SYNC token
 * before it; `error SYNC` is the broken statement. */
%require "3.8"
%expect 0
%define api.pure full
%define api.prefix {crl_}
%define api.token.prefix {TOKEN_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%param {struct reader *reader}
%locations

%code requires {
#include "grammar/reader.h"
}

%code provides {
int crl_lex(CRL_STYPE *value, struct span *span, struct reader *reader);
void crl_error(struct span *span, struct reader *reader, const char *message);
/* A syntax error at the token read last; the tokens that could have stood there. */
void syntax_error(struct reader *reader, const int *expected, int n);
/* Whether it will be shown: finding out what was expected takes time. */
bool syntax_error_shows(const struct reader *reader);
}

%code {
#include <stdlib.h>

#include "grammar/build.h"

#define YYMAXDEPTH 6000
#define YYMALLOC must_alloc
#define YYFREE free
#define YYLLOC_DEFAULT(whole, right, n)                                                        \
  ((whole) = (n) ? span_join(YYRHSLOC(right, 1), YYRHSLOC(right, n))                           \
                 : (struct span){YYRHSLOC(right, 0).source, YYRHSLOC(right, 0).end, YYRHSLOC(right, 0).end})

#define KIDS(...) (int)(sizeof((struct ast *[]){__VA_ARGS__}) / sizeof(struct ast *)), (struct ast *[]){__VA_ARGS__}
#define BUILD(kind, span, at, name, ...) build(reader, AST_##kind, span, at, name, KIDS(__VA_ARGS__))
#define LEAF(kind, span, at, name) build(reader, AST_##kind, span, at, name, 0, NULL)
#define BINARY(op, span, at, left, right) build_binary(reader, OP_##op, span, at, left, right)
#define ADD(list, item) build_add(reader, list, item)
#define BODY(location, items) check_body(reader, IN_##location, items)
}

%initial-action { @$ = (struct span){reader->source, 0, 0}; }

%union {
  const struct token *token;
  struct ast *tree;
}

%token <token> NAME "a name" KEY "a key" NUMBER "a number" STRING "a string"
%token <token> CALL "'('" INDEX "'['" REST "'..'" WRITES "'<-'" ARROW "'->'"
%token <token> EQUAL "'=='" UNEQUAL "'!='" AT_MOST "'<='" AT_LEAST "'>='"
%token SYNC "a statement"
%token END 0 "end of file"

%token <token> DATA VIEW OPTION BLOCK DEF RULE PARAM STATE VARIABLE MINIMIZE MAXIMIZE TRAIN EVALUATE WATCH SHOW VARIANT STAGE USE
%token <token> RETURN FOR WITHOUT
%token <token> IN IF THEN ELSE AND OR NOT WHERE AS STILL LIVE HELD
%token <token> ON WEIGHT EPOCHS BATCH OF DROP LAST OPTIMIZER WITH KEEP AFTER
%token <token> EVERY STEPS LOWEST HIGHEST STOP LOWER HIGHER TIMES CLIP

%type <token> name split
%type <tree> file items item items_in_braces definition statement group groups parameters parameter parameter_list
%type <tree> dimensions dimension target optional_string optional_after stage_inputs
%type <tree> train_items train_item postfix_list name_list
%type <tree> pattern names generator
%type <tree> pipe chain clause last choice then_pipe then_chain then_clause then_last then_choice
%type <tree> or and not compare sum product unary power prefix over postfix indexed complex
%type <tree> arguments argument_list argument index_items index_item list_items record_items entry optional_pipe

/* What ends a statement where more of it could follow: more of it follows. */
%precedence STATEMENT
%precedence ON WEIGHT OF STRING '-'

%%

start: file { reader->file = $file; };

file: items;

/* ---- statements ---- */

items:
  %empty             { $$ = LEAF(BODY, @$, @$, NULL); reader->file = reader->file ? reader->file : $$; }
| items item         { $$ = ADD($1, $2); $$->span = @$; }
;

item:
  statement
| pipe
| error SYNC         { yyerrok; $$ = NULL; }
;

items_in_braces: '{' items '}' { $$ = $items; $$->span = @$; };

statement:
  DATA name '=' pipe      { $$ = BUILD(DATA, @$, @name, $name->name, $pipe); }
| VIEW name '=' pipe      { $$ = BUILD(VIEW, @$, @name, $name->name, $pipe); }
| OPTION name '=' pipe optional_string      { $$ = BUILD(OPTION, @$, @name, $name->name, $pipe, $optional_string); }
| BLOCK name groups items_in_braces
    { $$ = build_block(reader, AST_BLOCK, @$, $name, $groups, $items_in_braces); }
| RULE name groups items_in_braces
    { $$ = build_block(reader, AST_RULE, @$, $name, $groups, $items_in_braces); }
| definition
| PARAM name dimensions '=' pipe
    { $$ = build_weight(reader, AST_PARAM, OP_BIND_EQUAL, @$, $name, $dimensions, $pipe); }
| PARAM name dimensions '~' pipe
    { $$ = build_weight(reader, AST_PARAM, OP_BIND_DRAW, @$, $name, $dimensions, $pipe); }
| STATE name dimensions '=' pipe
    { $$ = build_weight(reader, AST_STATE, OP_BIND_EQUAL, @$, $name, $dimensions, $pipe); }
| STATE name dimensions '~' pipe
    { $$ = build_weight(reader, AST_STATE, OP_BIND_DRAW, @$, $name, $dimensions, $pipe); }
| VARIABLE name dimensions FOR name[table] '=' pipe
    { $$ = build_row_variable(reader, OP_BIND_EQUAL, @$, $2, $dimensions, $table, $pipe); }
| VARIABLE name dimensions FOR name[table] '~' pipe
    { $$ = build_row_variable(reader, OP_BIND_DRAW, @$, $2, $dimensions, $table, $pipe); }
| target '=' pipe %prec STATEMENT         { $$ = build_definition(reader, @$, $target, $pipe, NULL); }
| target '=' pipe WEIGHT pipe { $$ = build_definition(reader, @$, $target, $3, $5); }
| name '~' pipe           { $$ = BUILD(DRAW, @$, @name, $name->name, $pipe); }
| name WRITES pipe        { $$ = BUILD(WRITE, @$, @name, $name->name, $pipe); }
| RETURN pipe             { $$ = BUILD(RETURN, @$, @RETURN, NULL, $pipe); }
| FOR pattern IN pipe items_in_braces
    { $$ = BUILD(LOOP, @$, @FOR, NULL, $pattern, $pipe, $items_in_braces, NULL); }
| FOR pattern IN pipe[list] IF pipe[keep] items_in_braces
    { $$ = BUILD(LOOP, @$, @FOR, NULL, $pattern, $list, $items_in_braces, $keep); }
| MINIMIZE items_in_braces
    { $$ = build_terms(reader, AST_MINIMIZE, @$, @MINIMIZE, NULL, $items_in_braces); }
| MINIMIZE name items_in_braces
    { $$ = build_terms(reader, AST_MINIMIZE, @$, @name, $name, $items_in_braces); }
| MAXIMIZE items_in_braces
    { $$ = build_terms(reader, AST_MAXIMIZE, @$, @MAXIMIZE, NULL, $items_in_braces); }
| MAXIMIZE name items_in_braces
    { $$ = build_terms(reader, AST_MAXIMIZE, @$, @name, $name, $items_in_braces); }
| TRAIN '{' train_items '}'               { $$ = $train_items; $$->span = @$; $$->at = @TRAIN; }
| TRAIN ON split '{' train_items '}'      { $$ = build_train_on(@$, @split, $split, $train_items); }
| EVALUATE items_in_braces
    { $$ = build_terms(reader, AST_EVALUATE, @$, @EVALUATE, NULL, $items_in_braces); }
| EVALUATE ON split items_in_braces
    { $$ = build_terms(reader, AST_EVALUATE, @$, @split, $split, $items_in_braces); }
| WATCH ON split optional_every items_in_braces
    { $$ = build_watch(reader, @$, $split, $optional_every, $items_in_braces); }
| SHOW pipe               { $$ = build_show(reader, @$, $pipe); }
| VARIANT name optional_string items_in_braces
    { $$ = BUILD(VARIANT, @$, @name, $name->name, $optional_string, BODY(VARIANT, $items_in_braces)); }
| WITHOUT name_list
    { $$ = $name_list; $$->kind = AST_WITHOUT; $$->span = @$; $$->at = @WITHOUT; }
| STAGE name stage_inputs optional_after items_in_braces

    { $$ = BUILD(STAGE, @$, @name, $name->name, $stage_inputs, BODY(STAGE, $items_in_braces), $optional_after); }
| USE STRING                              { $$ = LEAF(USE, @$, @STRING, $STRING->name); }
;

definition:
  DEF name '=' pipe           { $$ = build_def(reader, @$, $name, NULL, $pipe); }
| DEF name group '=' pipe     { $$ = build_def(reader, @$, $name, $group, $pipe); }
| DEF name group items_in_braces              { $$ = build_def(reader, @$, $name, $group, $items_in_braces); }
;

optional_string:
  %empty %prec STATEMENT { $$ = NULL; }
| STRING                 { $$ = LEAF(STRING, @$, @$, $STRING->name); }
;

optional_after:
  %empty      { $$ = NULL; }
| AFTER name  { $$ = LEAF(NAME, @name, @name, $name->name); }
;

optional_every:
  %empty             { $$ = NULL; }
| EVERY pipe interval { $$ = BUILD(EVERY, @$, @1, $interval->name, $pipe); }
;

%type <tree> optional_every;
%type <token> interval best better;
interval: STEPS | EPOCHS;

stage_inputs: %empty { $$ = NULL; } | group;

target:
  name     { $$ = LEAF(NAME, @$, @$, $name->name); }
| indexed
;

/* ---- parameters ---- */

groups:
  group        { $$ = BUILD(LIST, @$, @$, NULL, NULL, $1); }
| group group  { $$ = BUILD(LIST, @$, @$, NULL, $1, $2); }
;

group: CALL parameters ')' { $$ = $parameters; $$->span = @$; };

parameters:
  %empty  { $$ = LEAF(PARAMETERS, @$, @$, NULL); }
| parameter_list
;

parameter_list:
  parameter                     { $$ = BUILD(PARAMETERS, @$, @$, NULL, $1); }
| parameter_list ',' parameter  { $$ = ADD($1, $3); }
;

parameter:
  name dimensions           { $$ = BUILD(PARAMETER, @$, @name, $name->name, NULL, $dimensions); }
| name dimensions '=' pipe  { $$ = BUILD(PARAMETER, @$, @name, $name->name, $pipe, $dimensions); }
;

dimensions:
  %empty                         { $$ = NULL; }
| INDEX ']'                      { $$ = LEAF(SHAPE, @$, @$, NULL); }
| INDEX dimension_list ']'       { $$ = $2; $$->span = @$; }
;

%type <tree> dimension_list;
dimension_list:
  dimension                     { $$ = BUILD(SHAPE, @$, @$, NULL, $1); }
| dimension_list ',' dimension  { $$ = ADD($1, $3); }
;

dimension:
  pipe
| REST  { $$ = LEAF(REST, @$, @$, NULL); }
;

/* ---- train ---- */

train_items:
  %empty                  { $$ = LEAF(TRAIN, @$, @$, NULL); }
| train_items train_item  { $$ = ADD($1, $2); }
;

train_item:
  setting pipe      { $$ = BUILD(TRAIN_ITEM, @$, @1, $1->name, $2, NULL); }
| setting '=' pipe  { $$ = build_setting_equal(reader, @$, @2, $1, $3); }
| BATCH pipe %prec STATEMENT        { $$ = BUILD(TRAIN_ITEM, @$, @1, $1->name, $2, NULL); }
| BATCH '=' pipe    { $$ = build_setting_equal(reader, @$, @2, $1, $3); }
| BATCH pipe OF names               { $$ = BUILD(TRAIN_ITEM, @$, @1, $1->name, $2, $names); }
| DROP LAST                         { $$ = BUILD(TRAIN_ITEM, @$, @1, $1->name, NULL, NULL); }
| postfix_list WITH pipe { $$ = build_only(reader, @$, @2, $1, $3); }
| name ':' postfix_list WITH pipe
    { $$ = BUILD(TURN, @$, @name, $name->name, build_only(reader, @$, @4, $3, $5), NULL); }
| postfix TIMES name ':' postfix_list WITH pipe
    { $$ = BUILD(TURN, @$, @name, $name->name, build_only(reader, @$, @6, $5, $7), $1); }
| postfix WRITES pipe               { $$ = BUILD(WRITTEN, @$, @2, NULL, $1, $3); }
| THEN postfix WRITES pipe          { $$ = BUILD(WRITTEN, @$, @1, $1->name, $2, $4); }
| KEEP postfix_list                 { $$ = $2; $$->kind = AST_KEEP; $$->span = @$; $$->at = @1; }
| KEEP best postfix                 { $$ = BUILD(KEEP_BEST, @$, @2, $best->name, $postfix); }
| STOP AFTER pipe WITHOUT better postfix
    { $$ = BUILD(STOP, @$, @1, $better->name, $pipe, $postfix); }
| NAME '=' pipe     { $$ = build_unknown_setting(reader, $1); }
| error SYNC                        { yyerrok; $$ = NULL; }
;

%type <token> setting;
setting: EPOCHS | OPTIMIZER | CLIP;
best: LOWEST | HIGHEST;      /* names elsewhere: see crl_lex */
better: LOWER | HIGHER;

postfix_list:
  postfix                   { $$ = BUILD(KEEP, @$, @$, NULL, $1); }
| postfix_list ',' postfix  { $$ = ADD($1, $3); }
;

/* ---- expressions, the loosest first ---- */

/* A choice comes last in its pipeline: what is written behind its `else` belongs to that branch. */
pipe:
  chain
| last
| chain ARROW last  { $$ = build_pipe(reader, @$, @2, $1, $3); }
;

chain:
  clause
| chain ARROW clause  { $$ = build_pipe(reader, @$, @2, $1, $3); }
| chain AS name       { $$ = BUILD(AS, @$, @name, $name->name, $1); }
;

clause:
  or
| clause WHERE or  { $$ = BINARY(WHERE, @$, @2, $1, $3); }
| clause ELSE or   { $$ = BINARY(ELSE, @$, @2, $1, $3); }
;

last:
  choice
| clause WHERE choice  { $$ = BINARY(WHERE, @$, @2, $1, $3); }
| clause ELSE choice   { $$ = BINARY(ELSE, @$, @2, $1, $3); }
;

choice: IF pipe THEN then_pipe ELSE pipe  { $$ = BUILD(IF, @$, @1, NULL, $2, $4, $6); };

/* The same between `then` and `else`: there an `else` is the choice's. */
then_pipe:
  then_chain
| then_last
| then_chain ARROW then_last  { $$ = build_pipe(reader, @$, @2, $1, $3); }
;

then_chain:
  then_clause
| then_chain ARROW then_clause  { $$ = build_pipe(reader, @$, @2, $1, $3); }
| then_chain AS name            { $$ = BUILD(AS, @$, @name, $name->name, $1); }
;

then_clause: or | then_clause WHERE or  { $$ = BINARY(WHERE, @$, @2, $1, $3); };
then_last: then_choice | then_clause WHERE then_choice  { $$ = BINARY(WHERE, @$, @2, $1, $3); };
then_choice: IF pipe THEN then_pipe ELSE then_pipe  { $$ = BUILD(IF, @$, @1, NULL, $2, $4, $6); };

or:      and | or OR and                 { $$ = BINARY(OR, @$, @2, $1, $3); };
and:     not | and AND not               { $$ = BINARY(AND, @$, @2, $1, $3); };
not:     compare | NOT not               { $$ = BUILD(NOT, @$, @1, NULL, $2); };

compare:
  sum %prec STATEMENT
| sum EQUAL sum %prec STATEMENT     { $$ = BINARY(EQ, @$, @2, $1, $3); }
| sum UNEQUAL sum %prec STATEMENT   { $$ = BINARY(NE, @$, @2, $1, $3); }
| sum '<' sum %prec STATEMENT       { $$ = BINARY(LT, @$, @2, $1, $3); }
| sum AT_MOST sum %prec STATEMENT   { $$ = BINARY(LE, @$, @2, $1, $3); }
| sum '>' sum %prec STATEMENT       { $$ = BINARY(GT, @$, @2, $1, $3); }
| sum AT_LEAST sum %prec STATEMENT  { $$ = BINARY(GE, @$, @2, $1, $3); }
;

sum:
  product
| sum '+' product  { $$ = BINARY(ADD, @$, @2, $1, $3); }
| sum '-' product  { $$ = BINARY(SUB, @$, @2, $1, $3); }
;

product:
  unary
| product '*' unary  { $$ = BINARY(MUL, @$, @2, $1, $3); }
| product '/' unary  { $$ = BINARY(DIV, @$, @2, $1, $3); }
| product '@' unary  { $$ = BINARY(MATMUL, @$, @2, $1, $3); }
;

unary:  power | '-' unary                { $$ = BUILD(NEGATE, @$, @1, NULL, $2); };

power:  prefix | prefix '^' unary        { $$ = BINARY(POW, @$, @2, $1, $3); };

prefix:
  over
| STILL prefix  { $$ = BUILD(STILL, @$, @1, NULL, $2); }
| LIVE prefix   { $$ = BUILD(LIVE, @$, @1, NULL, $2); }
| HELD prefix   { $$ = BUILD(HELD, @$, @1, NULL, $2); }
;

/* `on train` belongs to the one value before it; behind a pipeline that is the pipeline's, see build_pipe. */
over:
  postfix %prec STATEMENT
| postfix ON split  { $$ = build_on(reader, @$, $1, $split, @split); }
;

/* A name and an index of a name also start a definition, so they stay themselves until what follows decides. */
postfix:
  name     { $$ = LEAF(NAME, @$, @$, $name->name); }
| indexed
| complex
;

indexed:
  name INDEX index_items ']'
    { $$ = build_index(reader, @$, LEAF(NAME, @name, @name, $name->name), $index_items); }
;

complex:
  NUMBER                        { $$ = build_number(reader, $1); }
| STRING                        { $$ = LEAF(STRING, @$, @$, $1->name); }
| KEY                           { $$ = LEAF(KEY, @$, @$, $1->name); }
| '(' pipe ')'                  { $$ = $2; $$->span = @$; }
| '[' list_items ']'            { $$ = $2; $$->span = $$->at = @$; }
| '{' record_items '}'          { $$ = $2; $$->span = $$->at = @$; }
| postfix CALL arguments ')'    { $$ = build_call(reader, @$, $1, $3); }
| indexed INDEX index_items ']' { $$ = build_index(reader, @$, $1, $3); }
| complex INDEX index_items ']' { $$ = build_index(reader, @$, $1, $3); }
| postfix '.' NAME              { $$ = BUILD(FIELD, @$, @3, $3->name, $1); }
| postfix '\''                  { $$ = BUILD(TRANSPOSE, @$, @2, NULL, $1); }
;

arguments:
  %empty          { $$ = LEAF(CALL, @$, @$, NULL); }
| argument_list
| generator       { $$ = BUILD(CALL, @$, @$, NULL, $1); }
;

argument_list:
  argument                    { $$ = BUILD(CALL, @$, @$, NULL, $1); }
| argument_list ',' argument  { $$ = ADD($1, $3); }
;

argument:
  pipe           { $$ = BUILD(ARGUMENT, @$, @$, NULL, $1); }
| name '=' pipe  { $$ = BUILD(ARGUMENT, @$, @name, $name->name, $pipe); }
;

index_items:
  index_item                  { $$ = BUILD(INDEX, @$, @$, NULL, $1); }
| index_items ',' index_item  { $$ = ADD($1, $3); }
;

index_item:
  pipe
| optional_pipe ':' optional_pipe  { $$ = BUILD(SLICE, @$, @2, NULL, $1, $3, NULL); }
| optional_pipe ':' optional_pipe ':' pipe  { $$ = BUILD(SLICE, @$, @2, NULL, $1, $3, $5); }
;

optional_pipe: %empty { $$ = NULL; } | pipe;

list_items:
  %empty               { $$ = LEAF(LIST, @$, @$, NULL); }
| pipe                 { $$ = BUILD(LIST, @$, @$, NULL, $1); }
| list_items ',' pipe  { $$ = ADD($1, $3); }
| generator            { $$ = BUILD(LIST, @$, @$, NULL, $1); }
;

record_items:
  %empty                  { $$ = LEAF(RECORD, @$, @$, NULL); }
| entry                   { $$ = BUILD(RECORD, @$, @$, NULL, $1); }
| record_items ',' entry  { $$ = ADD($1, $3); }
| entry FOR pattern IN pipe
    { $$ = BUILD(RECORD, @$, @$, NULL, BUILD(FOR, @$, @2, NULL, $1, $3, $5, NULL)); }
| entry FOR pattern IN pipe IF pipe[keep]
    { $$ = BUILD(RECORD, @$, @$, NULL, BUILD(FOR, @$, @2, NULL, $1, $3, $5, $keep)); }
;

entry: name ':' pipe  { $$ = BUILD(ENTRY, @$, @name, $name->name, $pipe); };

generator:
  pipe[body] FOR pattern IN pipe[list]
    { $$ = BUILD(FOR, @$, @2, NULL, $body, $pattern, $list, NULL); }
| pipe[body] FOR pattern IN pipe[list] IF pipe[keep]
    { $$ = BUILD(FOR, @$, @2, NULL, $body, $pattern, $list, $keep); }
;

/* ---- names ---- */

pattern:
  name               { $$ = BUILD(PATTERN, @$, @$, NULL, LEAF(NAME, @$, @$, $name->name)); }
| '(' names ')'      { $$ = $names; $$->kind = AST_PATTERN; $$->span = @$; }
;

name_list: names;

names:
  name            { $$ = BUILD(PATTERN, @$, @$, NULL, LEAF(NAME, @$, @$, $name->name)); }
| names ',' name  { $$ = ADD($1, LEAF(NAME, @name, @name, $name->name)); }
;

split: name | TRAIN;

name:
  NAME | ON | WEIGHT | EPOCHS | BATCH | OF | DROP | LAST | OPTIMIZER | KEEP | AFTER | EVERY | STEPS | STOP
| LOWER | HIGHER | CLIP
;
%%
/* Hands the expected tokens on, as token numbers. */
static int yyreport_syntax_error(const yypcontext_t *context, struct reader *reader) {
  yysymbol_kind_t symbols[YYNTOKENS];
  bool expected[YYNTOKENS] = {false};
  int tokens[YYNTOKENS], n = 0;
  int symbol_count = syntax_error_shows(reader) ? yypcontext_expected_tokens(context, symbols, YYNTOKENS) : 0;
  for (int i = 0; i < symbol_count; i++) expected[symbols[i]] = true;
  for (int token = 0; token <= YYMAXUTOK; token++) {
    if (token != TOKEN_CRL_error && expected[YYTRANSLATE(token)]) tokens[n++] = token;
  }
  syntax_error(reader, tokens, n);
  return 0;
}
