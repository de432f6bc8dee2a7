/* Presence, differentially: a random model trained on rows of which some are masked (`where`) against the same model
 * trained on the table with these rows taken out.
 *
 *   - where all columns are masked, the model may normalise over the batch, standardise and correlate
 *   - where a value in the middle is, what comes before it is row by row; its absent rows divide by zero and take
 *     logarithms of zero, and nothing of that may reach a weight
 *   - two values masked in different rows, paired by a correlation, are of the rows that have both
 *   - a batch of which no row is present has terms of 0 and leaves all weights as they are
 * In double the terms of three steps and all variables after them agree to what rounding may do; in single precision
 * the first step's terms do.
 *
 * usage: presence [--seeds FROM COUNT] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/table.h"
#include "dsl/lower/compile.h"
#include "dsl/syntax/diag.h"
#include "grammar/parse.h"
#include "kern/kern.h"
#include "train/fit.h"
#include "train/stage_run.h"

enum { ROWS = 14, UPDATES = 3, COLUMNS = 4, TERMS = 8, SEEDS = 150 };
enum kind { ALL_MASKED, MASKED_LATE, PAIRED, NO_ROW, KINDS };
enum { IMAGE, Z, LABEL, MASK };

static const struct data_column schema[COLUMNS] = {
    [IMAGE] = {.name = "image", .type = U8, .shape = {3, {2, 6, 6}}},
    [Z] = {.name = "z", .type = U8}, /* 0 in the rows that may be absent */
    [LABEL] = {.name = "label", .type = U8, .classes = 5},
    [MASK] = {.name = "mask", .type = U8}, /* bit 0 and bit 1 */
};
static const struct data_set set = {
    .name = "made_up", .folder = "made-up", .n_columns = COLUMNS, .column = schema, .rows = {ROWS, ROWS}};

struct trial {
  struct arena *arena;
  uint64_t key, dice;
  enum kind kind;
  char text[2][4000]; /* with masks, and without */
};

struct outcome {
  double term[UPDATES][TERMS];
  size_t terms, n;
  double *variable, *before; /* n numbers after the steps, and before */
};

static long passed, failed;

static int roll(struct trial *t, int n) { return (int)(random_bits(t->key, t->dice++) % (uint64_t)n); }

/* ---- the model's text ---- */

static void add(struct trial *t, const char *masked, const char *plain) {
  const char *line[2] = {masked, plain};
  for (int k = 0; k < 2; k++) {
    size_t n = strlen(t->text[k]);
    snprintf(t->text[k] + n, sizeof t->text[k] - n, "%s\n", line[k]);
  }
}

static void both(struct trial *t, const char *line) { add(t, line, line); }

/* What no row of the split has is not standardised: it has no statistics, and training would not begin. */
static const char *layers(struct trial *t, bool coupled) {
  static const char *const image[] = {" -> conv(3, 3) -> relu -> maxpool(2)", " -> conv(2, 3) -> tanh", ""};
  static const char *const normed[] = {" -> batchnorm", " -> standardize", ""};
  static const char *const last[] = {" -> dense(4) -> tanh -> dense(5)", " -> dense(5)",
                                     " -> dense(6) -> softplus -> dense(5)"};
  static const char *const after[] = {" -> batchnorm -> relu", " -> centred", " -> sigmoid", "", ""};
  bool standardized = coupled && roll(t, 3) == 1 && t->kind != NO_ROW;
  return arena_format(t->arena, "%s%s -> flatten%s%s", coupled ? normed[standardized ? 1 : 2] : "", image[roll(t, 3)],
                      last[roll(t, 3)], after[coupled ? roll(t, 5) : 2 + roll(t, 3)]);
}

/* What is not finite where z is 0. */
static const char *poison(struct trial *t, const char *name) {
  switch (roll(t, 4)) {
  case 0: return arena_format(t->arena, "%s / sqrt(sum(sq(%s * z)))", name, name);
  case 1: return arena_format(t->arena, "%s + log(z)", name);
  case 2: return arena_format(t->arena, "%s * log(z)", name);
  default: return name;
  }
}

static void add_terms(struct trial *t, const char *p, const char *q) {
  static const char *const forms[] = {
      "mse(%s, %s)",
      "corr(%s, %s)",
      "pearson(%s, %s)",
      "mean(sq(%s)) + mean(abs(%s))",
      "sum(mean(sq(%s - mean(%s, batch)), batch))",
  };
  int n = 0;
  both(t, "minimize {");
  for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
    if (roll(t, 2) && !(k == 4 && !n)) continue;
    bool own = k == 4 || k == 3; /* of one value twice: two masks would be two sets of rows */
    const char *e = arena_format(t->arena, forms[k], p, own ? p : q);
    both(t, arena_format(t->arena, "  t%d = %s weight %s", n++, e, roll(t, 2) ? "1" : "0.3"));
  }
  both(t, arena_format(t->arena, "  last = mean(sq(%s)) weight 0.1", q));
  if (t->kind != PAIRED && roll(t, 2)) both(t, arena_format(t->arena, "  c = cross_entropy(%s, label)", p));
  both(t, "}");
}

static void write_model(struct trial *t) {
  bool all = t->kind == ALL_MASKED || t->kind == NO_ROW;
  both(t, "crl 1\ndata d = made_up\nlabel = d.label");
  if (all) {
    add(t, "image = d.image / 255 where d.mask == 3", "image = d.image / 255");
    add(t, "z = d.z / 100 where d.mask == 3", "z = d.z / 100");
  } else {
    both(t, "image = d.image / 255\nz = d.z / 100");
  }
  both(t, arena_format(t->arena, "e = image%s", layers(t, all)));
  both(t, arena_format(t->arena, "g = image%s", layers(t, all)));
  const char *p = poison(t, "e"), *q = all ? poison(t, "g") : "g";
  if (t->kind == MASKED_LATE) {
    add(t, arena_format(t->arena, "p = (%s) where d.mask == 3", p), arena_format(t->arena, "p = %s", p));
    add(t, "q = g where has(p)", "q = g");
  } else if (t->kind == PAIRED) {
    add(t, arena_format(t->arena, "p = (%s) where d.mask > 1", p), arena_format(t->arena, "p = %s", p));
    add(t, "q = g where d.mask == 1 or d.mask == 3", "q = g");
  } else {
    both(t, arena_format(t->arena, "p = %s\nq = %s", p, q));
  }
  add_terms(t, t->kind == PAIRED ? "(p where has(q))" : "p", t->kind == PAIRED ? "(q where has(p))" : "q");
}

/* ---- the table ---- */

static int mask_of(struct trial *t, int row) {
  int drawn = (int)(random_bits(key_mix(t->key, 5), (uint64_t)row) % 6);
  if (t->kind == NO_ROW) return drawn % 3;
  return row < 4 || drawn > 3 ? 3 : t->kind == PAIRED ? drawn % 4 : drawn % 3;
}

/* All rows, or those that have everything. */
static struct table table_of(struct trial *t, bool reduced) {
  struct table table = {.set = &set, .folder = "nowhere"};
  struct array *column = ARENA_ARRAY(t->arena, struct array, COLUMNS);
  int64_t n = 0;
  for (int k = 0; k < COLUMNS; k++) {
    int64_t each = shape_count(schema[k].shape);
    uint8_t *data = arena_alloc(t->arena, (size_t)(ROWS * each));
    n = 0;
    for (int row = 0; row < ROWS; row++) {
      int mask = mask_of(t, row);
      if (reduced && mask != 3) continue;
      for (int64_t i = 0; i < each; i++) {
        uint64_t bits = random_bits(key_mix(t->key, 10 + (uint64_t)k), (uint64_t)(row * each + i));
        data[n * each + i] = (uint8_t)(k == MASK    ? (uint64_t)mask
                                       : k == LABEL ? bits % 5
                                       : k == IMAGE ? bits % 256
                                       : mask == 3  ? 40 + bits % 200
                                                    : 0);
      }
      n++;
    }
    column[k] = (struct array){schema[k].name, U8, schema[k].shape, n, data, NULL};
  }
  for (int split = 0; split < DATA_SPLITS; split++) table.column[split] = column, table.rows[split] = n;
  return table;
}

/* ---- running ---- */

static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context, (void)names, (void)n, (void)error;
  return &set;
}

static const struct program *compile(struct trial *t, int which, int64_t rows) {
  struct error error = {0};
  char *text = t->text[which];
  const char *whole = arena_format(t->arena, "%strain { epochs 100  batch %d  optimizer sgd(lr = 0.05) }\n", text,
                                   (int)rows);
  struct compile_settings settings = {.choose_data = choose_data, .parse = parse};
  struct compiled *compiled = compile_text(t->arena, "random.crl", whole, strlen(whole), &settings, &error);
  if (compiled && compiled->program) return compiled->program;
  printf("%s\n%s\n", whole, compiled ? diag_text(compiled->diags) : error.message);
  return NULL;
}

static void read_variables(const struct model *model, struct trial *t, double **to, size_t *n) {
  *n = 0;
  for (size_t v = 0; v < model->program->variables.n; v++) *n += (size_t)shape_count(model->variable[v].shape);
  double *out = *to = ARENA_ARRAY(t->arena, double, *n + 1);
  for (size_t v = 0; v < model->program->variables.n; v++)
    for (int64_t i = 0; i < shape_count(model->variable[v].shape); i++)
      *out++ = model->variable[v].type == F64 ? ((double *)model->variable[v].data)[i]
                                              : ((float *)model->variable[v].data)[i];
}

static bool train(struct trial *t, int which, bool reference, struct outcome *out) {
  struct table table = table_of(t, which == 1);
  const struct program *program = compile(t, which, table.rows[SPLIT_TRAIN]);
  struct error error = {0};
  const struct backend *backend = reference ? backend_reference() : backend_fast();
  struct model *model = program ? model_new(program, &(struct table *){&table}, NULL, backend, &error) : NULL;
  struct stage_run stage_run;
  struct training_state at = {0};
  if (!model) return false;
  const struct stage *stage = &program->stages.at[0];
  model->seed = 1;
  bool ok = set_up(model, stage, (struct watch){0}, &error) && stage_run_open(&stage_run, model, stage, false, &error);
  if (ok) {
    read_variables(model, t, &out->before, &out->n);
    out->terms = stage->terms;
    for (int step = 0; step < UPDATES && ok; step++) {
      int64_t rows;
      ok = stage_run_step(&stage_run, &at, &rows, &error);
      for (size_t i = 0; i < stage->terms; i++) out->term[step][i] = stage_run_term(&stage_run, i);
      stage_run_advance(&stage_run, &at);
    }
    read_variables(model, t, &out->variable, &out->n);
    stage_run_close(&stage_run);
  }
  model_free(model);
  return ok;
}

/* ---- comparing ---- */

static bool near(double a, double b, double bound) {
  return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= bound * (1 + fabs(a) + fabs(b));
}

static bool agree(const struct outcome *a, const struct outcome *b, int steps, double bound) {
  if (a->terms != b->terms || a->n != b->n) return false;
  bool finite = true; /* a present row that is all zeros divides by zero in both, and then all is NaN */
  for (int step = 0; step < steps && finite; step++)
    for (size_t i = 0; i < a->terms; i++) {
      finite &= isfinite(b->term[step][i]) != 0;
      if (!near(a->term[step][i], b->term[step][i], bound)) return false;
    }
  if (!finite) return true;
  for (size_t i = 0; steps == UPDATES && i < a->n; i++)
    if (!near(a->variable[i], b->variable[i], bound)) return false;
  return true;
}

static bool stands_still(const struct outcome *a) {
  for (int step = 0; step < UPDATES; step++)
    for (size_t i = 0; i < a->terms; i++)
      if (a->term[step][i] != 0) return false;
  for (size_t i = 0; i < a->n; i++)
    if (a->variable[i] != a->before[i] && !(isnan(a->variable[i]) && isnan(a->before[i]))) return false;
  return true;
}

static void check(bool good, const struct trial *t, uint64_t seed, const char *what) {
  good ? passed++ : failed++;
  if (!good) printf("failed: --seeds %llu 1: %s\n%s", (unsigned long long)seed, what, t->text[0]);
}

static void run(uint64_t seed) {
  struct trial t = {.arena = arena_new(), .key = key_mix(seed, 3), .kind = (enum kind)(seed % KINDS)};
  struct outcome masked = {0}, removed = {0}, fast = {0};
  write_model(&t);
  bool ran = train(&t, 0, true, &masked) && train(&t, 0, false, &fast);
  if (t.kind == NO_ROW) {
    check(ran && stands_still(&masked) && stands_still(&fast), &t, seed, "a batch of no row moves something");
  } else {
    ran = ran && train(&t, 1, true, &removed);
    check(ran && agree(&masked, &removed, UPDATES, 1e-8), &t, seed, "masked rows are not as removed ones");
    check(ran && agree(&fast, &masked, 1, 1e-3), &t, seed, "single precision is not as double");
  }
  arena_free(t.arena);
}

int main(int argc, char **argv) {
  uint64_t from = 1, count = SEEDS;
  if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
    from = strtoull(argv[2], NULL, 10);
    count = strtoull(argv[3], NULL, 10);
  }
  kernels_start();
  for (uint64_t seed = from; seed < from + count; seed++) run(seed);
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}
