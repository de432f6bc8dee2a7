/* Any text that parses must compile to a program that can be run, or to errors with locations.
 *
 * The properties, for every input:
 *   - compiling ends, soon and within memory;
 *   - every problem lies within its source, and the report can be drawn, as text and as JSON;
 *   - there is a program or an error, never both;
 *   - every graph of a program passes the verifier, and the text as it runs compiles again to as many weights.
 *
 * `fuzz_compile N FILE...` runs the files themselves and N inputs made from them by deterministic mutations of
 * tokens, so that most still parse: what is found beyond the parser counts here (the parser has fuzz_parse).  FUZZ_FROM
 * in the environment is the number of the first.  A failure names the input's number and leaves it in
 * fuzz_compile.failed; `fuzz_compile 0 fuzz_compile.failed` runs it again. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "dsl/syntax/diag_list.h"
#include "grammar/parse.h"

enum { CORPUS = 1024, LONGEST = 1 << 14, TOKENS = 1 << 12, ROUNDS = 3, PATIENCE = 120 /* seconds for one input */ };

static const char *input;
static size_t input_size, input_number, compiled_count;

static void keep_input(void) {
  FILE *file = fopen("fuzz_compile.failed", "wb");
  if (!file) return;
  fwrite(input, 1, input_size, file);
  fclose(file);
}

static void fail(const char *what) {
  fprintf(stderr, "input %zu: %s; the input is in fuzz_compile.failed\n", input_number, what);
  keep_input();
  signal(SIGABRT, SIG_DFL);
  abort();
}

/* Of a signal that says that something is wrong; what it calls is not safe in general, but all that is left. */
static void caught(int signal) {
  (void)signal;
  fail("does not end, or crashes");
}

/* ---- properties ---- */

static void check_span(const struct sources *sources, struct span span) {
  if (!span.source) return;
  if (span.begin > span.end || span.end > source_get(sources, span.source)->length)
    fail("a span outside of its source");
}

static void check_problems(const struct compiled *made) {
  const struct diags *diags = made->diags;
  for (size_t i = 0; i < diags->problems.n; i++) {
    const struct problem *problem = &diags->problems.at[i];
    if (!problem->span.source) fail("a problem without a place");
    if (!*problem->message) fail("a problem without a text");
    check_span(made->sources, problem->span);
    for (size_t k = 0; k < problem->labels.n; k++) check_span(made->sources, problem->labels.at[k].span);
  }
  if (diags->errors && !*diag_text(diags)) fail("an error that is not drawn");
  if (diags->errors && *diag_json(diags) != '{') fail("an error that is not in the JSON");
  if (!made->program == !diags->errors) fail("a program and errors, or neither");
}

static void check_graph(const struct graph *graph) {
  struct error error = {0};
  if (graph && !graph_verify(graph, &error)) fail(error.message);
}

static void check_program(const struct program *program) {
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    if (!stage->updates) fail("a stage without its graphs");
    for (size_t k = 0; k < stage->setup.n; k++) check_graph(stage->setup.at[k].graph);
    check_graph(stage->prepare);
    for (size_t k = 0; k < stage->updates; k++) {
      if (!stage->update[k].step) fail("an update without its graph");
      check_graph(stage->update[k].step);
      check_graph(stage->update[k].inspect);
      check_graph(stage->update[k].after);
    }
  }
  for (size_t i = 0; i < program->collections.n; i++) {
    check_graph(program->collections.at[i].first);
    check_graph(program->collections.at[i].second);
  }
  for (size_t i = 0; i < program->shows.n; i++) check_graph(program->shows.at[i].graph);
  for (size_t i = 0; i < program->checks.n; i++) {
    check_graph(program->checks.at[i].gradients);
    check_graph(program->checks.at[i].values);
    check_graph(program->checks.at[i].loss);
  }
}

static const struct data_set *choose(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context;
  for (size_t i = 0; i < n; i++)
    if (!catalogue_find(names[i])) {
      error_set(error, ERROR_MODEL, "there is no data set '%s'", names[i]);
      return NULL;
    }
  return catalogue_find(names[0]);
}

/* Every file holds texts, numbers and images. */
static const struct file_columns *describe(void *context, const char *name, struct file_options options,
                                           struct error *error) {
  static const char *const word[] = {"cat", "dog", "owl"};
  static const struct file_column at[] = {
      {.column = {.name = "id", .type = U8, .classes = 3, .class_name = word}, .rows = 12},
      {.column = {.name = "a", .type = F32}, .rows = 12},
      {.column = {.name = "e", .type = I32}, .rows = 12},
      {.column = {.name = "c", .type = F32}, .rows = 12},
      {.column = {.name = "x", .type = U8, .shape = {.rank = 3, .dim = {1, 4, 4}}}, .rows = 12},
      {.column = {.name = "odd"}, .refused = "it holds complex numbers", .rows = 5}};
  static const struct file_columns columns = {"made-up", sizeof at / sizeof *at, at};
  (void)context, (void)name, (void)options, (void)error;
  return &columns;
}

static void check_input(const char *text, size_t size) {
  struct arena *arena = arena_new();
  struct compile_settings settings = {.choose_data = choose, .describe_file = describe, .parse = parse, .check = true};
  struct error error = {0};
  struct compiled *made = compile_text(arena, "input.crl", text, size, &settings, &error);
  if (!made) fail(error.message);
  check_problems(made);
  if (made->program) {
    compiled_count++;
    check_program(made->program);
    struct compiled *again = compile_text(arena, "input.crl", made->resolved, strlen(made->resolved), &settings,
                                          &error);
    if (!again || !again->program) fail("the text as it runs does not compile");
    if (again->parameters != made->parameters) fail("the text as it runs has other weights");
  }
  arena_free(arena);
}

/* An input of its own copy, so that a sanitizer sees a read past its end. */
static void run(const char *text, size_t size) {
  char *copy = must_alloc(size ? size : 1);
  memcpy(copy, text, size);
  input = copy;
  input_size = size;
  alarm(PATIENCE);
  check_input(copy, size);
  alarm(0);
  free(copy);
}

/* ---- tokens ---- */

struct piece {
  const char *text;
  size_t length;
};

struct tokens {
  size_t n;
  struct piece at[TOKENS];
};

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

/* A word or number, a text, a comment or space, or one other character. */
static size_t token_length(const char *text, size_t length) {
  size_t n = 1;
  if (is_word(*text)) {
    while (n < length && is_word(text[n])) n++;
  } else if (*text == '"') {
    while (n < length && text[n] != '"' && text[n] != '\n') n++;
    if (n < length && text[n] == '"') n++;
  } else if (*text == '#') {
    while (n < length && text[n] != '\n') n++;
  } else if (isspace((unsigned char)*text)) {
    while (n < length && isspace((unsigned char)text[n])) n++;
  } else if (n < length && strchr("-<>=!", *text) && strchr("->=", text[n])) {
    n++;
  }
  return n;
}

static void tokenize(struct piece from, struct tokens *out) {
  out->n = 0;
  for (size_t at = 0; at < from.length && out->n < TOKENS;) {
    size_t n = token_length(from.text + at, from.length - at);
    out->at[out->n++] = (struct piece){from.text + at, n};
    at += n;
  }
}

/* ---- mutations ---- */

static struct piece corpus[CORPUS];
static size_t corpus_count, sound[CORPUS], sound_count; /* sound: those that compile, from which most inputs are made */
static uint64_t random_state;
static struct tokens tokens, others;

static size_t below(size_t n) { return n ? (size_t)(random_bits(11, random_state++) % n) : 0; }

/* A token that is not a space; any one in a text of spaces. */
static size_t pick(const struct tokens *from) {
  size_t k = below(from->n);
  for (int tries = 0; tries < 20 && isspace((unsigned char)*from->at[k].text); tries++) k = below(from->n);
  return k;
}

static bool is_number(struct piece piece) { return isdigit((unsigned char)*piece.text); }
static bool is_name(struct piece piece) { return isalpha((unsigned char)*piece.text); }

static struct piece piece_of(const char *text) { return (struct piece){text, strlen(text)}; }

static void erase(size_t at, size_t n) {
  if (n > tokens.n - at) n = tokens.n - at;
  memmove(tokens.at + at, tokens.at + at + n, (tokens.n - at - n) * sizeof *tokens.at);
  tokens.n -= n;
}

static void insert(size_t at, const struct piece *from, size_t n) {
  struct piece copy[64];
  if (n > 64) n = 64;
  if (tokens.n + n > TOKENS) return;
  memcpy(copy, from, n * sizeof *copy);
  memmove(tokens.at + at + n, tokens.at + at, (tokens.n - at) * sizeof *tokens.at);
  memcpy(tokens.at + at, copy, n * sizeof *copy);
  tokens.n += n;
}

/* The tokens from the line's begin at or before k up to and with the line's end. */
static void line_around(const struct tokens *from, size_t k, size_t *begin, size_t *end) {
  while (k > 0 && !memchr(from->at[k - 1].text, '\n', from->at[k - 1].length)) k--;
  *begin = k;
  while (k < from->n && !memchr(from->at[k].text, '\n', from->at[k].length)) k++;
  *end = k < from->n ? k + 1 : k;
}

static void change_number(size_t k) {
  static const char *const numbers[] = {"0",   "1",   "2",      "3",    "7",     "28",
                                        "784", "0.5", "100000", "1e12", "1e300", "1e-300"};
  if (is_number(tokens.at[k])) tokens.at[k] = piece_of(numbers[below(sizeof numbers / sizeof *numbers)]);
}

static void change_operator(size_t k) {
  static const char *const signs[] = {"+", "-",   "*",    "/",    "@",    "^",         "'",      ",",     "=",
                                      "~", "<-",  "->",   "==",   "<",    " where ",   " else ", " and ", "(",
                                      ")", "[0]", "[:1]", "[-1]", "[.a]", " on train", " as s",  "-"};
  if (!is_name(tokens.at[k]) && !is_number(tokens.at[k]))
    tokens.at[k] = piece_of(signs[below(sizeof signs / sizeof *signs)]);
}

/* A name becomes another name: of this text, of another, or of the language. */
static void change_name(size_t k) {
  static const char *const names[] = {"x",
                                      "h",
                                      "batch",
                                      "space",
                                      "relu",
                                      "dense",
                                      "dense(10)",
                                      "sum",
                                      "mean",
                                      "flatten",
                                      "zero",
                                      "stop",
                                      "training",
                                      "digits",
                                      "digits.label",
                                      "digits.image",
                                      "pairs",
                                      "corr",
                                      "mse",
                                      "one_hot",
                                      "classes",
                                      "normal(0, 1)",
                                      "bernoulli(0.5)",
                                      "adam",
                                      "adam()",
                                      "[1, 2]",
                                      "{a: 1}",
                                      "\"a\"",
                                      "true",
                                      "epoch",
                                      "concat",
                                      "reshape",
                                      "transpose",
                                      "[.a, .b]",
                                      ".a",
                                      "mean([])",
                                      "(dense(3) -> relu)",
                                      "(if true then x else y)",
                                      "checked",
                                      "alike",
                                      "whole",
                                      "conv(2, 3)",
                                      "maxpool(2)",
                                      "batchnorm()",
                                      "dropout(0.5)",
                                      "glorot",
                                      "figure",
                                      "measure",
                                      "probe",
                                      "still",
                                      "live"};
  if (!is_name(tokens.at[k])) return;
  const struct tokens *from = below(2) ? &tokens : &others;
  size_t other = pick(from);
  bool own = below(3) && is_name(from->at[other]);
  tokens.at[k] = own ? from->at[other] : piece_of(names[below(sizeof names / sizeof *names)]);
}

static void mutate(void) {
  size_t k = pick(&tokens), other = pick(&tokens), begin, end;
  struct piece held;
  if (!tokens.n) return;
  tokenize(corpus[below(corpus_count)], &others);
  switch (below(12)) {
  case 0: erase(k, 1); break;
  case 1: insert(k, &tokens.at[other], 1); break;
  case 2:
    held = tokens.at[k];
    tokens.at[k] = tokens.at[other];
    tokens.at[other] = held;
    break;
  case 3:
  case 4:
  case 5: change_number(k); break;
  case 6:
  case 7:
  case 8: change_name(k); break;
  case 9: change_operator(k); break;
  case 10: /* a line less, or once more elsewhere */
    line_around(&tokens, k, &begin, &end);
    if (below(2)) erase(begin, end - begin);
    else insert(other, &tokens.at[begin], end - begin);
    break;
  default: /* a line of another text */
    if (!others.n) break;
    line_around(&others, pick(&others), &begin, &end);
    insert(k, &others.at[begin], end - begin);
    break;
  }
}

static char buffer[4 * LONGEST];

static void run_mutation(void) {
  random_state = (uint64_t)input_number << 16;
  bool from_sound = sound_count && below(4);
  tokenize(corpus[from_sound ? sound[below(sound_count)] : below(corpus_count)], &tokens);
  for (size_t round = below(ROUNDS) + 1; round--;) mutate();
  size_t length = 0;
  for (size_t k = 0; k < tokens.n && length + tokens.at[k].length <= sizeof buffer; k++) {
    memcpy(buffer + length, tokens.at[k].text, tokens.at[k].length);
    length += tokens.at[k].length;
  }
  run(buffer, length);
}

static void read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || corpus_count == CORPUS) {
    fprintf(stderr, "cannot use '%s'\n", path);
    exit(2);
  }
  char *text = must_alloc(LONGEST);
  corpus[corpus_count++] = (struct piece){text, fread(text, 1, LONGEST, file)};
  fclose(file);
}

int main(int argc, char **argv) {
  long count = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
  for (int i = 2; i < argc; i++) read_file(argv[i]);
  if (!corpus_count || count < 0) {
    fprintf(stderr, "usage: fuzz_compile COUNT FILE...\n");
    return 2;
  }
  signal(SIGALRM, caught);
  signal(SIGSEGV, caught);
  signal(SIGABRT, caught); /* of sanitizers with abort_on_error=1 */
  for (; input_number < corpus_count; input_number++) {
    size_t before = compiled_count;
    run(corpus[input_number].text, corpus[input_number].length);
    if (compiled_count > before) sound[sound_count++] = input_number;
  }
  size_t from = getenv("FUZZ_FROM") ? strtoul(getenv("FUZZ_FROM"), NULL, 10) : 0;
  input_number += from;
  for (long i = 0; i < count; i++, input_number++) run_mutation();
  printf("%zu of the inputs compile\n%zu passed, 0 failed\n", compiled_count, input_number - from);
  return 0;
}
