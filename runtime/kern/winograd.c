/* Convolutions by filters of 3 x 3 with a stride of 1, by Winograd's minimal filtering F(4 x 4, 3 x 3): Lavin and Gray
 * 2016, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.3 and equation 8.
 *
 * The result is cut into tiles of 4 x 4, each made of a patch of 6 x 6 of the image.  With patches, results and filters
 * taken to 36 points each, by B, A and G of the paper, a convolution is a product of numbers at every point, and its
 * sum over channels a product of matrices: 36 multiplications where there were 144.
 *
 *   conv2d          V = B' x B,  U = G w G'      M[tile, o] = sum over c     of  V[tile, c] U[c, o]       y = A' M A
 *   conv2d_input    M = A y A',  U = G w G'      V[tile, c] = sum over o     of  M[tile, o] U[c, o]       x += B V B'
 *   conv2d_weights  V = B' x B,  M = A y A'      U[c, o]    = sum over tiles of  V[tile, c] M[tile, o]    w += G' U G
 *
 * The second and third are the first one's transposes, so the tiles are those of the result in all three.
 *
 * Channels lie side by side, and a transform carries out its sums on LANES of them.  Some tiles are done at a time, so
 * many that what is at their points stays in the cache of the second level, in the order
 *
 *   V [36, tile, c]    M [36, tile, o]    U: panels of [36, rows, columns], the rows being what a sum runs over
 *
 * and what a product makes is transformed panel by panel, while it is in the nearest cache.  What a patch or a tile
 * has outside of the image or the result is read from a row of zeros and written to a row that nobody reads. */
#include "kern/winograd.h"

#include <string.h>

#include "kern/panels.h"

enum { TILE = 4, PATCH = 6, TAPS = 3, POINTS = PATCH * PATCH, LANES = 16, FEW = 4, LINE = 16 };

/* Tiles that are done at a time: as many as have NEAR floats at their points, in these limits.  CHANNELS: of the images,
 * done at a time by conv2d_weights. */
enum { LEAST_TILES = 16, MOST_TILES = 64, NEAR = 96 << 10, CHANNELS = 32 };

/* ---- transforms along one axis, of n numbers side by side; to may be added to
 *
 * The six points of an axis are 0, 1, -1, 2, -2 and infinity, where filters and images are polynomials; what is at 1 and
 * -1 is the sum and the difference of an even and an odd part, and `far` are those at 2 and -2. */

#define INLINE static inline __attribute__((always_inline))
#define PUT(k, value) to[k][i] = add ? to[k][i] + (value) : (value)

typedef void transform(float *const *to, float *const *from, int n, bool add);

/* B', 6 x 6. */
INLINE void image_to_points(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i], d = from[3][i], e = from[4][i], f = from[5][i];
    float even = e - 4 * c, odd = d - 4 * b, far_even = e - c, far_odd = 2 * (d - b);
    PUT(0, 4 * a - 5 * c + e);
    PUT(1, even + odd);
    PUT(2, even - odd);
    PUT(3, far_even + far_odd);
    PUT(4, far_even - far_odd);
    PUT(5, 4 * b - 5 * d + f);
  }
}

/* B, 6 x 6. */
INLINE void points_to_image(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i], d = from[3][i], e = from[4][i], f = from[5][i];
    float even = b + c, odd = b - c, far_even = d + e, far_odd = 2 * (d - e);
    PUT(0, 4 * a);
    PUT(1, 4 * (f - odd) - far_odd);
    PUT(2, -5 * a - 4 * even - far_even);
    PUT(3, odd + far_odd - 5 * f);
    PUT(4, a + even + far_even);
    PUT(5, f);
  }
}

/* A, 6 x 4. */
INLINE void result_to_points(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i], d = from[3][i];
    float even = a + c, odd = b + d, far_even = a + 4 * c, far_odd = 2 * b + 8 * d;
    PUT(0, a);
    PUT(1, even + odd);
    PUT(2, even - odd);
    PUT(3, far_even + far_odd);
    PUT(4, far_even - far_odd);
    PUT(5, d);
  }
}

/* A', 4 x 6. */
INLINE void points_to_result(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i], d = from[3][i], e = from[4][i], f = from[5][i];
    float even = b + c, odd = b - c, far_even = d + e, far_odd = d - e;
    PUT(0, a + even + far_even);
    PUT(1, odd + 2 * far_odd);
    PUT(2, even + 4 * far_even);
    PUT(3, odd + 8 * far_odd + f);
  }
}

/* G, 6 x 3. */
INLINE void filter_to_points(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i];
    float even = a + c, far_even = (a + 4 * c) * (1.0f / 24), far_odd = b * (1.0f / 12);
    PUT(0, a * 0.25f);
    PUT(1, (even + b) * (-1.0f / 6));
    PUT(2, (even - b) * (-1.0f / 6));
    PUT(3, far_even + far_odd);
    PUT(4, far_even - far_odd);
    PUT(5, c);
  }
}

/* G', 3 x 6. */
INLINE void points_to_filter(float *const *to, float *const *from, int n, bool add) {
  INDEPENDENT
  for (int i = 0; i < n; i++) {
    float a = from[0][i], b = from[1][i], c = from[2][i], d = from[3][i], e = from[4][i], f = from[5][i];
    float even = (b + c) * (-1.0f / 6), far_even = d + e;
    PUT(0, a * 0.25f + even + far_even * (1.0f / 24));
    PUT(1, (c - b) * (1.0f / 6) + (d - e) * (1.0f / 12));
    PUT(2, even + far_even * (1.0f / 6) + f);
  }
}

/* ---- transforms of squares of in x in numbers to squares of out x out, element k of n channels at from[k] */

INLINE void square_lanes(transform *along, int in, int out, bool add, float *const *to, float *const *from, int64_t at,
                         int n) {
  float half[PATCH * PATCH][LANES], *read[PATCH], *written[PATCH];
  for (int x = 0; x < in; x++) {
    UNROLL for (int k = 0; k < in; k++) read[k] = from[k * in + x] + at;
    UNROLL for (int k = 0; k < out; k++) written[k] = half[k * in + x];
    along(written, read, n, false);
  }
  for (int y = 0; y < out; y++) {
    UNROLL for (int k = 0; k < in; k++) read[k] = half[y * in + k];
    UNROLL for (int k = 0; k < out; k++) written[k] = to[y * out + k] + at;
    along(written, read, n, add);
  }
}

INLINE void square(transform *along, int in, int out, bool add, float *const *to, float *const *from, int64_t n) {
  int64_t at = 0;
  for (; at + LANES <= n; at += LANES) square_lanes(along, in, out, add, to, from, at, LANES);
  for (; at + FEW <= n; at += FEW) square_lanes(along, in, out, add, to, from, at, FEW);
  for (; at < n; at++) square_lanes(along, in, out, add, to, from, at, 1);
}

#define SQUARE(name, along, in, out, add)                                           \
  VECTOR_CLONES static void name(float *const *to, float *const *from, int64_t n) { \
    square(along, in, out, add, to, from, n);                                       \
  }
SQUARE(patch_to_points, image_to_points, PATCH, PATCH, false)
SQUARE(points_to_patch, points_to_image, PATCH, PATCH, true)
SQUARE(tile_to_points, result_to_points, TILE, PATCH, false)
SQUARE(points_to_tile, points_to_result, PATCH, TILE, false)
SQUARE(taps_to_points, filter_to_points, TAPS, PATCH, false)
SQUARE(points_to_taps, points_to_filter, PATCH, TAPS, true)

/* ---- tiles, and the memory for some of them at a time */

/* a + b, or INT64_MAX where that overflows. */
static int64_t plus(int64_t a, int64_t b) { return a > INT64_MAX - b ? INT64_MAX : a + b; }

struct tiling {
  const struct window *v;
  int64_t across, each; /* tiles beside each other; of a sample */
  int64_t held;         /* that are done at a time */
};

static struct tiling tiling_of(const struct window *v, enum op op, int64_t samples) {
  struct tiling t = {.v = v, .across = divide_up(v->ow, TILE)};
  t.each = product(divide_up(v->oh, TILE), t.across);
  int64_t channels = op == OP_conv2d ? v->c : op == OP_conv2d_input ? v->o : v->o + CHANNELS;
  int64_t near = NEAR / POINTS / channels;
  t.held = smaller(product(samples, t.each), smaller(larger(near, LEAST_TILES), MOST_TILES));
  return t;
}

/* Numbers at the points of some rows: points lie `step` apart, not by a power of two, which would put them all into
 * the same lines of a cache, and rows, which whole vectors can be read of, `row` apart. */
struct points {
  float *first;
  int64_t row, step;
};

static struct points points_of(int64_t rows, int64_t columns) {
  struct points p = {.row = divide_up(columns, LINE) * LINE};
  p.step = plus(product(rows, p.row), LINE);
  return p;
}

static void points_at(const struct points *p, int64_t row, float **at) {
  for (int k = 0; k < POINTS; k++) at[k] = p->first + k * p->step + row * p->row;
}

struct workspace {
  struct points image, result, panel; /* V, M, and what a product makes of one panel */
  float *zeros, *dropped;             /* rows that stand for what is outside */
  int64_t all;                        /* floats */
};

static void take(struct workspace *w, float **at, float *memory, int64_t floats) {
  *at = memory ? memory + w->all : NULL;
  w->all = plus(w->all, floats);
}

static void take_points(struct workspace *w, struct points *points, float *memory, int64_t rows, int64_t columns) {
  *points = points_of(rows, columns);
  take(w, &points->first, memory, product(POINTS, points->step));
}

/* memory: NULL to ask for the size alone */
static struct workspace workspace_of(const struct tiling *t, enum op op, float *memory) {
  const struct window *v = t->v;
  struct workspace w = {.all = 0};
  int64_t width = micro->width, outside = divide_up(larger(v->c, v->o), LINE) * LINE;
  take(&w, &w.zeros, memory, outside);
  take(&w, &w.dropped, memory, outside);
  if (op != OP_conv2d_input) take_points(&w, &w.image, memory, t->held, op == OP_conv2d ? v->c : CHANNELS);
  if (op != OP_conv2d) take_points(&w, &w.result, memory, t->held, divide_up(v->o, width) * width);
  take_points(&w, &w.panel, memory, op == OP_conv2d_weights ? CHANNELS : t->held, width);
  if (memory) memset(w.zeros, 0, (size_t)outside * sizeof *w.zeros);
  return w;
}

int64_t winograd_samples(enum op op, const struct window *v) {
  struct tiling t = tiling_of(v, op, INT64_MAX);
  return larger(1, t.held / t.each);
}

int64_t winograd_scratch(enum op op, const struct window *v, int64_t samples) {
  struct tiling t = tiling_of(v, op, samples);
  return workspace_of(&t, op, NULL).all;
}

/* Where the elements of a square of `size` x `size` at (y, x) of an image [h, w, c] are; outside of it, `outside`. */
static void square_at(float *image, int64_t h, int64_t w, int64_t c, int64_t y, int64_t x, int size, float *outside,
                      float **at) {
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++) {
      bool inside = y + i >= 0 && y + i < h && x + j >= 0 && x + j < w;
      *at++ = inside ? image + ((y + i) * w + x + j) * c : outside;
    }
}

/* The patch of tile `tile` in the first of some images, and the tile itself in the first of some results. */
static void patch_at(const struct tiling *t, float *images, int64_t tile, float *outside, float **at) {
  const struct window *v = t->v;
  int64_t sample = tile / t->each, y = tile % t->each / t->across * TILE, x = tile % t->across * TILE;
  square_at(images + sample * v->h * v->w * v->c, v->h, v->w, v->c, y - v->down.pad, x - v->across.pad, PATCH, outside,
            at);
}
static void tile_at(const struct tiling *t, float *results, int64_t tile, float *outside, float **at) {
  const struct window *v = t->v;
  int64_t sample = tile / t->each, y = tile % t->each / t->across * TILE, x = tile % t->across * TILE;
  square_at(results + sample * v->oh * v->ow * v->o, v->oh, v->ow, v->o, y, x, TILE, outside, at);
}

/* ---- filters */

static int64_t filter_rows(enum op op, const struct window *v) { return op == OP_conv2d ? v->c : v->o; }
static int64_t filter_columns(enum op op, const struct window *v) { return op == OP_conv2d ? v->o : v->c; }

/* Floats of the filters at one point of a panel. */
static int64_t point_floats(int64_t rows) { return plus(product(rows, micro->width), LINE); }
static int64_t panel_floats(int64_t rows) { return product(POINTS, point_floats(rows)); }

int64_t winograd_shared(enum op op, const struct window *v) {
  return product(divide_up(filter_columns(op, v), micro->width), panel_floats(filter_rows(op, v)));
}

/* Rows from .. to of all panels, one panel after the other. */
static void make_points(const struct tiles *tiles, int64_t from, int64_t to, int worker) {
  (void)worker;
  enum { FILTER = TAPS * TAPS };
  const struct window *v = tiles->plan;
  const struct call *call = tiles->call;
  bool forward = call->op == OP_conv2d;
  int64_t rows = filter_rows(call->op, v), row_step = FILTER * (forward ? 1 : v->c);
  int64_t columns = filter_columns(call->op, v), column_step = FILTER * (forward ? v->c : 1);
  float of[FILTER][MOST_WIDTH] = {{0}}, *taps[FILTER], *points[POINTS];
  for (int k = 0; k < FILTER; k++) taps[k] = of[k];
  for (int64_t at = from; at < to; at++) {
    int64_t row = at % rows, panel = at / rows, first = panel * micro->width;
    int64_t n = smaller(micro->width, columns - first);
    float *out = (float *)call->out.data + panel * panel_floats(rows) + row * micro->width;
    turn_over(of[0], MOST_WIDTH, (const float *)call->in[1].data + row * row_step + first * column_step, column_step,
              FILTER, n);
    for (int k = 0; k < FILTER; k++) memset(of[k] + n, 0, (size_t)(micro->width - n) * sizeof(float));
    for (int k = 0; k < POINTS; k++) points[k] = out + k * point_floats(rows);
    taps_to_points(points, taps, micro->width);
  }
}

void winograd_prepare(const struct call *call, const struct window *v) {
  enum { ROWS_A_TILE = 64 };
  int64_t panels = divide_up(filter_columns(call->op, v), micro->width);
  run_tiles(&(struct tiles){call, v, panels * filter_rows(call->op, v), ROWS_A_TILE, make_points});
}

/* ---- the three operations */

/* At every point, all rows of `in` by `columns` columns of the panel of filters there. */
static void multiply_panel(const struct points *in, int64_t rows, int64_t depth, const float *panel, int64_t columns,
                           const struct points *out) {
  struct product_rows block = {.n = rows,
                               .base_step = in->row,
                               .count = {1, 1, depth},
                               .step = {0, 0, 1},
                               .panel_step = micro->width,
                               .to_step = out->row,
                               .columns = columns};
  for (int k = 0; k < POINTS; k++) {
    block.in = in->first + k * in->step;
    block.panel = panel + k * point_floats(depth);
    block.out = out->first + k * out->step;
    micro->product(&block);
  }
}

/* Tiles first .. first + n - 1 to points, of images or of results. */
static void images_to_points(const struct tiling *t, const struct workspace *w, float *images, int64_t channels,
                             int64_t first, int64_t n) {
  float *patch[POINTS], *points[POINTS];
  for (int64_t k = 0; k < n; k++) {
    patch_at(t, images, first + k, w->zeros, patch);
    points_at(&w->image, k, points);
    patch_to_points(points, patch, channels);
  }
}
static void results_to_points(const struct tiling *t, const struct workspace *w, float *results, int64_t first,
                              int64_t n) {
  float *tile[TILE * TILE], *points[POINTS];
  for (int64_t k = 0; k < n; k++) {
    tile_at(t, results, first + k, w->zeros, tile);
    points_at(&w->result, k, points);
    tile_to_points(points, tile, t->v->o);
  }
}

void winograd_conv2d(const struct call *call, const struct window *v, int64_t first, int64_t end, float *scratch) {
  struct tiling t = tiling_of(v, call->op, end - first);
  struct workspace w = workspace_of(&t, call->op, scratch);
  float *images = (float *)float_row(&call->in[0], first), *out = float_out(call, first);
  float *points[POINTS], *tile[TILE * TILE];
  for (int64_t at = 0, all = (end - first) * t.each, n; at < all; at += n) {
    n = smaller(t.held, all - at);
    images_to_points(&t, &w, images, v->c, at, n);
    for (int64_t o = 0; o < v->o; o += micro->width) {
      int64_t columns = smaller(micro->width, v->o - o);
      multiply_panel(&w.image, n, v->c, (const float *)call->shared + o / micro->width * panel_floats(v->c), columns,
                     &w.panel);
      for (int64_t k = 0; k < n; k++) {
        points_at(&w.panel, k, points);
        tile_at(&t, out + o, at + k, w.dropped, tile);
        points_to_tile(tile, points, columns);
      }
    }
  }
}

void winograd_conv2d_input(const struct call *call, const struct window *v, int64_t first, int64_t end,
                           float *scratch) {
  struct tiling t = tiling_of(v, call->op, end - first);
  struct workspace w = workspace_of(&t, call->op, scratch);
  float *results = (float *)float_row(&call->in[0], first), *out = float_out(call, first);
  float *points[POINTS], *patch[POINTS];
  memset(out, 0, (size_t)((end - first) * v->h * v->w * v->c) * sizeof *out);
  for (int64_t at = 0, all = (end - first) * t.each, n; at < all; at += n) {
    n = smaller(t.held, all - at);
    results_to_points(&t, &w, results, at, n);
    for (int64_t c = 0; c < v->c; c += micro->width) {
      int64_t columns = smaller(micro->width, v->c - c);
      multiply_panel(&w.result, n, v->o, (const float *)call->shared + c / micro->width * panel_floats(v->o), columns,
                     &w.panel);
      for (int64_t k = 0; k < n; k++) {
        points_at(&w.panel, k, points);
        patch_at(&t, out + c, at + k, w.dropped, patch);
        points_to_patch(patch, points, columns);
      }
    }
  }
}

/* Adds channels c .. c + channels - 1, which n tiles have at points, to one panel of a sum, filters o and after. */
static void add_channels(const struct tiling *t, const struct workspace *w, int64_t n, int64_t o, int64_t c,
                         int64_t channels, float *panel) {
  float *points[POINTS], *taps[TAPS * TAPS];
  struct product_rows block = {.n = channels,
                               .base_step = 1,
                               .count = {1, 1, n},
                               .step = {0, 0, w->image.row},
                               .panel_step = w->result.row,
                               .to_step = w->panel.row,
                               .columns = smaller(micro->width, t->v->o - o)};
  for (int k = 0; k < POINTS; k++) {
    block.in = w->image.first + k * w->image.step;
    block.panel = w->result.first + k * w->result.step + o;
    block.out = w->panel.first + k * w->panel.step;
    micro->product(&block);
  }
  for (int64_t row = 0; row < channels; row++) {
    points_at(&w->panel, row, points);
    for (int k = 0; k < TAPS * TAPS; k++) taps[k] = panel + (k * t->v->c + c + row) * micro->width;
    points_to_taps(taps, points, block.columns);
  }
}

void winograd_conv2d_weights(const struct call *call, const struct window *v, int64_t first, int64_t end, float *sum,
                             float *scratch) {
  struct tiling t = tiling_of(v, call->op, end - first);
  struct workspace w = workspace_of(&t, call->op, scratch);
  float *images = (float *)float_row(&call->in[0], first), *results = (float *)float_row(&call->in[1], first);
  for (int64_t at = 0, all = (end - first) * t.each, n; at < all; at += n) {
    n = smaller(t.held, all - at);
    results_to_points(&t, &w, results, at, n);
    for (int64_t c = 0; c < v->c; c += CHANNELS) {
      int64_t channels = smaller(CHANNELS, v->c - c);
      images_to_points(&t, &w, images + c, channels, at, n);
      for (int64_t o = 0; o < v->o; o += micro->width)
        add_channels(&t, &w, n, o, c, channels, sum + o * TAPS * TAPS * v->c);
    }
  }
}
