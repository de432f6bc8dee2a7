/* What the command line says in the place of the model's own text.  The tree is changed, so that the text of a run says
 * it as well. */
#include "dsl/lower/override.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ast *literal_node(const struct context *e, const struct ast *old, enum ast_kind kind, const char *name) {
  struct ast *n = ast_new(e->arena, kind, old->span);
  n->at = old->at;
  n->name = name_of_string(e->compile->names, name);
  return n;
}

struct ast *number_node(const struct context *e, const struct ast *old, double value) {
  char text[32];
  int digits = fabs(value) < 1e15 && value == floor(value) ? 15 : 1;
  do snprintf(text, sizeof text, "%.*g", digits, value);
  while (digits++ < 17 && strtod(text, NULL) != value);
  struct ast *n = literal_node(e, old, AST_NUMBER, text);
  n->number = value;
  return n;
}

/* Gives a setting of `train` a value, whether it is written there or not. */
static void override_item(const struct context *e, struct ast *train, const char *name, int64_t value) {
  for (int k = 0; value && k < train->kids; k++) {
    struct ast *item = train->kid[k];
    if (item->kind != AST_TRAIN_ITEM || strcmp(item->name, name) != 0) continue;
    item->kid[0] = number_node(e, item->kid[0], (double)value);
    return;
  }
  if (!value) return;
  struct ast *item = literal_node(e, train, AST_TRAIN_ITEM, name);
  ast_add(e->arena, item, number_node(e, train, (double)value));
  ast_add(e->arena, item, NULL);
  ast_add(e->arena, train, item);
}

void override_train(const struct context *e, struct ast *list, const char *stage,
                    const struct compile_settings *settings) {
  bool meant = !settings->stage || !strcmp(settings->stage, stage);
  for (int i = 0; i < list->kids; i++) {
    struct ast *s = list->kid[i];
    if (s->kind == AST_STAGE && !s->kid[0]) override_train(e, s->kid[1], s->name, settings);
    if (s->kind != AST_TRAIN || !meant) continue;
    override_item(e, s, "epochs", settings->epochs);
    override_item(e, s, "batch", settings->batch);
  }
}

/* ---- folds ---- */

/* The only call of this function in a tree; *n counts them. */
static void find_calls(struct ast *ast, const char *name, struct ast **call, int *n) {
  if (!ast) return;
  if (ast->kind == AST_CALL && ast->kid[0]->kind == AST_NAME && !strcmp(ast->kid[0]->name, name)) *call = ast, ++*n;
  for (int i = 0; i < ast->kids; i++) find_calls(ast->kid[i], name, call, n);
}

static void set_argument(const struct context *e, struct ast *call, const char *name, int value) {
  for (int i = 1; i < call->kids; i++)
    if (call->kid[i]->kind == AST_ARGUMENT && call->kid[i]->name && !strcmp(call->kid[i]->name, name)) {
      call->kid[i]->kid[0] = number_node(e, call->kid[i]->kid[0], value);
      return;
    }
  struct ast *argument = literal_node(e, call, AST_ARGUMENT, name);
  ast_add(e->arena, argument, number_node(e, call, value));
  ast_add(e->arena, call, argument);
}

/* `data d = E` as `data d_whole = E` and `data d = split(d_whole)`: returns the call. */
static struct ast *split_statement(const struct context *e, struct ast *file, int at) {
  struct ast *statement = file->kid[at], *whole = ast_new(e->arena, AST_DATA, statement->span);
  const char *name = arena_format(e->arena, "%s_whole", statement->name);
  *whole = *statement;
  whole->name = name_of_string(e->compile->names, name);
  whole->kid = ARENA_ARRAY(e->arena, struct ast *, 1);
  whole->kid[0] = statement->kid[0];
  struct ast *call = ast_new(e->arena, AST_CALL, statement->kid[0]->span);
  call->at = statement->kid[0]->at;
  ast_add(e->arena, call, literal_node(e, statement->kid[0], AST_NAME, "split"));
  struct ast *argument = ast_new(e->arena, AST_ARGUMENT, statement->kid[0]->span);
  ast_add(e->arena, argument, literal_node(e, statement->kid[0], AST_NAME, name));
  ast_add(e->arena, call, argument);
  statement->kid[0] = call;
  ast_add(e->arena, file, NULL);
  memmove(&file->kid[at + 1], &file->kid[at], (size_t)(file->kids - 1 - at) * sizeof *file->kid);
  file->kid[at] = whole;
  return call;
}

/* The data statement that no other one reads; -1 where that is not just one. */
static int last_data(const struct ast *file) {
  int found = -1;
  for (int i = 0; i < file->kids; i++) {
    bool read = file->kid[i]->kind != AST_DATA;
    for (int k = 0; !read && k < file->kids; k++)
      read = k != i && file->kid[k]->kind == AST_DATA && ast_reads(file->kid[k]->kid[0], file->kid[i]->name);
    if (!read && found >= 0) return -1;
    if (!read) found = i;
  }
  return found;
}

static struct ast *find_split(const struct ast *file, int *calls) {
  struct ast *call = NULL;
  *calls = 0;
  for (int i = 0; i < file->kids; i++)
    if (file->kid[i]->kind == AST_DATA) find_calls(file->kid[i]->kid[0], "split", &call, calls);
  return call;
}

void override_folds(const struct context *e, struct ast *file, const struct compile_settings *settings) {
  if (!settings->folds) return;
  int calls, last = last_data(file);
  struct ast *call = find_split(file, &calls);
  if (calls > 1 || (!calls && last < 0)) {
    diag_error(e->diags, DIAG_E0505, calls ? call->span : file->span, "%s, so that it is not clear which rows to fold",
               calls ? "the data are split in several places" : "no table is the one that is trained on");
    diag_hint(e->diags, "say it in the file: 'split(t, test = 0.2, folds = %d, fold = 1)'", settings->folds);
    return;
  }
  if (!calls) call = split_statement(e, file, last);
  set_argument(e, call, "folds", settings->folds);
  set_argument(e, call, "fold", settings->fold);
}

/* Whether a table's rows are those of a split into folds, chosen and put in order, and no others. */
static bool is_folded(const struct data_set *set) {
  const struct derivation *how = set->made;
  while (how && how->kind != DERIVE_SPLIT && how->tables == 1) how = how->of[0]->made;
  return how && how->kind == DERIVE_SPLIT && how->folds;
}

void check_folds(const struct context *e, struct ast *file, const struct compile_settings *settings) {
  int calls;
  const struct data_set *read = e->program->tables.n ? e->program->tables.at[0] : NULL;
  for (size_t i = 0; i < e->program->tables.n; i++) /* folds of one of several tables */
    if (is_folded(e->program->tables.at[i])) read = e->program->tables.at[i];
  if (!settings->folds || !read || is_folded(read)) return;
  const struct ast *call = find_split(file, &calls);
  diag_error(e->diags, DIAG_E0505, call ? call->span : file->span,
             "the folds do not reach '%s', which is trained on: it is made of other tables, too", read->name);
  diag_hint(e->diags, "put the tables together first, and split what they make");
}
