/* `show`: image grids, and maps of codes, of rows of the test split of one table. */
#include "dsl/lower/stage.h"

enum { USUAL_MAP_ROWS = 1000, MOST_MAP_ROWS = 2000 }; /* of a map: all pairs of rows are looked at */

/* `map(code, label = classes, rows = 500)` as the parts of a map; false: reported. */
static bool read_map(const struct context *e, const struct ast *call, struct value *code, struct value *label,
                     struct map_show *made) {
  for (int i = 1; i < call->kids; i++) {
    const struct ast *kid = call->kid[i], *item = kid->kind == AST_ARGUMENT ? kid->kid[0] : kid;
    const char *name = kid->kind == AST_ARGUMENT && kid->name ? kid->name : i == 1 ? "code" : "";
    struct value v = eval(e, item);
    if (v.kind == V_ERROR) return false;
    if (!strcmp(name, "rows") && v.kind == V_NUMBER && v.number >= 4 && v.number <= MOST_MAP_ROWS) {
      made->rows = (int64_t)v.number;
    } else if (!strcmp(name, "code") && v.kind == V_ARRAY && v.array.per_sample && type_of(e, &v)->shape.rank == 1) {
      *code = v;
      made->caption = source_words(e->compile->sources, item->span);
    } else if (!strcmp(name, "label") && v.kind == V_ARRAY && v.array.per_sample && v.array.classes) {
      *label = v;
    } else {
      diag_error(e->diags, DIAG_E0414, item->span,
                 "a map is of codes, one vector a row, 'label' is a class and 'rows' a number from 4 to %d; this is %s",
                 MOST_MAP_ROWS, describe(e, &v));
      diag_hint(e->diags, "write 'show map(h, label = digits.label, rows = 1000)'");
      return false;
    }
  }
  if (code->kind == V_ARRAY) return true;
  diag_error(e->diags, DIAG_E0414, call->span, "'map' needs codes to show");
  diag_hint(e->diags, "write 'show map(h, label = digits.label)'");
  return false;
}

static int add_map(const struct context *outside, const struct ast *call) {
  struct context in = build_begin(outside, BUILD_EVALUATE, -1, "show"), *e = &in;
  size_t number = e->program->maps.n + 1;
  struct map_show made = {.graph = graph_of(e), .rows = USUAL_MAP_ROWS};
  struct value shown[2] = {v_error(), v_error()}, *code = &shown[0], *label = &shown[1];
  in.frame = frame_begin(e, arena_format(e->arena, "map.%zu", number));
  if (!read_map(e, call, code, label, &made)) return 0;
  made.name = number == 1 ? "map" : arena_format(e->arena, "map-%zu", number);
  made.width = shape_count(type_of(e, code)->shape);
  graph_root(graph_of(e), ROOT_VALUE, "code", 0, repeated_rows(e, code));
  if (label->kind == V_ARRAY) {
    made.label = add_root(e, "label", "class", repeated_rows(e, label));
    made.classes = label->array.classes;
    made.class_name = class_names(e, label);
  }
  made.present = add_present(e, "present", "code", shown, label->kind == V_ARRAY ? 2 : 1);
  made.table = table_of_all(e, shown, 2, "a map is", call->span);
  refuse_waiting(e, made.graph);
  vec_push(e->arena, &e->program->maps, made);
  return made.table;
}

int lower_show(const struct context *outside, const struct ast *show) {
  const struct ast *call = show->kid[0];
  const char *what = call->kind == AST_CALL && call->kid[0]->kind == AST_NAME ? call->kid[0]->name : "";
  if (!strcmp(what, "map")) return add_map(outside, call);
  if (strcmp(what, "images")) {
    diag_error(outside->diags, DIAG_E0414, call->span, "only 'images(...)' and 'map(...)' can be shown");
    return 0;
  }
  struct context in = build_begin(outside, BUILD_EVALUATE, -1, "show"), *e = &in;
  in.frame = frame_begin(e, arena_format(e->arena, "show.%zu", e->program->shows.n));
  struct image_grid_show made = {.graph = graph_of(e)};
  made.caption = ARENA_ARRAY(e->arena, const char *, call->kids);
  made.present = ARENA_ARRAY(e->arena, const char *, call->kids);
  struct value *shown = ARENA_ARRAY(e->arena, struct value, call->kids);
  for (int i = 1; i < call->kids; i++) {
    const struct ast *item = call->kid[i]->kind == AST_ARGUMENT ? call->kid[i]->kid[0] : call->kid[i];
    struct value v = eval(e, item);
    if (v.kind == V_ERROR || !is_array(e, &v, item->span)) continue;
    struct shape shape = type_of(e, &v)->shape;
    bool image = shape.rank == 2 || (shape.rank == 3 && (shape.dim[0] == 1 || shape.dim[0] == 3));
    if (!v.array.per_sample || !image) {
      diag_error(e->diags, DIAG_E0414, item->span, "an image is [height, width] or [1 or 3, height, width], not %s",
                 describe(e, &v));
      if (v.array.per_sample && shape.rank == 1)
        diag_hint(e->diags, "'reshape(v, height, width)' makes an image of a row");
      continue;
    }
    shown[made.images] = v;
    made.caption[made.images] = source_words(e->compile->sources, item->span);
    const char *number = arena_format(e->arena, "%d", made.images);
    add_root(e, "image", number, repeated_rows(e, &v));
    made.present[made.images++] = add_present(e, "present", number, &v, 1);
  }
  refuse_waiting(e, made.graph);
  made.table = table_of_all(e, shown, (size_t)made.images, "a grid of images is", call->span);
  if (made.images) vec_push(e->arena, &e->program->shows, made);
  return made.table;
}
