/* Any bytes at all must parse to a tree or to errors with locations, and a tree must survive the formatter.
 *
 * The properties, for every input:
 *   - parsing ends, within memory, and every problem lies within the source;
 *   - the report can be drawn, as text and as JSON;
 *   - the tree is at most DEPTH_LIMIT deep and every span lies within the source;
 *   - without errors: the formatted text parses to the same tree, and formatting it again changes nothing.
 *
 * `fuzz_parse N FILE...` runs N inputs made from the files by deterministic mutations (the files themselves
 * first); a failure names the input's number and leaves it in fuzz_parse.failed.  Built with -DFUZZ_ENGINE it has
 * no main, and an engine with the LLVMFuzzerTestOneInput convention drives it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dsl/syntax/diag_list.h"
#include "grammar/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_size, input_number;

static void fail(const char *what) {
  fprintf(stderr, "input %zu: %s; the input is in fuzz_parse.failed\n", input_number, what);
  FILE *file = fopen("fuzz_parse.failed", "wb");
  if (file) {
    fwrite(input, 1, input_size, file);
    fclose(file);
  }
  abort();
}

static void check_span(struct span span, uint32_t source, size_t length) {
  if (span.source != source) fail("a span without a source");
  if (span.begin > span.end || span.end > length) fail("a span outside of its source");
}

/* A chain is as deep as its deepest link. */
static void check_tree(const struct ast *node, uint32_t source, size_t length, int depth) {
  if (!node) return;
  if (depth > DEPTH_LIMIT) fail("a tree that is too deep");
  for (;; node = node->kid[0]) {
    check_span(node->span, source, length);
    check_span(node->at, source, length);
    for (int i = 1; i < node->kids; i++) check_tree(node->kid[i], source, length, depth + 1);
    if (!ast_continues(node)) break;
  }
  if (node->kids) check_tree(node->kid[0], source, length, depth + 1);
}

struct parsed {
  struct sources *sources;
  struct diags *diags;
  struct ast *tree;
};

static struct parsed parse_bytes(struct arena *arena, const char *text, size_t length) {
  struct parsed parsed = {.sources = sources_new(arena)};
  parsed.diags = diags_new(arena, parsed.sources);
  uint32_t source = source_add(parsed.sources, "input.crl", text, length, false);
  parsed.tree = parse(arena, names_new(arena), parsed.sources, source, parsed.diags);
  return parsed;
}

static void check_problems(const struct parsed *parsed, size_t length) {
  const struct diags *diags = parsed->diags;
  for (size_t i = 0; i < diags->problems.n; i++) {
    const struct problem *problem = &diags->problems.at[i];
    check_span(problem->span, 1, length);
    for (size_t k = 0; k < problem->labels.n; k++) check_span(problem->labels.at[k].span, 1, length);
  }
  if (!parsed->tree && !diags->errors) fail("neither a tree nor an error");
  if (diags->errors && !*diag_text(diags)) fail("an error that is not drawn");
  if (diags->errors && *diag_json(diags) != '{') fail("an error that is not in the JSON");
}

static void check_format(struct arena *arena, const struct parsed *first) {
  const char *text = ast_format(arena, first->sources, first->tree);
  struct parsed second = parse_bytes(arena, text, strlen(text));
  if (diag_errors(second.diags)) fail("the formatted text has errors");
  if (strcmp(ast_dump(arena, first->tree), ast_dump(arena, second.tree))) fail("formatting changed the tree");
  if (strcmp(text, ast_format(arena, second.sources, second.tree))) fail("formatting twice changes the text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  input = data;
  input_size = size;
  struct arena *arena = arena_new();
  struct parsed parsed = parse_bytes(arena, (const char *)data, size);
  check_problems(&parsed, size);
  check_tree(parsed.tree, 1, size, 1);
  if (parsed.tree && !diag_errors(parsed.diags)) check_format(arena, &parsed);
  arena_free(arena);
  return 0;
}

#ifndef FUZZ_ENGINE

enum { CORPUS = 512, LONGEST = 1 << 14, ROUNDS = 4 };

static struct {
  char *text;
  size_t length;
} corpus[CORPUS];
static size_t corpus_count;

static void read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || corpus_count == CORPUS) {
    fprintf(stderr, "cannot use '%s'\n", path);
    exit(2);
  }
  char *text = must_alloc(LONGEST);
  corpus[corpus_count].length = fread(text, 1, LONGEST, file);
  corpus[corpus_count++].text = text;
  fclose(file);
}

static uint64_t random_state;

static size_t below(size_t n) { return n ? (size_t)(random_bits(7, random_state++) % n) : 0; }

static const char *const words[] = {
#define KEYWORD(word, token, group, doc) " " #word " ",
#include "grammar/keywords.def"
#undef KEYWORD
    "(",        ")",    "[",    "]",    "{",     "}",  ",",        ":",    ".",     "..",        "=",        "~",
    "<-",       "->",   "+",    "-",    "*",     "/",  "@",        "^",    "'",     "==",        "!=",       "<",
    "<=",       ">",    ">=",   "\"",   "\"a\"", "#",  "# note\n", "\n",   "\n\n",  "\t",        "\r\n",     " x ",
    "1",        "0.5",  "1e-3", ".5",   "//",    "/*", "&&",       "!",    ";",     "\\",        "crl 1",    "\xff",
    "\xc3\xa9", "\x01", "f(x)", "x[1]", " -> f", "- ", "((((",     "{a: ", " y = ", "return x ", "  # c\n  "};

static char buffer[2 * LONGEST];
static size_t length;

static void replace(size_t at, size_t removed, const char *with, size_t n) {
  if (at > length) at = length;
  if (removed > length - at) removed = length - at;
  if (length - removed + n > sizeof buffer) return;
  memmove(buffer + at + n, buffer + at + removed, length - at - removed);
  memcpy(buffer + at, with, n);
  length = length - removed + n;
}

static void mutate(void) {
  char copy[256];
  size_t at = below(length + 1), n = below(40) + 1;
  switch (below(9)) {
  case 0: replace(at, n, "", 0); break;
  case 1:
  case 2:
  case 3: {
    const char *word = words[below(sizeof words / sizeof *words)];
    replace(at, below(3), word, strlen(word));
    break;
  }
  case 4: { /* a piece of the same text */
    size_t from = below(length + 1);
    if (n > length - from) n = length - from;
    memcpy(copy, buffer + from, n);
    replace(at, 0, copy, n);
    break;
  }
  case 5: { /* a piece of another text */
    size_t other = below(corpus_count), from = below(corpus[other].length + 1);
    if (n > corpus[other].length - from) n = corpus[other].length - from;
    replace(at, 0, corpus[other].text + from, n);
    break;
  }
  case 6:
  case 7: { /* another space between two tokens: most inputs stay well-formed */
    static const char *const spaces[] = {"\n", "\n\n", "  # c\n", "\n# own line\n", "\n\n  # spaced\n\n", " \t "};
    const char *space = spaces[below(sizeof spaces / sizeof *spaces)];
    while (at < length && buffer[at] != ' ' && buffer[at] != '\n') at++;
    replace(at, buffer[at] == ' ', space, strlen(space));
    break;
  }
  default:
    copy[0] = (char)below(256);
    replace(at, 1, copy, 1);
    break;
  }
}

/* An input of its own copy, so that a sanitizer sees a read past its end. */
static void run(const char *text, size_t n) {
  uint8_t *data = must_alloc(n ? n : 1);
  memcpy(data, text, n);
  LLVMFuzzerTestOneInput(data, n);
  free(data);
}

int main(int argc, char **argv) {
  long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
  for (int i = 2; i < argc; i++) read_file(argv[i]);
  if (!corpus_count || count <= 0) {
    fprintf(stderr, "usage: fuzz_parse COUNT FILE...\n");
    return 2;
  }
  for (; input_number < corpus_count; input_number++) run(corpus[input_number].text, corpus[input_number].length);
  for (long i = 0; i < count; i++, input_number++) {
    random_state = (uint64_t)input_number << 16;
    size_t from = below(corpus_count);
    length = corpus[from].length;
    memcpy(buffer, corpus[from].text, length);
    for (size_t round = below(ROUNDS) + 1; round--;) mutate();
    run(buffer, length);
  }
  printf("%zu passed, 0 failed\n", input_number);
  return 0;
}

#endif
