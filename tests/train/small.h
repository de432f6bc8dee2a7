/* A program made by hand, small enough to know its answers: linear regression on made-up bytes.
 *
 *   x = bytes / 255 [4],  t = x . (1, 2, 3, 4) rounded into a byte, t' = t / 25
 *   r = x W + noise - t',  loss = mean of r^2;  m <- 0.9 m + gradient,  W <- W - rate m
 *
 * The noise is a draw, m is optimiser state, and a probe Q learns the same from the prediction, computed
 * beforehand. Ownership: everything lives in the arena of the struct. */
#ifndef TESTS_SMALL_H
#define TESTS_SMALL_H
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "data/table.h"
#include "graph/program.h"

enum { SMALL_WIDE = 4, SMALL_ROWS = 50, SMALL_TEST = 20 };

struct small {
  struct arena *arena;
  struct data_column schema[2];
  struct data_set set;
  struct array columns[DATA_SPLITS][2];
  struct table table;
  struct program *program;
};

static const struct attr small_none;

static struct shape small_vector(int64_t n) { return shape_make(1, &n); }

static struct shape small_matrix(int64_t m, int64_t n) {
  int64_t dim[] = {m, n};
  return shape_make(2, dim);
}

static void small_data(struct small *small) {
  static const int64_t rows[] = {SMALL_ROWS, SMALL_TEST};
  struct arena *arena = small->arena;
  small->schema[0] = (struct data_column){.name = "x", .type = U8, .shape = small_vector(SMALL_WIDE)};
  small->schema[1] = (struct data_column){.name = "t", .type = U8, .classes = 256};
  small->set = (struct data_set){.name = "made_up",
                                 .folder = "made-up",
                                 .n_columns = 2,
                                 .column = small->schema,
                                 .rows = {SMALL_ROWS, SMALL_TEST}};
  small->table = (struct table){.set = &small->set, .folder = "nowhere", .rows = {SMALL_ROWS, SMALL_TEST}};
  unsigned state = 7;
  for (int split = SPLIT_TRAIN; split <= SPLIT_TEST; split++) {
    uint8_t *x = arena_alloc(arena, (size_t)rows[split] * SMALL_WIDE), *t = arena_alloc(arena, (size_t)rows[split]);
    for (int64_t i = 0; i < rows[split]; i++) {
      double sum = 0;
      for (int k = 0; k < SMALL_WIDE; k++) {
        state = state * 1103515245u + 12345u;
        x[i * SMALL_WIDE + k] = (uint8_t)(state >> 16);
        sum += (k + 1) * x[i * SMALL_WIDE + k] / 255.0;
      }
      t[i] = (uint8_t)(25 * sum + 0.5);
    }
    small->columns[split][0] = (struct array){"x", U8, small->schema[0].shape, rows[split], x, NULL};
    small->columns[split][1] = (struct array){"t", U8, small->schema[1].shape, rows[split], t, NULL};
    small->table.column[split] = small->columns[split];
  }
}

static struct graph *small_graph(struct small *small, const char *name, const char *where) {
  struct graph *graph = graph_new(small->arena, name, false);
  graph->where = where;
  return graph;
}

static node_id small_column(struct graph *g, int number, enum dtype type, struct shape shape) {
  return graph_op0(g, OP_column, &(struct attr){.i = {number, type}, .shape = shape, .rows = true});
}

static node_id small_variable(struct graph *g, int number, struct shape shape) {
  return graph_op0(g, OP_variable, &(struct attr){.i = {number}, .shape = shape});
}

/* x [4], scaled; and the target [1]. */
static node_id small_x(struct graph *g) {
  node_id x = graph_op1(g, OP_to_float, &small_none, small_column(g, 0, U8, small_vector(SMALL_WIDE)));
  return graph_op2(g, OP_mul, &small_none, x, graph_number(g, 1 / 255.0));
}

static node_id small_target(struct graph *g) {
  node_id t = graph_op1(g, OP_to_float, &small_none, small_column(g, 1, U8, (struct shape){0}));
  t = graph_op2(g, OP_mul, &small_none, t, graph_number(g, 1 / 25.0));
  return graph_op1(g, OP_reshape, &(struct attr){.shape = small_vector(1)}, t);
}

/* The mean square of r [1], a number. */
static node_id small_mean_square(struct graph *g, node_id r) {
  node_id square = graph_op1(g, OP_sum, &(struct attr){.i = {1}}, graph_op1(g, OP_square, &small_none, r));
  node_id sum = graph_op1(g, OP_sum_rows, &small_none, square);
  return graph_op2(g, OP_div, &small_none, sum, graph_op0(g, OP_rows, &small_none));
}

/* Of the mean square of x W + noise - t by W. */
static node_id small_gradient(struct graph *g, node_id x, node_id r) {
  node_id sum = graph_op2(g, OP_matmul_rows, &small_none, x, r);
  return graph_op2(g, OP_div, &small_none, graph_op2(g, OP_mul, &small_none, sum, graph_number(g, 2)),
                   graph_op0(g, OP_rows, &small_none));
}

static node_id small_residual(struct graph *g, node_id x, node_id w, bool noise) {
  node_id r = graph_op2(g, OP_sub, &small_none, graph_op2(g, OP_matmul, &small_none, x, w), small_target(g));
  if (!noise) return r;
  node_id draw = graph_op0(g, OP_normal, &(struct attr){.key = 3, .shape = small_vector(1), .rows = true});
  return graph_op2(g, OP_add, &small_none, r, graph_op2(g, OP_mul, &small_none, draw, graph_number(g, 0.01)));
}

/* Roots "value" and the writes of variables w and m = w + 1. */
static struct graph *small_step(struct small *small, const char *where, node_id (*input)(struct graph *), int w,
                                struct shape shape, double rate, bool noise) {
  struct graph *g = small_graph(small, "step", where);
  node_id x = input(g), weight = small_variable(g, w, shape), r = small_residual(g, x, weight, noise);
  node_id gradient = small_gradient(g, x, r);
  node_id m = graph_op2(g, OP_add, &small_none, gradient,
                        graph_op2(g, OP_mul, &small_none, small_variable(g, w + 1, shape), graph_number(g, 0.9)));
  node_id loss = small_mean_square(g, r);
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
  graph_root(g, ROOT_VALUE, "value", 0, loss);
  graph_root(g, ROOT_WRITE, "m", (uint32_t)w + 1, m);
  graph_root(g, ROOT_WRITE, "W", (uint32_t)w,
             graph_op2(g, OP_sub, &small_none, weight, graph_op2(g, OP_mul, &small_none, m, graph_number(g, rate))));
  return g;
}

static struct graph *small_inspect(struct small *small) {
  struct graph *g = small_graph(small, "inspect", "left");
  node_id x = small_x(g), r = small_residual(g, x, small_variable(g, 0, small_matrix(SMALL_WIDE, 1)), true);
  node_id square = graph_op1(g, OP_square, &small_none, small_gradient(g, x, r));
  graph_root(g, ROOT_VALUE, "norm", 0,
             graph_op1(g, OP_sqrt, &small_none, graph_op1(g, OP_sum, &(struct attr){.i = {3}}, square)));
  return g;
}

static struct update *small_update(struct small *small, struct graph *step, bool inspected) {
  struct update *update = ARENA_NEW(small->program->arena, struct update);
  *update = (struct update){.times = 1, .step = step, .inspect = inspected ? small_inspect(small) : NULL};
  return update;
}

static struct graph *small_initial(struct small *small, int w, struct shape shape) {
  struct graph *g = small_graph(small, "initial", "left");
  graph_root(g, ROOT_WRITE, "W", (uint32_t)w, graph_op0(g, OP_normal, &(struct attr){.key = 1, .shape = shape}));
  graph_root(g, ROOT_WRITE, "m", (uint32_t)w + 1, graph_constant(g, shape, 0));
  return g;
}

static node_id small_cut(struct graph *g) { return small_column(g, 2, F32, small_vector(1)); }

/* What the probe reads: the model's prediction. */
static struct graph *small_prepare(struct small *small) {
  struct graph *g = small_graph(small, "prepare", "left");
  graph_root(g, ROOT_VALUE, "cut:0", 2,
             graph_op2(g, OP_matmul, &small_none, small_x(g), small_variable(g, 0, small_matrix(SMALL_WIDE, 1))));
  return g;
}

/* The probe's error over the whole test split: its prediction a batch at a time, then the mean square. */
static void small_collection(struct small *small) {
  struct graph *first = small_graph(small, "first", "probe"), *second = small_graph(small, "second", "probe");
  node_id w = small_variable(first, 0, small_matrix(SMALL_WIDE, 1)), q = small_variable(first, 2, small_matrix(1, 1));
  node_id code = graph_op2(first, OP_matmul, &small_none, small_x(first), w);
  graph_root(
      first, ROOT_VALUE, "cut:0", 3,
      graph_op2(first, OP_sub, &small_none, graph_op2(first, OP_matmul, &small_none, code, q), small_target(first)));
  node_id r = small_column(second, 3, F32, small_vector(1));
  graph_root(second, ROOT_VALUE, "value:error", 0, small_mean_square(second, r));
  graph_root(second, ROOT_VALUE, "r", 0, r);
  struct collection collection = {"test", first, second, 0};
  struct measurement measured = {
      .split = "test", .name = "error", .stage = 1, .value = "value:error", .scale = 100, .fit_collection = -1};
  vec_push(small->arena, &small->program->collections, collection);
  vec_push(small->arena, &small->program->measurements, measured);
}

static void small_variables(struct small *small) {
  struct shape w = small_matrix(SMALL_WIDE, 1), q = small_matrix(1, 1);
  const struct variable all[] = {{"W", VARIABLE_WEIGHT, w, 0},
                                 {"W.m", VARIABLE_OPTIMIZER, w, 0},
                                 {"Q", VARIABLE_WEIGHT, q, 1},
                                 {"Q.m", VARIABLE_OPTIMIZER, q, 1}};
  struct column columns[] = {{.name = "x", .type = U8, .shape = small_vector(SMALL_WIDE)},
                             {.name = "t", .type = U8},
                             {.kind = COLUMN_CUT, .name = "cut:2", .type = F32, .shape = small_vector(1)},
                             {.kind = COLUMN_CUT, .name = "cut:3", .type = F32, .shape = small_vector(1)}};
  for (size_t i = 0; i < 4; i++) vec_push(small->arena, &small->program->variables, all[i]);
  for (size_t i = 0; i < 4; i++) vec_push(small->arena, &small->program->columns, columns[i]);
}

static inline struct small *small_new(double rate, int64_t epochs, int64_t batch) {
  static struct term terms[] = {{.name = "fit", .sign = 1, .weight = 1, .value = "value", .gradient = "norm"}};
  struct arena *arena = arena_new();
  struct small *small = ARENA_NEW(arena, struct small);
  small->arena = arena;
  small_data(small);
  small->program = ARENA_NEW(arena, struct program);
  *small->program = (struct program){.arena = arena, .name = "small", .compute = -1};
  vec_push(arena, &small->program->tables, &small->set);
  small_variables(small);
  struct shape w = small_matrix(SMALL_WIDE, 1), q = small_matrix(1, 1);
  struct stage main = {.name = "train",
                       .epochs = epochs,
                       .batch = batch,
                       .terms = 1,
                       .term = terms,
                       .updates = 1,
                       .update = small_update(small, small_step(small, "left", small_x, 0, w, rate, true), true)};
  struct stage probe = {
      .name = "probe",
      .in_evaluation = true,
      .epochs = 20,
      .batch = 10,
      .terms = 1,
      .term = terms,
      .prepare = small_prepare(small),
      .updates = 1,
      .update = small_update(small, small_step(small, "probe", small_cut, 2, q, 0.005, false), false)};
  struct setup first[] = {{small_initial(small, 0, w), -1, false}, {small_initial(small, 2, q), -1, false}};
  vec_push(arena, &main.setup, first[0]);
  vec_push(arena, &probe.setup, first[1]);
  vec_push(arena, &small->program->stages, main);
  vec_push(arena, &small->program->stages, probe);
  small_collection(small);
  return small;
}

#endif
