/* The phases of the front end, in order. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "dsl/lower/compile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "dsl/eval/tables.h"
#include "dsl/lower/override.h"
#include "dsl/lower/stage.h"

/* ---- library files ---- */

extern const struct embedded std_files[]; /* dsl/std */

static void load_library(const struct context *e, const struct compile_settings *settings) {
  e->compile->library = scope_new(e, e->compile->builtins, NULL);
  for (size_t i = 0; std_files[i].name; i++) {
    const char *name = arena_format(e->arena, "std/%s", std_files[i].name);
    uint32_t source = source_add(e->compile->sources, name, std_files[i].text, strlen(std_files[i].text), true);
    struct ast *tree = settings->parse(e->arena, e->compile->names, e->compile->sources, source, e->diags);
    if (tree) declare_statements(e, e->compile->library, tree, 0);
  }
}

/* Whether the file is in the folder or below it when links are followed; true where there is none. */
static bool stays_within(const char *folder, const char *path) {
  char *root = realpath(folder, NULL), *file = realpath(path, NULL);
  size_t length = root ? strlen(root) : 0;
  bool stays = !root || !file || length == 1 || (!strncmp(root, file, length) && file[length] == '/');
  free(root);
  free(file);
  return stays;
}

/* Where a run keeps a file that the model uses, from the run's directory; a file that lies there already stays. */
static const char *kept_name(struct arena *arena, const struct compiled *out, const char *name) {
  bool taken = strncmp(name, "used/", 5) != 0;
  for (size_t i = 0; i < out->used.n; i++) taken |= strcmp(out->used.at[i].name, name) == 0;
  return taken ? kept_name(arena, out, arena_format(arena, "used/%s", name)) : name;
}

/* `use "file"`: definitions of another file beside the model, never above its folder. */
static void use_file(const struct context *e, const struct compile_settings *settings, const char *model,
                     const struct ast *use, struct compiled *out) {
  const char *name = use->name;
  if (*name == '/' || strstr(name, "..") || !*name) {
    diag_error(e->diags, DIAG_E0504, use->span, "'use' reads files beside the model or below, not '%s'", name);
    diag_hint(e->diags, "put the file into the model's folder");
    return;
  }
  const char *slash = strrchr(model, '/');
  const char *folder = slash ? arena_format(e->arena, "%.*s", (int)(slash - model) + 1, model) : ".";
  const char *path = slash ? arena_format(e->arena, "%s%s", folder, name) : name;
  if (!stays_within(folder, path)) {
    diag_error(e->diags, DIAG_E0504, use->span, "'%s' is a link that leads out of the model's folder", name);
    diag_hint(e->diags, "put the file itself there");
    return;
  }
  struct error error = {0};
  uint32_t source = source_read(e->compile->sources, path, &error);
  if (!source) {
    diag_error(e->diags, DIAG_E0504, use->span, "%s", error.message);
    return;
  }
  struct ast *tree = settings->parse(e->arena, e->compile->names, e->compile->sources, source, e->diags);
  struct scope *scope = scope_new(e, e->compile->library, NULL);
  if (!tree) return;
  const struct source *text = source_get(e->compile->sources, source);
  struct used_file used = {kept_name(e->arena, out, name), text->text, text->length};
  vec_push(e->arena, &out->used, used);
  declare_statements(e, scope, tree, 0);
  for (int i = 0; i < tree->kids; i++) {
    enum ast_kind kind = tree->kid[i]->kind;
    if (kind == AST_DEF || kind == AST_BLOCK || kind == AST_RULE || kind == AST_STAGE) continue;
    diag_error(e->diags, DIAG_E0504, tree->kid[i]->span,
               "a file that is used holds blocks, functions, rules and stages, not %s", ast_called(kind));
  }
  scope->parent = e->compile->library;
  e->compile->library = scope;
}

/* ---- data ---- */

enum { SETS = 16 };

/* The known sets that a statement names, joined by 'or'; false where it is another expression. */
static bool set_names(const struct scope *file, const struct ast *ast, const char **names, struct span *spans,
                      size_t *n) {
  if (ast->kind == AST_BINARY && ast->op == OP_OR)
    return set_names(file, ast->kid[0], names, spans, n) && set_names(file, ast->kid[1], names, spans, n);
  if (ast->kind != AST_NAME || *n == SETS || lookup((struct scope *)file, ast->name)) return false;
  spans[*n] = ast->span;
  names[(*n)++] = ast->name;
  return true;
}

static bool is_known_set(const struct compile_settings *settings, const char *name) {
  struct error problem = {0};
  return settings->choose_data &&
         (settings->choose_data(settings->context, &name, 1, &problem) || problem.kind == ERROR_DATA);
}

/* Which set the names at an expression come to, which is settled before anything is evaluated. */
static void choose_set(const struct context *e, const struct ast *at, const char **names, const struct span *spans,
                       size_t n, const struct compile_settings *settings, struct error *error) {
  struct error problem = {0};
  struct chosen_data chosen = {at, NULL};
  if (settings->choose_data) chosen.set = settings->choose_data(settings->context, names, n, &problem);
  vec_push(e->arena, &e->compile->chosen, chosen);
  if (!chosen.set && problem.kind == ERROR_DATA) {
    *error = problem;
  } else if (!chosen.set) {
    size_t wrong = 0; /* the first name that names no set */
    while (wrong + 1 < n && is_known_set(settings, names[wrong])) wrong++;
    diag_error(e->diags, DIAG_E0501, spans[wrong], "%s", problem.message);
    if (problem.hint[0]) diag_hint(e->diags, "%s", problem.hint);
  }
}

/* The sets that a data statement names: as a whole, or within what it makes of them. */
static void choose_named(const struct context *e, const struct ast *at, bool whole,
                         const struct compile_settings *settings, struct error *error) {
  const char *names[SETS];
  struct span spans[SETS];
  size_t n = 0;
  for (; ast_continues(at); at = at->kid[0])
    for (int i = 1; i < at->kids; i++) choose_named(e, at->kid[i], false, settings, error);
  if (!set_names(e->compile->file, at, names, spans, &n)) {
    for (int i = 0; i < at->kids; i++)
      if (at->kid[i]) choose_named(e, at->kid[i], false, settings, error);
  } else if (whole || n > 1 || is_known_set(settings, names[0])) { /* else a key, or unknown */
    choose_set(e, at, names, spans, n, settings, error);
  }
}

static void choose_data(const struct context *e, const struct ast *file, const struct compile_settings *settings,
                        struct error *error) {
  for (int i = 0; i < file->kids; i++)
    if (file->kid[i]->kind == AST_DATA) choose_named(e, file->kid[i]->kid[0], true, settings, error);
}

/* ---- options ---- */

/* A --set that names no option of the file is wrong usage. */
static bool check_set(const struct context *e, const struct ast *file, struct error *error) {
  for (size_t i = 0; i < e->compile->n_set; i++) {
    size_t length = strcspn(e->compile->set[i], "=");
    const char *name = name_of(e->compile->names, e->compile->set[i], length);
    VEC(const char *) all = {0};
    bool found = false;
    for (int k = 0; k < file->kids; k++) {
      if (file->kid[k]->kind != AST_OPTION) continue;
      vec_push(e->arena, &all, file->kid[k]->name);
      found |= file->kid[k]->name == name;
    }
    if (!e->compile->set[i][length]) {
      error_set(error, ERROR_USAGE, "'--set %s' gives no value", name);
      return error_hint(error, "write '--set %s=VALUE'", name);
    }
    if (found) continue;
    error_set(error, ERROR_USAGE, "the model has no option '%s'", name);
    const char *near = nearest(name, all.at, all.n);
    if (near) error_hint(error, "did you mean '%s'?", near);
    return false;
  }
  return true;
}

/* The option's value as a literal; the tree's own where it is that already. */
static struct ast *option_literal(const struct context *e, struct ast *old, const struct value *value) {
  switch (value->kind) {
  case V_NUMBER:
    return old->kind == AST_NUMBER && old->number == value->number ? old : number_node(e, old, value->number);
  case V_STRING: return literal_node(e, old, AST_STRING, value->string);
  case V_BOOLEAN: return literal_node(e, old, AST_NAME, value->boolean ? "true" : "false");
  default: return old;
  }
}

/* Writes the sets that were chosen in the place of those that are named. */
static void name_chosen(const struct context *e, struct ast **at) {
  struct ast *ast = *at;
  const struct data_set *set = ast ? chosen_set(e, ast) : NULL;
  if (set) *at = literal_node(e, ast, AST_NAME, set->name);
  if (set || !ast) return;
  for (; ast_continues(ast); ast = ast->kid[0])
    for (int i = 1; i < ast->kids; i++) name_chosen(e, &ast->kid[i]);
  for (int i = 0; i < ast->kids; i++) name_chosen(e, &ast->kid[i]);
}

/* The tree as it was run: every option with its value, the set that was chosen, and used files where a run keeps
 * them. */
static void resolve(const struct context *e, struct ast *file, struct compiled *out) {
  size_t used = 0;
  for (int i = 0; i < file->kids; i++) {
    struct ast *s = file->kid[i];
    struct binding *b = s->kind == AST_OPTION ? scope_find_here(e->compile->file, s->name) : NULL;
    if (s->kind == AST_DATA) name_chosen(e, &s->kid[0]);
    if (s->kind == AST_USE) s->name = name_of_string(e->compile->names, out->used.at[used++].name);
    if (!b || !b->build) continue;
    s->kid[0] = option_literal(e, s->kid[0], &b->value);
    struct option_value option = {s->name, s->kid[0]->name, b->value.kind == V_STRING};
    vec_push(e->arena, &out->values, option);
  }
}

/* ---- stages ---- */

static bool has(const struct ast *list, int from, enum ast_kind kind) {
  for (int i = from; i < list->kids; i++)
    if (list->kid[i]->kind == kind) return true;
  return false;
}

/* Stages run as they are written; `after NAME` says so, and is wrong where it is not so. */
static void check_after(const struct context *e, const struct ast *stage) {
  const struct ast *after = stage->kids > 2 ? stage->kid[2] : NULL;
  VEC(const char *) earlier = {0};
  for (size_t i = 0; i < e->program->stages.n; i++) {
    const char *name = name_of_string(e->compile->names, e->program->stages.at[i].name);
    if (after && name == after->name) return;
    vec_push(e->arena, &earlier, name);
  }
  if (!after) return;
  diag_error(e->diags, DIAG_E0201, after->span, "no stage '%s' comes before stage '%s'", after->name, stage->name);
  suggest(e, after->name, earlier.at, earlier.n, "before it are");
}

/* What is measured and shown is so after the last stage; only a stage that is called has a result. */
static void check_stage(const struct context *e, const struct ast *stage) {
  for (int i = 0; i < stage->kid[1]->kids; i++) {
    const struct ast *s = stage->kid[1]->kid[i];
    bool result = s->kind == AST_RETURN;
    if (s->kind == AST_WATCH && stage->kid[0]) {
      diag_error(e->diags, DIAG_E0416, s->at, "a stage that is called in 'evaluate' is not watched");
      diag_hint(e->diags, "take the watch out");
    }
    if (s->kind != AST_EVALUATE && s->kind != AST_SHOW && !(result && !stage->kid[0])) continue;
    diag_error(e->diags, DIAG_E0208, s->at, "%s does not belong in a stage%s", ast_called(s->kind),
               result ? " without inputs" : "");
    if (!result) diag_hint(e->diags, "put it in the file, for when all stages are done");
  }
}

static void build_main_stages(const struct context *e, const struct ast *file, const struct compile_settings *settings,
                              struct error *error) {
  bool found = !settings->stage;
  if (has(file, 0, AST_TRAIN) || has(file, 0, AST_MINIMIZE) || has(file, 0, AST_MAXIMIZE)) {
    struct stage_settings text = {.name = "train", .span = file->kid[file->kids - 1]->span};
    for (int i = 0; i < file->kids; i++)
      if (file->kid[i]->kind == AST_MINIMIZE || file->kid[i]->kind == AST_MAXIMIZE) text.span = file->kid[i]->at;
    build_stage(e, file, 0, &text);
    found |= settings->stage && !strcmp(settings->stage, "train");
  } else {
    for (int i = 0; i < file->kids; i++) {
      if (file->kid[i]->kind != AST_WRITE) continue;
      diag_error(e->diags, DIAG_E0208, file->kid[i]->at, "'%s <-' in a file that trains in stages alone",
                 file->kid[i]->name);
      diag_hint(e->diags, "put it in the stage whose steps write it");
    }
  }
  for (int i = 0; i < file->kids; i++) {
    const struct ast *s = file->kid[i];
    if (s->kind == AST_STAGE) check_stage(e, s);
    if (s->kind != AST_STAGE || s->kid[0]) continue;
    check_after(e, s);
    struct context in = in_scope(e, scope_new(e, e->scope, e->compile->root));
    in.scope->path = s->name;
    declare_statements(&in, in.scope, s->kid[1], 0);
    struct stage_settings text = {.name = s->name, .span = s->at};
    build_stage(&in, s->kid[1], 0, &text);
    found |= settings->stage && !strcmp(settings->stage, s->name);
  }
  if (!found) {
    error_set(error, ERROR_USAGE, "the model has no stage '%s'", settings->stage);
    if (e->program->stages.n) error_hint(error, "it has '%s'", e->program->stages.at[0].name);
  }
}

static const char *base_name(const struct context *e, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  size_t length = strlen(name);
  if (length > 4 && !strcmp(name + length - 4, ".crl")) length -= 4;
  return arena_copy_string(e->arena, name, length);
}

/* ---- the whole ---- */

/* The text of the model or of one of its variants, whose library has been read. */
static void build(const struct context *outside, struct ast *file, const struct compile_settings *settings,
                  struct error *error) {
  struct compile *compile = outside->compile;
  compile->file = scope_new(outside, compile->library, compile->root);
  compile->text = file;
  compile->error = error;
  compile->by_gradients = has_gradients(outside, file);
  struct context in = in_scope(outside, compile->file), *e = &in;
  declare_statements(e, e->scope, file, 0);
  choose_data(e, file, settings, error);
  if (error->kind) return;
  build_main_stages(e, file, settings, error);
  if (error->kind) return;
  build_watches(e);
  build_evaluation(e, file, 0);
  check_folds(e, file, settings);
  struct context rest = build_begin(e, BUILD_EVALUATE, -1, "rest");
  check_rest(&rest);
  check_row_variables(e);
  if (!mistaken(e)) check_tables(e);
  if (!mistaken(e)) check_variable_names(e);
  check_bodies(&rest, file);
  if (mistaken(e)) return;
  if (settings->compute)
    build_compute(e, settings->compute, settings->compute_split ? settings->compute_split : "test", error);
  check_row_readers(e);
  if (settings->check) build_checks(e, file);
}

/* The last passes.  The gradient check runs in double, where nothing is gained. */
static bool last_pass(struct program *p, struct graph **graph, bool trains, struct error *error) {
  if (!*graph) return true;
  struct arena *work = trains ? arena_new() : p->arena, *before = (*graph)->arena;
  *graph = pass_run("lay_out", lay_out(work, *graph, !p->direct), error);
  if (*graph && (*graph)->arena != before && before != p->arena) arena_free(before);
  if (*graph && trains) *graph = pass_run("rematerialise_norms", rematerialise_norms(p->arena, *graph), error);
  if (trains) arena_free(work);
  return *graph;
}

static bool last_passes(struct program *p, struct error *error) {
  bool good = true;
  for (size_t i = 0; good && i < p->stages.n; i++) {
    struct stage *s = &p->stages.at[i];
    good = last_pass(p, &s->prepare, false, error);
    for (size_t k = 0; good && k < s->updates; k++)
      good = last_pass(p, &s->update[k].step, true, error) && last_pass(p, &s->update[k].inspect, false, error) &&
             last_pass(p, &s->update[k].after, false, error);
  }
  for (size_t i = 0; good && i < p->collections.n; i++) {
    struct collection *c = &p->collections.at[i];
    good = last_pass(p, &c->first, false, error) && last_pass(p, &c->second, false, error);
  }
  for (size_t i = 0; good && i < p->shows.n; i++) good = last_pass(p, &p->shows.at[i].graph, false, error);
  for (size_t i = 0; good && i < p->maps.n; i++) good = last_pass(p, &p->maps.at[i].graph, false, error);
  return good;
}

/* What the front end has made by itself is checked, too, before anything runs it. */
static bool verify(const struct program *p, struct error *error) {
  bool good = true;
  for (size_t i = 0; good && i < p->stages.n; i++) {
    const struct stage *s = &p->stages.at[i];
    for (size_t k = 0; good && k < s->setup.n; k++)
      good = !s->setup.at[k].graph || graph_verify(s->setup.at[k].graph, error);
    good = good && (!s->prepare || graph_verify(s->prepare, error));
    for (size_t k = 0; good && k < s->updates; k++) {
      const struct update *u = &s->update[k];
      good = graph_verify(u->step, error) && (!u->inspect || graph_verify(u->inspect, error)) &&
             (!u->after || graph_verify(u->after, error));
    }
  }
  for (size_t i = 0; good && i < p->collections.n; i++)
    good = (!p->collections.at[i].first || graph_verify(p->collections.at[i].first, error)) &&
           graph_verify(p->collections.at[i].second, error);
  for (size_t i = 0; good && i < p->shows.n; i++) good = graph_verify(p->shows.at[i].graph, error);
  for (size_t i = 0; good && i < p->maps.n; i++) good = graph_verify(p->maps.at[i].graph, error);
  for (size_t i = 0; good && i < p->checks.n; i++) {
    const struct gradient_check *c = &p->checks.at[i];
    good = graph_verify(c->gradients, error) && (!c->values || graph_verify(c->values, error)) &&
           graph_verify(c->loss, error);
  }
  return good;
}

static int64_t count_parameters(const struct program *program) {
  int64_t total = 0;
  for (size_t i = 0; i < program->variables.n; i++)
    if (program->variables.at[i].kind == VARIABLE_WEIGHT &&
        !program->stages.at[program->variables.at[i].stage].in_evaluation)
      total += shape_count(program->variables.at[i].shape);
  return total;
}

static struct compile *compile_new(struct arena *arena, const struct compiled *out,
                                   const struct compile_settings *settings) {
  struct compile *compile = ARENA_NEW(arena, struct compile);
  compile->arena = arena;
  compile->names = names_new(arena);
  compile->sources = out->sources;
  compile->diags = out->diags;
  compile->program = ARENA_NEW(arena, struct program);
  compile->program->arena = arena;
  compile->program->compute = -1;
  compile->program->direct = settings->direct;
  compile->program->variant = settings->variant ? settings->variant : settings->merged;
  compile->root = ARENA_NEW(arena, struct instance);
  compile->root->path = "";
  compile->root->stage = -1;
  compile->forms = &forms;
  compile->plain = settings->plain;
  compile->validation_only = settings->validation_only;
  compile->describe_file = settings->describe_file;
  compile->data_context = settings->context;
  compile->without_rows = settings->without_rows;
  compile->set = settings->set;
  compile->n_set = settings->n_set;
  compile->mistakes_before = diag_met(out->diags);
  return compile;
}

/* Outside of every scope and graph build. */
static struct context outermost(struct compile *compile) {
  struct context e = {
      .compile = compile, .arena = compile->arena, .diags = compile->diags, .program = compile->program, .where = ""};
  e.frame = frame_begin(&e, "");
  e.hint = ARENA_NEW(compile->arena, const char *);
  return e;
}

/* The variants are part of the file: a mistake in one is found before somebody runs it.  Options of the command line
 * belong to what is run, so with any the variants are left alone.  The set of the file itself is chosen last. */
static void check_variants(const struct context *e, struct compiled *out, const struct ast *file,
                           const struct compile_settings *settings) {
  struct compile_settings plain = *settings;
  struct error error = {0};
  bool any = false;
  plain.variant = plain.stage = plain.compute = NULL;
  plain.check = false;
  if (settings->variant || settings->n_set) return;
  for (int i = 0; i < file->kids; i++) {
    if (file->kid[i]->kind != AST_VARIANT) continue;
    const char *name = file->kid[i]->name;
    struct compile *other = compile_new(e->arena, out, &plain);
    struct context in = outermost(other);
    other->names = e->compile->names;
    other->builtins = e->compile->builtins;
    other->library = e->compile->library;
    other->builds = e->compile->builds; /* the library's names remember in which graph build they were evaluated */
    diag_context(e->diags, arena_format(e->arena, "this is so in the variant '%s'", name));
    struct ast *merged = apply_variant(&in, (struct ast *)file, name, &error);
    if (merged) build(&in, merged, &plain, &error);
    diag_context(e->diags, NULL);
    e->compile->builds = other->builds;
    if (!e->compile->broken.kind) e->compile->broken = other->broken;
    error = (struct error){0}; /* a set that is not available */
    any = true;
  }
  if (any) choose_data(e, file, settings, &error);
}

static struct compiled *compile(struct arena *arena, const char *path, struct compiled *out, uint32_t source,
                                const struct compile_settings *settings, struct error *error) {
  struct context in = outermost(compile_new(arena, out, settings)), *e = &in;
  e->program->name = settings->name ? settings->name : base_name(e, path);
  declare_builtins(e);
  load_library(e, settings);
  struct ast *file = settings->parse(arena, e->compile->names, out->sources, source, out->diags);
  if (!file || diag_errors(out->diags)) return out;
  out->file = file;
  out->options = options_string(e, file);
  check_variant_names(e, file);
  if (settings->variant && !(file = apply_variant(e, file, settings->variant, error))) return NULL;
  if (!check_set(e, file, error)) return NULL;
  override_train(e, file, "train", settings);
  override_folds(e, file, settings);
  for (int i = 0; i < file->kids; i++)
    if (file->kid[i]->kind == AST_USE) use_file(e, settings, path, file->kid[i], out);
  build(e, file, settings, error);
  bool kept = settings->name != NULL; /* a run's text has lost the variants that may read an option */
  if (!kept && !diag_errors(out->diags)) check_options(e, out->file);
  if (!error->kind) check_variants(e, out, file, settings);
  diag_sort(out->diags, source);
  if (error->kind) return NULL;
  if (diag_errors(out->diags)) return out;
  if (e->compile->broken.kind) {
    *error = e->compile->broken;
    return NULL;
  }
  if (!last_passes(e->program, error) || !verify(e->program, error)) return NULL;
  resolve(e, file, out);
  out->resolved = ast_format(arena, out->sources, file);
  out->summary = summary_string(e);
  out->program = e->program;
  out->parameters = count_parameters(e->program);
  return out;
}

static struct compiled *compiled_new(struct arena *arena) {
  struct compiled *out = ARENA_NEW(arena, struct compiled);
  out->sources = sources_new(arena);
  out->diags = diags_new(arena, out->sources);
  return out;
}

struct compiled *compile_model(struct arena *arena, const char *path, const struct compile_settings *settings,
                               struct error *error) {
  struct compiled *out = compiled_new(arena);
  uint32_t source = source_read(out->sources, path, error);
  return source ? compile(arena, path, out, source, settings, error) : NULL;
}

struct compiled *compile_text(struct arena *arena, const char *name, const char *text, size_t length,
                              const struct compile_settings *settings, struct error *error) {
  struct compiled *out = compiled_new(arena);
  uint32_t source = source_add(out->sources, name, text, length, false);
  return compile(arena, name, out, source, settings, error);
}
