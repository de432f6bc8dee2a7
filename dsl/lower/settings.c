/* What `train` says: epochs, batch, optimizer, and what some weights get instead.
 *
 * Everything else of a stage is made from it in stage.c. */
#include <math.h>

#include "dsl/lower/stage.h"

/* ---- rules of some weights' own ---- */

const struct own_rule *own_rule(const struct stage_settings *settings, uint32_t variable) {
  const struct own_rule *found = NULL;
  for (size_t i = 0; i < settings->own.n; i++) {
    const struct own_rule *own = &settings->own.at[i];
    if (own->column || !(own->instance ? slot_within(own->instance, variable) : own->variable == variable)) continue;
    if (own->turn == settings->turn) return own;
    found = own;
  }
  return found;
}

static bool is_within(const struct instance *inner, const struct instance *outer) {
  while (inner && inner != outer) inner = inner->owner;
  return inner != NULL;
}

static bool overlap(const struct own_rule *a, const struct own_rule *b) {
  if (a->column || b->column) return a->column == b->column;
  if (a->instance && b->instance) return is_within(a->instance, b->instance) || is_within(b->instance, a->instance);
  if (a->instance) return slot_within(a->instance, b->variable);
  return b->instance ? slot_within(b->instance, a->variable) : a->variable == b->variable;
}

static void set_apart(const struct context *e, const struct ast *rule, struct own_rule own,
                      struct stage_settings *settings) {
  struct instance *instance = own.instance;
  struct span span = own.span;
  own.rule = rule;
  own.turn = settings->turn;
  if (rule && instance && instance->averaged) {
    diag_error(e->diags, DIAG_E0405, span, "'%s' is an average, which follows '%s' and is not trained", instance->path,
               instance->averaged->path);
    diag_hint(e->diags, "leave it out");
    return;
  }
  for (size_t i = 0; i < settings->own.n; i++) {
    const struct own_rule *other = &settings->own.at[i];
    bool apart = rule && other->rule && other->turn != own.turn; /* two losses may train one weight */
    if (apart || !overlap(other, &own)) continue;
    diag_error(e->diags, DIAG_E0407, span, "what becomes of this is set twice");
    diag_label(e->diags, settings->own.at[i].span, "here for the first time");
    diag_hint(e->diags, "leave out one, or name the parts one by one");
    return;
  }
  vec_push(e->arena, &settings->own, own);
  if (!rule && instance) vec_push(e->arena, &e->build->kept, instance);
  struct trained_part part = {instance, own.variable, settings->turn};
  if (rule && !own.column) vec_push(e->arena, &e->build->trained, part);
}

/* `a, b with rule`, or, without a rule, `keep a, b`: the items from `from`. */
static void read_own_rule(const struct context *e, const struct ast *item, int from, const struct ast *rule,
                          struct stage_settings *settings) {
  for (int i = from; i < item->kids; i++) {
    struct value v = eval(e, item->kid[i]);
    struct values list = {1, &v};
    values_of(e, &v, &list);
    for (size_t k = 0; k < list.n; k++) {
      struct value *one = &list.at[k];
      if (one->kind == V_INSTANCE)
        set_apart(e, rule, (struct own_rule){.instance = one->instance, .span = item->kid[i]->span}, settings);
      else if (one->kind == V_ARRAY && one->array.column)
        set_apart(e, rule, (struct own_rule){.column = one->array.column, .span = item->kid[i]->span}, settings);
      else if (one->kind == V_ARRAY && one->array.variable)
        set_apart(e, rule, (struct own_rule){.variable = one->array.variable - 1, .span = item->kid[i]->span},
                  settings);
      else if (one->kind != V_ERROR)
        diag_error(e->diags, DIAG_E0405, item->kid[i]->span, "only weights and instances are %s, not %s",
                   rule ? "trained" : "kept", describe(e, one));
    }
  }
}

/* ---- settings ---- */

int64_t whole_number(const struct context *e, const struct ast *ast, const char *what, int64_t most) {
  struct value v = eval_number(e, ast, what);
  if (v.kind == V_ERROR) return 1;
  if (v.number >= 1 && v.number == floor(v.number) && v.number <= (double)most) return (int64_t)v.number;
  diag_error(e->diags, DIAG_E0405, ast->span, "'%s' is an integer from 1 to %lld, not %g", what, (long long)most,
             v.number);
  return 1;
}

static void once(const struct context *e, const struct ast *item, const struct ast **reported, const char *what) {
  if (*reported) {
    diag_error(e->diags, DIAG_E0407, item->at, "%s is given twice", what);
    diag_label(e->diags, (*reported)->at, "here for the first time");
  }
  *reported = item;
}

static void given_twice(const struct context *e, const struct ast *item, const struct ast *train, int k) {
  for (int i = 0; i < k; i++) {
    if (train->kid[i]->kind != AST_TRAIN_ITEM || train->kid[i]->name != item->name) continue;
    diag_error(e->diags, DIAG_E0407, item->at, "'%s' is given twice", item->name);
    diag_label(e->diags, train->kid[i]->at, "'%s' was given here", item->name);
    return;
  }
}

/* `batch 100 of a, b` says whose rows: so many of each. */
static void read_batch_of(const struct context *e, const struct ast *item, struct stage_settings *settings) {
  const struct ast *names = item->kids > 1 ? item->kid[1] : NULL;
  for (int i = 0; names && i < names->kids; i++) {
    struct span span = names->kid[i]->span;
    struct value v = eval(e, names->kid[i]);
    if (v.kind != V_SET && v.kind != V_ERROR)
      diag_error(e->diags, DIAG_E0405, span, "a batch is of a data set, not of %s", describe(e, &v));
    if (v.kind != V_SET) continue;
    int table = program_table(e, v.set);
    if (settings->table >= 0 && gives_batches(settings, table))
      diag_error(e->diags, DIAG_E0407, span, "%s is given twice", table_called(e, table));
    else if (settings->table >= 0) vec_push(e->arena, &settings->beside, table);
    else settings->table = table, settings->table_span = names->span;
  }
}

/* `solve: z with sgd()`, maybe so many times. */
static void read_turn(const struct context *e, const struct ast *item, struct stage_settings *settings) {
  struct turn_settings turn = {item->name, item, 1, {{0}}};
  if (item->kid[1]) turn.times = whole_number(e, item->kid[1], "times", 1000000);
  settings->turn = (int)settings->turns.n;
  settings->rules = true;
  vec_push(e->arena, &settings->turns, turn);
  read_own_rule(e, item->kid[0], 1, item->kid[0]->kid[0], settings);
}

/* The turn of the stage's only loss, made where there is none. */
static int only_turn(const struct context *e, struct stage_settings *settings) {
  struct turn_settings turn = {.times = 1};
  for (size_t i = 0; i < settings->turns.n; i++)
    if (!settings->turns.at[i].ast) return (int)i;
  vec_push(e->arena, &settings->turns, turn);
  return (int)settings->turns.n - 1;
}

/* `then D <- e` belongs to the update before it, `D <- e` to the round. */
static void read_written(const struct context *e, const struct ast *item, const struct ast *before,
                         struct stage_settings *settings) {
  bool updates = before && (before->kind == AST_TURN || before->kind == AST_TRAIN_ONLY ||
                            (before->kind == AST_TRAIN_ITEM && !strcmp(before->name, "optimizer")));
  if (!item->name) {
    struct turn_settings turn = {NULL, item, 1, {{0}}};
    vec_push(e->arena, &settings->turns, turn);
  } else if (updates) {
    vec_push(e->arena, &settings->turns.at[settings->turn].then.list, item);
  } else {
    diag_error(e->diags, DIAG_E0418, item->at, "'then' does not follow an update");
    diag_hint(e->diags, "put it behind what is trained: 'optimizer adam() then W <- ...'");
  }
}

static double largest_norm(const struct context *e, const struct ast *ast) {
  struct value v = eval_number(e, ast, "clip");
  if (v.kind == V_ERROR || v.number > 0) return v.kind == V_ERROR ? 0 : v.number;
  diag_error(e->diags, DIAG_E0405, ast->span, "'clip' is a number above 0, the largest norm of the gradient, not %g",
             v.number);
  return 0;
}

static void read_item(const struct context *e, const struct ast *train, int k, struct stage_settings *settings) {
  const struct ast *item = train->kid[k];
  int before = k - 1;
  while (before >= 0 && train->kid[before]->kind == AST_WRITTEN && train->kid[before]->name) before--;
  switch (item->kind) {
  case AST_KEEP: read_own_rule(e, item, 0, NULL, settings); return;
  case AST_KEEP_BEST: once(e, item, &settings->keep_best, "which weights to keep"); return;
  case AST_STOP:
    once(e, item, &settings->stop, "when to stop");
    settings->patience = whole_number(e, item->kid[0], "after", 1000000);
    return;
  case AST_TRAIN_ONLY:
    settings->rules = true;
    settings->turn = only_turn(e, settings);
    if (!settings->only) settings->only = item;
    read_own_rule(e, item, 1, item->kid[0], settings);
    return;
  case AST_TURN: read_turn(e, item, settings); return;
  case AST_WRITTEN: read_written(e, item, before < 0 ? NULL : train->kid[before], settings); return;
  default: break;
  }
  given_twice(e, item, train, k);
  if (!strcmp(item->name, "epochs")) {
    settings->epochs = whole_number(e, item->kid[0], item->name, 1000000);
  } else if (!strcmp(item->name, "batch")) {
    settings->batch = whole_number(e, item->kid[0], item->name, 1000000);
    read_batch_of(e, item, settings);
  } else if (!strcmp(item->name, "clip")) {
    settings->clip = largest_norm(e, item->kid[0]);
    settings->clip_at = item->at;
  } else if (!strcmp(item->name, "drop")) {
    settings->drop_last = true;
  } else if (!strcmp(item->name, "optimizer")) {
    settings->optimizer = item->kid[0];
    settings->turn = only_turn(e, settings);
    if (!settings->only) settings->only = item;
  }
}

/* `train on test { ... }`: the split whose rows a stage goes through. */
static enum data_split split_trained(const struct context *e, const struct ast *train) {
  enum data_split split = train->name ? split_named(train->name) : SPLIT_TRAIN;
  if (split < DATA_SPLITS) return split;
  diag_error(e->diags, DIAG_E0413, train->at, "unknown split '%s'", train->name);
  diag_hint(e->diags, "a stage goes through the rows of 'train', or finds values for those of 'validation' or 'test'");
  return SPLIT_TRAIN;
}

void read_settings(const struct context *e, const struct ast *list, int from, struct stage_settings *settings) {
  e->build->list = list;
  e->build->scope = e->scope;
  settings->table = -1;
  for (int i = from; i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    if (s->kind == AST_MINIMIZE || s->kind == AST_MAXIMIZE) settings->losses = true;
    if (s->kind != AST_TRAIN) continue;
    if (settings->trains) {
      diag_error(e->diags, DIAG_E0407, s->at, "'train' is given twice");
      diag_label(e->diags, settings->span, "'train' was given here");
      continue;
    }
    settings->trains = true;
    settings->span = s->at;
    settings->split = split_trained(e, s);
    for (int k = 0; k < s->kids; k++) read_item(e, s, k, settings);
  }
  bool losses = false;
  for (size_t i = 0; i < settings->turns.n; i++) losses |= settings->turns.at[i].loss != NULL;
  if (!losses) settings->turn = only_turn(e, settings);
  e->build->trains_all = !settings->rules || settings->optimizer;
}

/* A definition that its name says to be the loss, or NULL. */
static const struct ast *loss_outside(const struct ast *list, int from) {
  for (int i = from; i < list->kids; i++)
    if (list->kid[i]->kind == AST_BIND && strstr(list->kid[i]->name, "loss")) return list->kid[i];
  return NULL;
}

void check_complete(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings) {
  if (!settings->losses) {
    const struct ast *loss = loss_outside(list, from);
    diag_error(e->diags, DIAG_E0401, settings->span, "'train' without anything to minimize or maximize");
    if (loss)
      diag_hint(e->diags, "'%s' is not in a minimize block: write 'minimize { %s = ... }'", loss->name, loss->name);
    else diag_hint(e->diags, "add 'minimize { loss = ... }'");
  } else if (!settings->trains) {
    diag_error(e->diags, DIAG_E0405, settings->span, "there are losses, but no 'train'");
    diag_hint(e->diags, "add 'train { epochs 10  batch 100  optimizer adam() }'");
  } else if (!settings->epochs || !settings->batch) {
    diag_error(e->diags, DIAG_E0405, settings->span, "'train' needs its %s", settings->epochs ? "batch" : "epochs");
    diag_hint(e->diags, "use '%s'", settings->epochs ? "batch 100" : "epochs 10");
  } else if (!settings->optimizer && !settings->rules) {
    diag_error(e->diags, DIAG_E0405, settings->span, "'train' needs an optimizer");
    diag_hint(e->diags, "use 'optimizer adam(lr = 0.001)'");
  }
}
