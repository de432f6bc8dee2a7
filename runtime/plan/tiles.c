/* How groups are cut, and the memory that they need beside results.
 *
 * A chunk is work for one thread: at least CHUNK_WORK, so that handing it out costs nothing to speak of, and
 * few enough chunks that their partial sums stay small.  A tile is what a thread carries through all members before
 * it goes on: as many rows as keep the results inside the group in its cache (the second level's for rows, where
 * kernels want several; the first level's for elements).
 *
 * Requires: groups_find.  Nothing here depends on the order of groups or on the number of threads, but the size of
 * scratch memory. */
#include <string.h>

#include "plan/place.h"
#include "plan/tasks.h"

enum {
  CHUNK_WORK = 1 << 18, /* some 20 microseconds */
  FUSED = 16,           /* operations of a product that take as long as moving a number */
  MOST_CHUNKS = 16,
  FEW_CHUNKS = 8,       /* still work for eight threads */
  SUMS_BYTES = 1 << 20, /* of all chunks' sums of one batch reduction, if more than FEW_CHUNKS are to have one */
  PRODUCT_ROWS = 24,    /* fewer would make a product read its matrix too often */
  MATRIX_ROWS = 128,    /* of a tile, where matrices are larger than the cache: then they are what has to be fetched */
  FEWER_ROWS = 48,      /* in a chunk there, where the batch has no more */
  WINOGRAD_TILES = 15,  /* of 4 x 4 results: fewer would make a call read its filters at 36 points too often */
  TILE_BYTES = 320 << 10,
  ELEMENTS = 256,  /* in a tile: while one loop waits for memory, the processor already works on the next ones */
  LINE = 16,       /* numbers in a cache line: vectors are full but at the end */
  SPANS = 32,      /* chunks of a group with products: they share nothing that has to be added up */
  FINE_CHUNKS = 4, /* for tests: enough that chunks, and tiles of each, meet */
  FINE_TILE = 3,
};

struct layout { /* of one group */
  struct plan *plan;
  struct tasks *tasks;
  int task, begin, end; /* members */
  int *last;            /* by node: the last member that reads a tile-local result */
  int *buffer;          /* by node: which of the tile's buffers it is in */
  bool *gone;           /* by node: another was written over it */
  int *made, *next;     /* lists of members for which something shared is made */
};

static const struct node *member(const struct layout *l, int i) {
  return graph_node(l->plan->graph, l->tasks->member[i]);
}

/* The work of a member for one row: the numbers moved, and its operations by their weight. */
static double member_work(const struct layout *l, int i) {
  const struct node *node = member(l, i);
  struct value_type in[MAX_INPUTS];
  double moved = node->type.rows ? (double)shape_count(node->type.shape) : 0;
  for (int k = 0; k < node->inputs; k++) {
    in[k] = graph_node(l->plan->graph, node->in[k])->type;
    if (in[k].rows) moved += (double)shape_count(in[k].shape);
  }
  return moved + op_work(node->op, &node->attr, in, &node->type) / FUSED;
}

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t between(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

/* About so many chunks, such that the last is as large as the others if that can be, and an even number of them, so that
 * two threads have the same to do. */
static int64_t even_chunks(int64_t n, int64_t chunks) {
  int64_t from = chunks > 2 ? chunks - chunks % 2 : chunks, best = from, least = INT64_MAX;
  for (int64_t k = from; k <= chunks + chunks / 4; k += 2) {
    int64_t over = divide_up(n, k) * k - n;
    if (over < least) best = k, least = over;
  }
  return best;
}

/* n cut into chunks of equal size, and those into tiles of at most `tile`, equal too. */
static void cut(const struct layout *l, struct group *group, int64_t n, double work, int64_t chunks, int64_t tile) {
  int64_t wanted = work / CHUNK_WORK < (double)chunks ? (int64_t)(work / CHUNK_WORK) : chunks;
  if (l->plan->settings.fine) {
    wanted = FINE_CHUNKS;
    tile = between(tile, 1, FINE_TILE);
  }
  int64_t unit = group->kind == GROUP_ELEMENTS && !l->plan->settings.fine ? LINE : 1;
  group->chunk = divide_up(divide_up(n, even_chunks(n, between(wanted, 1, n))), unit) * unit;
  tile = between(tile, 1, group->chunk);
  group->tile = divide_up(divide_up(group->chunk, divide_up(group->chunk, tile)), unit) * unit;
  group->chunks = divide_up(n, group->chunk);
}

/* A group with products, cut into spans of the lines that they make at a time. */
static void cut_spans(const struct layout *l, struct group *group, int64_t lines, int64_t n, double work) {
  int64_t all = n / group->line, wanted = between((int64_t)(work / CHUNK_WORK), 1, SPANS), tile = ELEMENTS;
  if (l->plan->settings.fine) lines = 1, wanted = FINE_CHUNKS, tile = FINE_TILE;
  int64_t spans = divide_up(all, lines);
  group->span = lines * group->line;
  group->chunk = divide_up(spans, between(wanted, 1, spans)) * group->span;
  group->chunks = divide_up(n, group->chunk);
  tile = divide_up(group->span, divide_up(group->span, tile));
  group->tile = l->plan->settings.fine ? tile : divide_up(tile, LINE) * LINE;
}

/* ---- tile memory ---- */

static bool is_product(const struct layout *l, int i) { return i - l->begin < l->tasks->group[l->task].products; }

static bool same_size(const struct node *a, const struct node *b) {
  return a->type.type == b->type.type && shape_equal(a->type.shape, b->type.shape);
}

/* The tile-local result that member i may be written over: one that nobody reads after it. */
static node_id find_over(const struct layout *l, int i) {
  const struct plan *plan = l->plan;
  const struct node *node = member(l, i);
  for (int k = 0; k < node->inputs; k++) {
    node_id source = plan->source[node->in[k]];
    bool good = plan->tile_local[source] && l->last[source] == i && !l->gone[source] && !plan_lines(plan, source);
    for (int j = 0; j < node->inputs && good; j++)
      if (plan->source[node->in[j]] == source)
        good = plan_in_place(plan, node->op, j) && same_size(graph_node(plan->graph, node->in[j]), node);
    if (good) return source;
  }
  return 0;
}

static int64_t tile_bytes_of(const struct layout *l, const struct node *node, int64_t tile) {
  struct value_type one = {node->type.type, node->type.shape, false};
  if (l->tasks->group[l->task].kind == GROUP_ELEMENTS) one.shape = (struct shape){0};
  int64_t bytes = plan_bytes(&one, 1, l->plan->element);
  return bytes < 0 || __builtin_mul_overflow(bytes, tile, &bytes) ? -1 : plan_rounded(bytes);
}

/* Lays out a tile's memory; the bytes, or -1. */
static int64_t lay_out(struct arena *arena, struct layout *l, int64_t tile) {
  struct plan *plan = l->plan;
  size_t n = (size_t)(l->end - l->begin), filled = 0;
  struct buffer *all = ARENA_ARRAY(arena, struct buffer, 2 * n);
  int *buffer = l->buffer, *scratch = ARENA_ARRAY(arena, int, n);
  int threads = one_chunk(&l->tasks->group[l->task]) ? plan->settings.threads : 1;
  for (int i = l->begin; i < l->end; i++) {
    node_id id = l->tasks->member[i];
    bool rows = l->tasks->group[l->task].kind == GROUP_ROWS;
    l->gone[id] = false;
    scratch[i - l->begin] = (int)filled;
    bool part = rows && !member(l, i)->type.rows;
    int64_t own = rows ? tile : is_product(l, i) ? plan->rows : 1;
    all[filled++] = (struct buffer){-1, plan_scratch(plan, id, own, part ? 0 : threads), i, i};
    if (all[filled - 1].size < 0) return -1;
    if (!plan->tile_local[id]) continue;
    node_id over = find_over(l, i);
    if (over) l->gone[over] = true;
    buffer[id] = over ? buffer[over] : (int)filled;
    int64_t elements = is_product(l, i) ? l->tasks->group[l->task].span : tile;
    if (!over) all[filled++] = (struct buffer){-1, tile_bytes_of(l, member(l, i), elements), i, i};
    if (all[buffer[id]].size < 0) return -1;
    if (l->last[id] > all[buffer[id]].last) all[buffer[id]].last = l->last[id];
  }
  for (int i = l->begin; i < l->end; i++) /* the next tile of the span reads them again */
    if (is_product(l, i) && plan->tile_local[l->tasks->member[i]]) all[buffer[l->tasks->member[i]]].last = l->end - 1;
  int64_t bytes = place(arena, all, filled, NULL);
  for (int i = l->begin; i < l->end; i++) {
    node_id id = l->tasks->member[i];
    l->tasks->extra[i].scratch = all[scratch[i - l->begin]].offset;
    if (plan->tile_local[id]) plan->tile_at[id] = all[buffer[id]].offset;
  }
  return bytes;
}

static void find_last(struct layout *l) {
  for (int i = l->begin; i < l->end; i++) {
    const struct node *node = member(l, i);
    l->last[l->tasks->member[i]] = i;
    for (int k = 0; k < node->inputs; k++) {
      node_id source = l->plan->source[node->in[k]];
      if (l->plan->tile_local[source]) l->last[source] = i;
    }
  }
}

/* ---- groups ---- */

/* What another row keeps alive in a tile, beside memory that a tile needs however many rows it has. */
static int64_t row_bytes(struct arena *arena, struct layout *l) {
  int64_t one = lay_out(arena, l, 1), more = lay_out(arena, l, 1 + LINE);
  return one < 0 || more < 0 ? -1 : divide_up(more - one, LINE);
}

/* Bytes that every row of a member reads. */
static double matrix_bytes(const struct layout *l, int i) {
  const struct node *node = member(l, i);
  double bytes = 0;
  for (int k = 1; k < node->inputs && op_info[node->op].properties & READS_MATRIX; k++) {
    const struct value_type *in = &graph_node(l->plan->graph, node->in[k])->type;
    if (!in->rows) bytes += (double)(shape_count(in->shape) * (int64_t)l->plan->element);
  }
  return bytes;
}

/* The rows that a convolution by Winograd's algorithm wants in a call; 1 for all others. */
static int64_t winograd_rows(const struct layout *l, int i) {
  const struct node *node = member(l, i), *result = node;
  if (!conv_winograd(&node->attr)) return 1;
  if (node->op != OP_conv2d) result = graph_node(l->plan->graph, node->in[node->op == OP_conv2d_weights]);
  const int64_t *dim = result->type.shape.dim; /* [h, w, c] */
  return divide_up(WINOGRAD_TILES, divide_up(dim[0], 4) * divide_up(dim[1], 4));
}

static void cut_rows(struct arena *arena, struct layout *l) {
  struct group *group = &l->tasks->group[l->task];
  int64_t chunks = MOST_CHUNKS, rows = l->plan->rows > 0 ? l->plan->rows : 1;
  int64_t least = 1;
  double work = 0, matrices = 0;
  for (int i = l->begin; i < l->end; i++) {
    least = between(least, winograd_rows(l, i), rows);
    matrices += matrix_bytes(l, i);
    work += (double)rows * member_work(l, i);
    if (op_info[member(l, i)->op].properties & READS_MATRIX) chunks = between(rows / PRODUCT_ROWS, 1, chunks);
    else if (!member(l, i)->type.rows)
      chunks = between(SUMS_BYTES / (1 + plan_partial(l->plan, l->tasks->member[i])), between(chunks, 1, FEW_CHUNKS),
                       chunks);
  }
  for (int i = l->begin; i < l->end; i++) { /* as sums are cut elsewhere, so that they are the same bits */
    group->chunk = between(member(l, i)->chunk, group->chunk, rows);
    group->tile = between(member(l, i)->tile, group->tile, rows);
  }
  if (group->chunk) {
    group->chunks = divide_up(rows, group->chunk);
    return;
  }
  int64_t row = row_bytes(arena, l), tile = row > 0 ? TILE_BYTES / row : rows;
  if (matrices > TILE_BYTES) {
    chunks = between(rows / FEWER_ROWS, 1, between(chunks, 1, FEW_CHUNKS));
    least = between(least, MATRIX_ROWS, rows);
  }
  cut(l, group, rows, work, chunks, between(tile, least, rows));
}

/* Adds bytes to *total; where they begin, or -1 where they do not fit. */
static int64_t take(int64_t *total, int64_t bytes) {
  int64_t at = *total;
  return bytes < 0 || __builtin_add_overflow(*total, bytes, total) ? -1 : at;
}

/* Whether what calls share is the same for both: it is made from inputs but for the first, and sizes. */
static bool share(const struct layout *l, int i, int k) {
  const struct node *a = member(l, i), *b = member(l, k);
  if (a->op != b->op || a->inputs != b->inputs || memcmp(a->attr.i, b->attr.i, sizeof a->attr.i) ||
      memcmp(a->attr.f, b->attr.f, sizeof a->attr.f) || !same_size(a, b))
    return false;
  for (int n = 0; n < a->inputs; n++) {
    const struct node *x = graph_node(l->plan->graph, a->in[n]), *y = graph_node(l->plan->graph, b->in[n]);
    if (!same_size(x, y)) return false;
    if (n && l->plan->source[a->in[n]] != l->plan->source[b->in[n]]) return false;
  }
  return true;
}

/* Those that may share are in one list: of their second input, or of the operation. */
static int list_of(const struct layout *l, int i) {
  const struct node *node = member(l, i);
  return node->inputs > 1 ? (int)l->plan->source[node->in[1]] : (int)l->plan->graph->nodes.n + (int)node->op;
}

/* Finds out which of the shared memories member i reads; false where its size does not fit. */
static bool find_shared(struct layout *l, int i) {
  struct tasks *t = l->tasks;
  int64_t bytes = plan_shared(l->plan, t->member[i]);
  t->extra[i].shared = -1;
  if (bytes <= 0) return bytes >= 0;
  int *list = &l->made[list_of(l, i)], k = *list;
  while (k >= 0 && !share(l, i, k)) k = l->next[k];
  if (k >= 0) {
    t->extra[i].shared = t->extra[k].shared;
    return true;
  }
  t->extra[i].shared = t->shareds;
  t->shared[t->shareds++] = bytes;
  l->next[i] = *list;
  *list = i;
  return true;
}

static void cut_elements(const struct layout *l, struct group *group) {
  int64_t n = shape_count(member(l, l->begin)->type.shape), lines = 0;
  double work = 2.0 * (double)n * (l->end - l->begin);
  for (int i = l->begin; i < l->begin + group->products; i++) {
    int64_t own = plan_lines(l->plan, l->tasks->member[i]);
    work += (double)l->plan->rows * member_work(l, i);
    if (own > lines) lines = own;
  }
  if (group->products) cut_spans(l, group, lines, n, work);
  else cut(l, group, n, work, MOST_CHUNKS, ELEMENTS);
}

static bool size_group(struct arena *arena, struct layout *l, struct error *error) {
  struct tasks *t = l->tasks;
  struct group *group = &t->group[l->task];
  int64_t total = 0;
  int threads = l->plan->settings.threads;
  find_last(l);
  if (group->kind == GROUP_ROWS) cut_rows(arena, l);
  if (group->kind == GROUP_ELEMENTS) {
    cut_elements(l, group);
  }
  for (int i = l->begin; i < l->end; i++) {
    node_id id = t->member[i];
    bool reduction = group->kind == GROUP_ROWS && !member(l, i)->type.rows;
    struct extra *extra = &t->extra[i];
    extra->partial_bytes = reduction ? plan_partial(l->plan, id) : 0;
    extra->partial = take(&total, extra->partial_bytes * group->chunks);
    extra->scratch = take(&total, group->kind == GROUP_WHOLE ? plan_scratch(l->plan, id, l->plan->rows, threads) : 0);
    if (!find_shared(l, i) || extra->partial < 0 || extra->scratch < 0) return plan_too_large(l->plan, id, error);
  }
  if (group->kind != GROUP_WHOLE) {
    group->tile_bytes = lay_out(arena, l, group->tile);
    for (int k = 0; k < (one_chunk(group) ? 1 : threads); k++)
      if (group->tile_bytes < 0 || take(&total, group->tile_bytes) < 0)
        return plan_too_large(l->plan, t->member[l->begin], error);
  }
  t->scratch[l->task] = total;
  return true;
}

bool tiles_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *t, struct error *error) {
  struct arena *own = arena_new();
  struct layout l = {.plan = plan, .tasks = t};
  size_t n = plan->graph->nodes.n;
  bool good = true;
  l.last = ARENA_ARRAY(own, int, n), l.buffer = ARENA_ARRAY(own, int, n);
  l.gone = ARENA_ARRAY(own, bool, n), l.made = ARENA_ARRAY(own, int, n + OP_COUNT);
  l.next = ARENA_ARRAY(own, int, t->begin[t->n]);
  for (size_t i = 0; i < n + OP_COUNT; i++) l.made[i] = -1;
  plan->tile_at = ARENA_ARRAY(arena, int64_t, n);
  t->scratch = ARENA_ARRAY(work, int64_t, t->n);
  t->extra = ARENA_ARRAY(work, struct extra, t->begin[t->n]);
  t->shared = ARENA_ARRAY(work, int64_t, t->begin[t->n]);
  for (l.task = 0; l.task < t->n && good; l.task++) {
    struct arena *one = arena_new();
    l.begin = t->begin[l.task], l.end = t->begin[l.task + 1];
    good = size_group(one, &l, error);
    arena_free(one);
  }
  arena_free(own);
  return good;
}
