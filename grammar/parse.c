/* Text to tree: the version line, the token list handed to the grammar, syntax errors, and where to go on after
 * one.
 *
 * After a syntax error the reader looks ahead, from the token that was wrong, for the next place where a
 * statement can start or the braces around it end, and hands the grammar a SYNC token there.  A second error at
 * the same token is not reported, and the search then starts behind it, so every error moves forward. */
#include "grammar/parse.h"

#include <stdio.h>
#include <string.h>

#include "grammar/build.h"
#include "grammar/crl.tab.h"

static const struct {
  const char *word;
  int kind;
  enum word_group group;
} words[] = {
#define KEYWORD(word, token, group, doc) {#word, TOKEN_##token, group},
#include "grammar/keywords.def"
#undef KEYWORD
};

enum { WORDS = sizeof words / sizeof *words };

enum word_group token_group(int kind) {
  for (size_t i = 0; i < WORDS; i++) {
    if (words[i].kind == kind) return words[i].group;
  }
  return NO_WORD;
}

/* ---- tokens for the grammar ---- */

static bool is_name(int kind) { return kind == TOKEN_NAME || token_group(kind) == CONTEXTUAL; }

static bool opens(int kind) {
  return kind == '(' || kind == '[' || kind == '{' || kind == TOKEN_CALL || kind == TOKEN_INDEX;
}

static bool closes(int kind) { return kind == ')' || kind == ']' || kind == '}'; }

/* Whether the brace at this token starts a list of statements, not a record: it follows the end of something. */
static bool opens_body(const struct reader *reader, size_t at) {
  if (reader->tokens.at[at].kind != '{' || at == 0) return false;
  switch (reader->tokens.at[at - 1].kind) {
  case TOKEN_NAME:
  case TOKEN_KEY:
  case TOKEN_STRING:
  case TOKEN_NUMBER:
  case ')':
  case ']':
  case '}': return true;
  case TOKEN_MINIMIZE:
  case TOKEN_MAXIMIZE:
  case TOKEN_TRAIN:
  case TOKEN_EVALUATE: return true;
  default: return is_name(reader->tokens.at[at - 1].kind);
  }
}

/* What the grammar is told: `lowest` and `highest` are names but in `keep lowest bound`, and so is `times` but in
 * `20 times solve: z`. */
static int kind_in_location(const struct reader *reader, size_t at) {
  const struct token *token = &reader->tokens.at[at];
  if (token->kind == TOKEN_TIMES) return is_name(token[1].kind) && token[2].kind == ':' ? TOKEN_TIMES : TOKEN_NAME;
  if (token->kind != TOKEN_LOWEST && token->kind != TOKEN_HIGHEST) return token->kind;
  return at && token[-1].kind == TOKEN_KEEP && is_name(token[1].kind) ? token->kind : TOKEN_NAME;
}

int crl_lex(CRL_STYPE *value, struct span *span, struct reader *reader) {
  if (reader->syncing) {
    reader->syncing = false;
    reader->next = reader->sync_at;
    while (reader->open.n && reader->open.at[reader->open.n - 1] + 1 >= reader->last_error) reader->open.n--;
    while (reader->open.n && !opens_body(reader, reader->open.at[reader->open.n - 1])) reader->open.n--;
    uint32_t here = reader->tokens.at[reader->next].span.begin;
    *span = (struct span){reader->source, here, here};
    return TOKEN_SYNC;
  }
  if (reader->stopped) reader->next = reader->tokens.n - 1;
  const struct token *token = &reader->tokens.at[reader->next];
  reader->read = reader->next;
  reader->closed = NULL;
  if (opens(token->kind)) vec_push(reader->arena, &reader->open, reader->next);
  if (closes(token->kind) && reader->open.n) reader->closed = &reader->tokens.at[reader->open.at[--reader->open.n]];
  int kind = kind_in_location(reader, reader->next);
  if (token->kind != TOKEN_END) reader->next++;
  value->token = token;
  *span = token->span;
  return kind;
}

/* ---- recovery ---- */

static bool starts_line(const struct reader *reader, size_t at) {
  const char *text = reader->text->text;
  uint32_t begin = reader->tokens.at[at].span.begin;
  while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) begin--;
  return begin == 0 || text[begin - 1] == '\n';
}

static bool at_margin(const struct reader *reader, size_t at) {
  uint32_t begin = reader->tokens.at[at].span.begin;
  return begin == 0 || reader->text->text[begin - 1] == '\n';
}

static bool in_train(const struct reader *reader) {
  size_t top = reader->open.n ? reader->open.at[reader->open.n - 1] : 0;
  return top > 0 && reader->tokens.at[top - 1].kind == TOKEN_TRAIN;
}

/* Whether the word of a statement is followed by what its statement goes on with. */
static bool goes_on(const struct reader *reader, size_t at) {
  int kind = reader->tokens.at[at].kind, after = reader->tokens.at[at + 1].kind;
  switch (kind) {
  case TOKEN_TRAIN: return after == '{';
  case TOKEN_MINIMIZE:
  case TOKEN_MAXIMIZE: return after == '{' || is_name(after);
  case TOKEN_EVALUATE: return after == '{' || after == TOKEN_ON;
  case TOKEN_WATCH: return after == TOKEN_ON;
  case TOKEN_USE: return after == TOKEN_STRING;
  case TOKEN_RETURN: return after != '=';
  case TOKEN_FOR: return (is_name(after) || after == '(') && starts_line(reader, at);
  default: return is_name(after);
  }
}

static bool starts_statement(const struct reader *reader, size_t at) {
  const struct token *token = &reader->tokens.at[at];
  if (token_group(token->kind) == HEAD) return goes_on(reader, at);
  if (!is_name(token->kind)) return false;
  if (token->kind != TOKEN_NAME && in_train(reader)) return true;
  int before = at ? token[-1].kind : 0, after = token[1].kind;
  if (before == ',' || before == '.' || before == '(' || before == TOKEN_CALL) return false;
  return after == '=' || after == '~' || after == TOKEN_WRITES;
}

/* Where to go on after an error at token `bad`. */
static size_t find_sync(const struct reader *reader, size_t bad) {
  int depth = 0;
  for (size_t i = reader->open.n; i-- && !opens_body(reader, reader->open.at[i]);) {
    if (reader->open.at[i] < bad && reader->tokens.at[reader->open.at[i]].kind == '{') depth++;
  }
  for (size_t i = reader->last_error == bad + 1 ? bad + 1 : bad;; i++) {
    if (i >= reader->tokens.n) return reader->tokens.n - 1;
    int kind = reader->tokens.at[i].kind;
    bool start = starts_statement(reader, i);
    if (i > bad && token_group(kind) == HEAD && kind != TOKEN_FOR) start |= starts_line(reader, i);
    if (kind == TOKEN_END || (start && at_margin(reader, i))) return i;
    if (depth == 0 && (start || kind == '}')) return i;
    if (kind == '{') depth++;
    if (kind == '}') depth--;
  }
}

/* ---- messages ---- */

enum { FEW = 4, MENTIONED = 8 };

static const char *token_text(struct reader *reader, const struct token *token) {
  if (token->kind == TOKEN_END) return "end of file";
  if (token->kind == TOKEN_STRING) return "a string";
  int length = (int)(token->span.end - token->span.begin);
  return arena_format(reader->arena, "'%.*s'", length > 40 ? 40 : length, reader->text->text + token->span.begin);
}

static bool has(const int *expected, int n, int kind) {
  for (int i = 0; i < n; i++) {
    if (expected[i] == kind) return true;
  }
  return false;
}

static const char *token_words(struct reader *reader, int kind) {
  static const struct {
    int kind;
    const char *text;
  } signs[] = {{TOKEN_CALL, "'('"},
               {TOKEN_INDEX, "'['"},
               {TOKEN_REST, "'..'"},
               {TOKEN_WRITES, "'<-'"},
               {TOKEN_END, "end of file"}};
  for (size_t i = 0; i < WORDS; i++) {
    if (words[i].kind == kind) return arena_format(reader->arena, "'%s'", words[i].word);
  }
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    if (signs[i].kind == kind) return signs[i].text;
  }
  return arena_format(reader->arena, "'%c'", kind);
}

/* Tokens that go on with an expression that is complete. */
static bool is_operator(const int *expected, int n, int kind) {
  switch (kind) {
  case TOKEN_ARROW:
  case TOKEN_AS:
  case TOKEN_WHERE:
  case TOKEN_OR:
  case TOKEN_AND:
  case TOKEN_EQUAL:
  case TOKEN_UNEQUAL:
  case '<':
  case TOKEN_AT_MOST:
  case '>':
  case TOKEN_AT_LEAST:
  case '+':
  case '*':
  case '/':
  case '@':
  case '^':
  case '.':
  case '\'': return true;
  case '-':
  case TOKEN_ELSE:
  case TOKEN_ON:
  case TOKEN_CALL:
  case TOKEN_INDEX: return has(expected, n, TOKEN_ARROW);
  default: return false;
  }
}

static bool starts_expression(int kind) {
  switch (kind) {
  case TOKEN_NUMBER:
  case TOKEN_STRING:
  case TOKEN_KEY:
  case '(':
  case '[':
  case '{':
  case '-':
  case TOKEN_IF:
  case TOKEN_NOT:
  case TOKEN_STILL:
  case TOKEN_LIVE:
  case TOKEN_HELD: return true;
  default: return is_name(kind);
  }
}

/* What a token is an example of, where all of its group could stand; NULL where it stands for itself. */
static const char *group_of(const int *expected, int n, int kind) {
  bool statement = has(expected, n, TOKEN_DATA), expression = has(expected, n, TOKEN_NUMBER);
  if (is_operator(expected, n, kind)) return "an operator";
  if (statement && token_group(kind) == HEAD) return "a statement";
  if (expression && starts_expression(kind)) return statement ? "a statement" : "an expression";
  if (kind == TOKEN_STRING) return "a string";
  return is_name(kind) && has(expected, n, TOKEN_NAME) ? "a name" : NULL;
}

/* "a name", "',' or ')'": what could have stood there, or "" where that is too much to say. */
static const char *expectation(struct reader *reader, const int *expected, int n) {
  const char *reported[MENTIONED];
  int count = 0;
  for (int i = 0; i < n && count < MENTIONED; i++) {
    const char *text = group_of(expected, n, expected[i]);
    if (!text) text = token_words(reader, expected[i]);
    bool again = false;
    for (int k = 0; k < count; k++) again |= !strcmp(reported[k], text);
    if (!again) reported[count++] = text;
  }
  if (count == 0 || count > FEW) return "";
  const char *list = arena_format(reader->arena, ", expected %s", reported[0]);
  for (int k = 1; k < count; k++) {
    list = arena_format(reader->arena, "%s%s%s", list, k + 1 < count ? ", " : " or ", reported[k]);
  }
  return list;
}

static void hint(struct reader *reader, const struct token *bad, const int *expected, int n) {
  struct diags *diags = reader->diags;
  int kind = bad->kind;
  const char *text = token_text(reader, bad);
  bool operand_before = has(expected, n, TOKEN_ARROW);
  if (kind == '{' && has(expected, n, TOKEN_THEN)) {
    diag_hint(diags, "a choice is an expression: `if c then a else b`");
  } else if (kind == ':' && has(expected, n, '=') && has(expected, n, '{')) {
    diag_hint(diags, "a body follows `=` or stands in braces: `def f(x) = ...`, `def f(x) { ... }`");
  } else if (kind == '=' && has(expected, n, TOKEN_WRITES) && !has(expected, n, '=')) {
    diag_hint(diags, "`<-` writes a weight or a state: `then W <- ...`");
  } else if (has(expected, n, TOKEN_FOR) && n == 1) {
    diag_hint(diags, "say of which table: `variable z[10] for digits = 0`");
  } else if (has(expected, n, TOKEN_TIMES) && is_name(kind)) {
    diag_hint(diags, "how often a loss has its turn is written `20 times %s: ...`", bad->name);
  } else if (has(expected, n, TOKEN_WITH) && !has(expected, n, TOKEN_NUMBER)) {
    diag_hint(diags, "what is trained goes with its rule: `a, b with adam()`");
  } else if (kind == '=' && has(expected, n, TOKEN_EQUAL)) {
    diag_hint(diags, "equality is written `==`");
  } else if (kind == '(' && has(expected, n, TOKEN_CALL)) {
    diag_hint(diags, "a call's '(' touches its name: `f(x)`");
  } else if (kind == '[' && has(expected, n, TOKEN_INDEX)) {
    diag_hint(diags, "an index's '[' touches what it indexes: `a[0]`");
  } else if (kind == TOKEN_WRITES && has(expected, n, '<')) {
    diag_hint(diags, "a comparison with a negative number needs a space: `a < -1`");
  } else if (kind == ',' && has(expected, n, ')')) {
    diag_hint(diags, "brackets hold one value: a list is `[a, b]`, and a function has a name, `def f(a, b) = ...`");
  } else if (kind == TOKEN_REST && operand_before) {
    diag_hint(diags, "a slice is written with ':', as in `x[0:14]`");
  } else if (operand_before && (is_name(kind) || kind == TOKEN_NUMBER) && !has(expected, n, kind)) {
    diag_hint(diags, "is a `->`, an operator or a ',' missing before %s?", text);
  } else if (token_group(kind) != NO_WORD && has(expected, n, TOKEN_NAME) && !starts_statement(reader, reader->read)) {
    diag_hint(diags, "%s is a word of the language; choose another name", text);
  } else if (kind == '=' && reader->read && token_group(bad[-1].kind) == HEAD) {
    diag_hint(diags, "%s is a word of the language; choose another name", token_text(reader, bad - 1));
  }
}

/* Shows where a bracket was opened when what follows cannot be inside it. */
static bool label_open(struct reader *reader, const struct token *bad) {
  const struct token *open = reader->closed;
  if (!closes(bad->kind)) {
    if (bad->kind != TOKEN_END && !starts_statement(reader, reader->read)) return false;
    if (!reader->open.n) return false;
    size_t at = reader->open.at[reader->open.n - 1];
    if (bad->kind != TOKEN_END && opens_body(reader, at)) return false;
    open = &reader->tokens.at[at];
  }
  if (open) diag_label(reader->diags, open->span, "opened here");
  return open;
}

/* ---- a statement that is none ---- */

/* The first token of the statement whose braces open at token `at`, where that is a name and no definition. */
static const struct token *head_of(const struct reader *reader, size_t at) {
  const struct token *tokens = reader->tokens.at;
  int depth = 0;
  size_t i = at;
  while (i-- > 0) {
    int kind = tokens[i].kind;
    depth += closes(kind) ? 1 : opens(kind) ? -1 : 0;
    if (depth < 0 || kind == '}' || kind == TOKEN_END) return NULL;
    if (depth == 0 && (kind == '=' || kind == '~' || kind == TOKEN_WRITES || kind == TOKEN_ARROW)) return NULL;
    if (depth == 0 && (starts_line(reader, i) || (i > 0 && (tokens[i - 1].kind == '{' || tokens[i - 1].kind == '}'))))
      return tokens[i].kind == TOKEN_NAME ? &tokens[i] : NULL;
  }
  return NULL;
}

/* The token behind the braces that open at token `at`. */
static size_t behind(const struct reader *reader, size_t at) {
  int depth = 0;
  for (size_t i = at; i < reader->tokens.n; i++) {
    int kind = reader->tokens.at[i].kind;
    depth += kind == '{' ? 1 : kind == '}' ? -1 : 0;
    if (depth == 0) return i + 1;
  }
  return reader->tokens.n - 1;
}

/* Reports the word that a statement begins with, where it begins none: it is near one that does, or a name stands
 * behind it, as in `define f(x)`, or what opens at token `at` does. */
static bool unknown_head(struct reader *reader, size_t at) {
  const struct token *head = head_of(reader, at);
  const char *heads[WORDS];
  size_t n = 0;
  for (size_t i = 0; i < WORDS; i++) {
    if (words[i].group == HEAD) heads[n++] = words[i].word;
  }
  if (!head) return false;
  const char *near = nearest(head->name, heads, n);
  bool named = is_name(head[1].kind) && head + 1 < &reader->tokens.at[at];
  bool braces = reader->tokens.at[at].kind == '{' && (near || head + 1 == &reader->tokens.at[at]);
  if (!named && !braces) return false;
  diag_error(reader->diags, DIAG_E0114, head->span, "unknown statement '%s'", head->name);
  if (near) diag_hint(reader->diags, "did you mean '%s'?", near);
  else if (named) diag_hint(reader->diags, "a statement is 'name = ...' or begins with a word such as 'def'");
  return true;
}

/* `minimise { ... }`: a mistake in braces behind a word that starts no statement.  Reported as that, and all of the
 * braces are left out.  `define f(x) = x`: a mistake at the '='. */
static bool unknown_statement(struct reader *reader, size_t bad) {
  size_t open = reader->open.n;
  while (open && reader->tokens.at[reader->open.at[open - 1]].kind != '{') open--;
  size_t at = open ? reader->open.at[open - 1] : bad;
  if (open && unknown_head(reader, at)) {
    reader->open.n = open - 1;
    reader->sync_at = behind(reader, at);
    return true;
  }
  if (reader->tokens.at[bad].kind != '=' || !unknown_head(reader, bad)) return false;
  reader->sync_at = find_sync(reader, bad);
  return true;
}

/* `train { epoch 3 }`: what stands behind a name that is not a setting. */
static bool unknown_setting(struct reader *reader, size_t bad, const int *expected, int n) {
  const struct token *word = &reader->tokens.at[bad - 1];
  if (!in_train(reader) || word->kind != TOKEN_NAME || !has(expected, n, TOKEN_WITH)) return false;
  build_unknown_setting(reader, word);
  reader->sync_at = find_sync(reader, bad);
  return true;
}

bool syntax_error_shows(const struct reader *reader) {
  return !reader->stopped && reader->last_error != reader->read + 1 && diag_errors(reader->diags) < DIAG_CAP;
}

void syntax_error(struct reader *reader, const int *expected, int n) {
  if (reader->stopped) return;
  size_t bad = reader->read;
  const struct token *token = &reader->tokens.at[bad];
  reader->syncing = true;
  bool reported = reader->last_error == bad + 1;
  if (!reported && (unknown_statement(reader, bad) || (bad && unknown_setting(reader, bad, expected, n)))) {
    reader->last_error = bad + 1;
    return;
  }
  if (reader->last_error != bad + 1) {
    diag_error(reader->diags, DIAG_E0101, token->span, "unexpected %s%s", token_text(reader, token),
               expectation(reader, expected, n));
    if (!label_open(reader, token)) hint(reader, token, expected, n);
  }
  reader->sync_at = find_sync(reader, bad);
  reader->last_error = bad + 1;
}

/* The grammar's own stack is full; it reports nothing else this way. */
void crl_error(struct span *span, struct reader *reader, const char *message) {
  (void)message;
  build_too_deep(reader, *span);
}

/* ---- the version line ---- */

/* True where the rest can be read. */
static bool read_version(struct reader *reader) {
  const struct token *word = &reader->tokens.at[0], *number = word + 1;
  bool reported = word->kind == TOKEN_NAME && !strcmp(word->name, "crl");
  if (!reported) {
    diag_error(reader->diags, DIAG_E0001, word->span, "file does not say its language version");
    diag_hint(reader->diags, "make `crl 1` the first line");
    return true;
  }
  reader->next = 1;
  if (number->kind != TOKEN_NUMBER) {
    diag_error(reader->diags, DIAG_E0001, word->span, "'crl' is not followed by the language version");
    diag_hint(reader->diags, "make `crl 1` the first line");
    return true;
  }
  reader->next = 2;
  if (!strcmp(number->name, "1")) return true;
  diag_error(reader->diags, DIAG_E0002, number->span, "language version '%s' is not known to this program",
             number->name);
  diag_hint(reader->diags, "it reads `crl 1`");
  return false;
}

struct ast *parse(struct arena *arena, struct names *names, const struct sources *sources, uint32_t source,
                  struct diags *diags) {
  struct reader reader = {.arena = arena, .names = names, .sources = sources, .source = source, .diags = diags};
  reader.text = source_get(sources, source);
  scan(&reader);
  if (!read_version(&reader)) return NULL;
  crl_parse(&reader);
  if (!reader.file) return NULL;
  check_body(&reader, IN_FILE, reader.file);
  diag_sort(diags, source);
  reader.file->kind = AST_FILE;
  reader.file->number = 1;
  reader.file->span = (struct span){source, 0, (uint32_t)reader.text->length};
  reader.file->at = reader.file->span;
  return reader.file;
}
