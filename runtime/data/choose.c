/* Which rows a made table has, for each kind of table.  All choices are functions of the rows, their keys and the seed:
 * they do not depend on the machine, nor on which columns are read. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "data/made.h"

/* Keeps these draws apart from others under the same seed: the ASCII codes of "rows". */
static const uint64_t rows_stream = 0x726f7773u;

static int64_t *new_rows(struct deriving *d, int64_t n) { return ARENA_ARRAY(d->scratch, int64_t, (size_t)n + 1); }

static int64_t shuffled(uint64_t seed, enum data_split split, int64_t n, int64_t i) {
  uint64_t key = key_mix(key_mix(seed, rows_stream), (uint64_t)split);
  return (int64_t)random_permute(key, (uint64_t)n, (uint64_t)i);
}

static bool take_all(struct deriving *d, int64_t n, struct chosen *chosen) {
  chosen->n = n;
  chosen->row[0] = new_rows(d, n);
  for (int64_t i = 0; i < n; i++) chosen->row[0][i] = i;
  return true;
}

/* ---- rows in the order of their keys ---- */

/* Integers of a column of floating-point numbers have lost their last digits beyond 2^53: as ids they would be confused. */
static struct key *ids_of(struct deriving *d, const struct derivation *how, const struct made *of,
                          enum data_split split, int column, const struct data_column *as) {
  const struct data_column *ids = &of->set->column[column];
  struct key *key = made_keys(d, of, split, column, as);
  for (int64_t i = 0; key && ids->type == F32 && i < of->rows[split]; i++) {
    if (!(fabs(key[i].number) >= 0x1p53) || isinf(key[i].number)) continue;
    derivation_error(d, how, "'%s' is %.9g in row %" PRId64 ", and rows go by floating-point numbers below 2^53",
                     ids->name, key[i].number, i);
    error_hint(d->error, "longer ids are told apart as texts, or as integers of 64 bits in a column without gaps");
    return NULL;
  }
  return key;
}

struct keyed {
  struct key key;
  int64_t order, row; /* order: among equal keys */
};

static int compare_keys(struct key a, struct key b) {
  if (a.number != b.number) return a.number < b.number ? -1 : 1;
  return (a.rest > b.rest) - (a.rest < b.rest);
}

static bool same_keys(struct key a, struct key b) { return compare_keys(a, b) == 0; }

static int by_key(const void *a, const void *b) {
  const struct keyed *x = a, *y = b;
  int order = compare_keys(x->key, y->key);
  if (order) return order;
  return x->order < y->order ? -1 : x->order > y->order;
}

/* The n rows sorted by key, then by order[row]; keys that are NaN are left out.  How many there are. */
static int64_t sort_rows(struct deriving *d, const struct key *key, const int64_t *order, int64_t n,
                         struct keyed **out) {
  struct keyed *sorted = ARENA_ARRAY(d->scratch, struct keyed, (size_t)n + 1);
  int64_t count = 0;
  for (int64_t i = 0; i < n; i++)
    if (!isnan(key[i].number)) sorted[count++] = (struct keyed){key[i], order ? order[i] : i, i};
  qsort(sorted, (size_t)count, sizeof *sorted, by_key);
  *out = sorted;
  return count;
}

/* The first of the sorted rows whose key is not below. */
static int64_t first_with(const struct keyed *sorted, int64_t n, struct key key) {
  int64_t low = 0;
  for (int64_t high = n; low < high;) {
    int64_t middle = low + (high - low) / 2;
    if (compare_keys(sorted[middle].key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* ---- splits ---- */

enum { NOWHERE = DATA_SPLITS, BINS }; /* rows that no split gets have a bin of their own */

/* How many of n rows each split is to have; what the parts leave is in the last bin. */
static bool split_sizes(struct deriving *d, const struct derivation *how, int64_t n, int64_t size[BINS]) {
  double sum = 0;
  int64_t given = 0;
  int rest = -1;
  for (int s = 0; s < DATA_SPLITS; s++) {
    double part = how->part[s];
    if (part < 0) rest = s;
    double before = sum;
    sum += part < 0 ? 0 : how->counts ? part : part * (double)n;
    size[s] = part < 0 ? 0 : (int64_t)(floor(sum + 0.5) - floor(before + 0.5));
    given += size[s];
  }
  if (given > n)
    return derivation_error(d, how, "'split' is to take %" PRId64 " rows, and there are %" PRId64, given, n);
  size[NOWHERE] = n - given;
  if (rest >= 0) size[rest] = n - given, size[NOWHERE] = 0;
  for (int s = 0; s < DATA_SPLITS; s++)
    if (how->part[s] != 0 && size[s] == 0)
      return derivation_error(d, how, "of %" PRId64 " rows 'split' leaves none for '%s'", n,
                              split_name((enum data_split)s));
  return true;
}

/* The bin that is furthest behind its share after `done` of n rows. */
static int furthest_behind(const int64_t *size, const int64_t *has, int bins, int64_t done, int64_t n) {
  int best = 0;
  double most = -INFINITY;
  for (int b = 0; b < bins; b++) {
    double behind = (double)size[b] * (double)done / (double)n - (double)has[b];
    if (size[b] > has[b] && behind > most) most = behind, best = b;
  }
  return best;
}

/* In the order of classes, every class is spread over the bins in proportion; groups go the largest first, each whole
 * into the bin that is furthest behind.  bin[i] is that of row i.  Rows in order and without classes fill one bin after
 * the other, in the order `next`. */
static void assign(struct deriving *d, const struct derivation *how, const struct keyed *sorted, int64_t n,
                   const int64_t *size, const int *next, int bins, int *bin) {
  int64_t *has = new_rows(d, bins), begin = 0;
  bool in_turn = how->in_order && how->group < 0 && how->key[0] < 0;
  for (int64_t i = 0, b = 0; in_turn && i < n; i++) {
    while (has[next[b]] == size[next[b]]) b++;
    bin[sorted[i].row] = next[b];
    has[next[b]]++;
  }
  for (int64_t i = 0; !in_turn && i < n; i = begin) {
    begin = i + 1;
    while (how->group >= 0 && begin < n && same_keys(sorted[begin].key, sorted[i].key)) begin++;
    int to = furthest_behind(size, has, bins, begin, n);
    has[to] += begin - i;
    for (int64_t k = i; k < begin; k++) bin[sorted[k].row] = to;
  }
}

/* The rows to train on and to validate on, divided anew by the same rules: one part is to validate on. */
static bool fold(struct deriving *d, const struct derivation *how, const struct keyed *sorted, int64_t n, int *bin) {
  struct keyed *folded = ARENA_ARRAY(d->scratch, struct keyed, (size_t)n + 1);
  int64_t count = 0, folds = how->folds, filled = 0;
  for (int64_t i = 0; i < n; i++)
    if (bin[sorted[i].row] == SPLIT_TRAIN || bin[sorted[i].row] == SPLIT_VALIDATION) folded[count++] = sorted[i];
  if (folds > count) folds = count; /* too many, which is refused below */
  int64_t *size = new_rows(d, folds), *has = new_rows(d, folds);
  int *next = ARENA_ARRAY(d->scratch, int, (size_t)folds + 1), *part = ARENA_ARRAY(d->scratch, int, (size_t)n + 1);
  for (int64_t k = 0; k < folds; k++) {
    next[k] = (int)k;
    size[k] = count * (k + 1) / folds - count * k / folds;
  }
  assign(d, how, folded, count, size, next, (int)folds, part);
  for (int64_t i = 0; i < count; i++) {
    int *of = &part[folded[i].row];
    filled += !has[*of]++;
    bin[folded[i].row] = *of == how->fold - 1 ? SPLIT_VALIDATION : SPLIT_TRAIN;
  }
  if (filled == how->folds) return true;
  return derivation_error(d, how, "%" PRId64 " rows%s fill %" PRId64 " folds, not %d", count,
                          how->group >= 0 ? " in their groups" : "", filled, how->folds);
}

/* Groups come by their size, the largest first, so that what is uneven is made up for by the small ones; those of one
 * size come in a drawn order, which the permutation of their ranks decides.  A row's key becomes its group's rank. */
static void order_groups(struct keyed *sorted, int64_t n, uint64_t seed) {
  int64_t groups = 0, rank = 0;
  for (int64_t i = 0; i < n; i++) groups += !i || !same_keys(sorted[i].key, sorted[i - 1].key);
  for (int64_t begin = 0, end; begin < n; begin = end, rank++) {
    for (end = begin + 1; end < n && same_keys(sorted[end].key, sorted[begin].key);) end++;
    int64_t drawn = shuffled(seed, SPLIT_TRAIN, groups, rank);
    for (int64_t i = begin; i < end; i++) sorted[i] = (struct keyed){{(double)(begin - end), 0}, drawn, sorted[i].row};
  }
  qsort(sorted, (size_t)n, sizeof *sorted, by_key);
  for (int64_t i = 0; i < n; i++) sorted[i].key = (struct key){(double)sorted[i].order, 0};
}

static bool choose_split(struct deriving *d, const struct derivation *how, const struct made *of, enum data_split split,
                         struct chosen *chosen) {
  int64_t n = of->rows[SPLIT_TRAIN], size[BINS], *order = new_rows(d, n);
  if (of->rows[split] && split != SPLIT_TRAIN) return take_all(d, of->rows[split], chosen); /* stays as it is */
  if (!split_sizes(d, how, n, size)) return false;
  int column = how->group >= 0 ? how->group : how->key[0];
  struct key *key = column >= 0 ? ids_of(d, how, of, SPLIT_TRAIN, column, &of->set->column[column])
                                : ARENA_ARRAY(d->scratch, struct key, (size_t)n + 1);
  if (!key) return false;
  for (int64_t i = 0; i < n; i++) order[i] = how->in_order ? i : shuffled(how->seed, SPLIT_TRAIN, n, i);
  struct keyed *sorted;
  if (sort_rows(d, key, order, n, &sorted) < n)
    return derivation_error(d, how, "some rows lack the column that 'split' goes by");
  int *bin = ARENA_ARRAY(d->scratch, int, (size_t)n + 1);
  if (how->group >= 0) order_groups(sorted, n, how->seed);
  static const int after_another[BINS] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, NOWHERE};
  assign(d, how, sorted, n, size, after_another, BINS, bin);
  if (how->folds && !fold(d, how, sorted, n, bin)) return false;
  chosen->row[0] = new_rows(d, n);
  for (int64_t i = 0; i < n; i++)
    if (bin[i] == (int)split) chosen->row[0][chosen->n++] = i;
  return true;
}

/* ---- the other kinds ---- */

static bool choose_take(struct deriving *d, const struct derivation *how, const struct made *of, enum data_split split,
                        struct chosen *chosen) {
  int64_t rows = of->rows[split], first = how->first < rows ? how->first : rows, count = how->count[split];
  if (count < 0) return take_all(d, rows, chosen);
  if (count > rows - first) count = rows - first;
  chosen->n = count;
  chosen->row[0] = new_rows(d, count);
  for (int64_t i = 0; i < count; i++) chosen->row[0][i] = first + i;
  return true;
}

static bool choose_shuffle(struct deriving *d, const struct derivation *how, const struct made *of,
                           enum data_split split, struct chosen *chosen) {
  chosen->n = of->rows[split];
  chosen->row[0] = new_rows(d, chosen->n);
  for (int64_t i = 0; i < chosen->n; i++) chosen->row[0][i] = shuffled(how->seed, split, chosen->n, i);
  return true;
}

static bool choose_concat(struct deriving *d, struct made *const *of, enum data_split split, struct chosen *chosen) {
  int64_t a = of[0]->rows[split], b = of[1]->rows[split];
  chosen->n = a + b;
  for (int k = 0; k < 2; k++) chosen->row[k] = new_rows(d, a + b);
  for (int64_t i = 0; i < a + b; i++) {
    chosen->row[0][i] = i < a ? i : -1;
    chosen->row[1][i] = i < a ? -1 : i - a;
  }
  return true;
}

static void add_joined(struct chosen *chosen, int64_t a, int64_t b) {
  chosen->row[0][chosen->n] = a;
  chosen->row[1][chosen->n++] = b;
}

/* The keys of two tables, whose strings are classes of the column that holds both. */
static bool two_keys(struct deriving *d, const struct data_set *set, struct made *const *of, enum data_split split,
                     const struct key **left, const struct key **right) {
  const struct derivation *how = set->made;
  int k = 0;
  while (how->source[k].of[0] != how->key[0]) k++;
  *left = ids_of(d, how, of[0], split, how->key[0], &set->column[k]);
  *right = *left ? ids_of(d, how, of[1], split, how->key[1], &set->column[k]) : NULL;
  return *right != NULL;
}

/* Matches in the order of the first table's rows; then, in an outer join, rows of the second that none has matched. */
static bool choose_join(struct deriving *d, const struct data_set *set, struct made *const *of, enum data_split split,
                        struct chosen *chosen) {
  const struct derivation *how = set->made;
  int64_t a = of[0]->rows[split], b = of[1]->rows[split], n = 0;
  const struct key *left, *right;
  if (!two_keys(d, set, of, split, &left, &right)) return false;
  struct keyed *sorted;
  int64_t keyed = sort_rows(d, right, NULL, b, &sorted);
  bool *met = ARENA_ARRAY(d->scratch, bool, (size_t)b + 1);
  for (int pass = 0; pass < 2; pass++) {
    for (int k = 0; pass && k < 2; k++) chosen->row[k] = new_rows(d, n);
    for (int64_t i = 0; i < a; i++) {
      int64_t at = isnan(left[i].number) ? keyed : first_with(sorted, keyed, left[i]), from = at;
      for (; at < keyed && same_keys(sorted[at].key, left[i]); at++) {
        met[sorted[at].row] = true;
        if (pass) add_joined(chosen, i, sorted[at].row);
        else n++;
      }
      if (at > from || !how->outer) continue;
      if (pass) add_joined(chosen, i, -1);
      else n++;
    }
    for (int64_t i = 0; how->outer && i < b; i++) {
      if (met[i]) continue;
      if (pass) add_joined(chosen, -1, i);
      else n++;
    }
  }
  return true;
}

/* Each row of the first with one of the second's of its class: these are used in a drawn order, each before any
 * again. */
static bool choose_pair(struct deriving *d, const struct data_set *set, struct made *const *of, enum data_split split,
                        struct chosen *chosen) {
  const struct derivation *how = set->made;
  int64_t a = of[0]->rows[split], b = of[1]->rows[split], *order = new_rows(d, b), *used = new_rows(d, b);
  const struct key *left, *right;
  if (!two_keys(d, set, of, split, &left, &right)) return false;
  for (int64_t i = 0; i < b; i++) order[i] = shuffled(how->seed, split, b, i);
  struct keyed *sorted;
  int64_t keyed = sort_rows(d, right, order, b, &sorted);
  for (int k = 0; k < 2; k++) chosen->row[k] = new_rows(d, a);
  for (int64_t i = 0; i < a; i++) {
    int64_t from = isnan(left[i].number) ? keyed : first_with(sorted, keyed, left[i]), n = 0;
    while (from + n < keyed && same_keys(sorted[from + n].key, left[i])) n++;
    if (n) add_joined(chosen, i, sorted[from + used[from]++ % n].row);
  }
  return true;
}

/* ---- conditions ---- */

/* The numbers of a column, as those of the model are: of double precision. */
static double *numbers_of(struct deriving *d, const struct made *of, enum data_split split, int column) {
  const struct key *key = made_keys(d, of, split, column, &of->set->column[column]);
  double *number = ARENA_ARRAY(d->scratch, double, (size_t)of->rows[split] + 1);
  for (int64_t i = 0; key && i < of->rows[split]; i++) number[i] = key[i].number;
  return key ? number : NULL;
}

/* Integers beyond 2^53 that are equal as doubles may differ. */
static bool confused(struct deriving *d, const struct derivation *how, const struct condition *column,
                     const struct made *of, double number, int64_t row) {
  const struct data_column *compared = column->kind == CONDITION_NUMBER ? NULL : &of->set->column[column->column];
  if (!compared || compared->type != I64 || fabs(number) < 0x1p53) return false;
  derivation_error(d, how, "'%s' is beyond 2^53 in row %" PRId64 ", where a condition cannot tell integers apart",
                   compared->name, row);
  return true;
}

/* The numbers of a column, or what a condition on the columns comes to, row by row: NaN where a number is missing. */
static double *values_of(struct deriving *d, const struct derivation *how, const struct condition *condition,
                         const struct made *of, enum data_split split) {
  int64_t n = of->rows[split];
  if (condition->kind == CONDITION_COLUMN || condition->kind == CONDITION_AMONG) {
    double *value = numbers_of(d, of, split, condition->column);
    for (int64_t i = 0; value && condition->kind == CONDITION_AMONG && i < n; i++) {
      double number = value[i];
      value[i] = isnan(number) ? NAN : 0;
      for (int k = 0; k < condition->values; k++)
        if (number == condition->value[k]) value[i] = 1;
      if (value[i] == 1 && confused(d, how, condition, of, number, i)) return NULL;
    }
    return value;
  }
  double *a = condition->kid[0] ? values_of(d, how, condition->kid[0], of, split) : NULL;
  double *b = condition->kid[1] ? values_of(d, how, condition->kid[1], of, split) : NULL;
  if ((condition->kid[0] && !a) || (condition->kid[1] && !b)) return NULL;
  if (!a) a = ARENA_ARRAY(d->scratch, double, (size_t)n + 1);
  for (int64_t i = 0; i < n; i++) {
    bool known = !(condition->kid[0] && isnan(a[i])) && !(b && isnan(b[i]));
    if (condition->kind == CONDITION_EQUAL && a[i] == b[i])
      for (int k = 0; k < 2; k++)
        if (confused(d, how, condition->kid[k], of, a[i], i)) return NULL;
    switch (condition->kind) {
    case CONDITION_EQUAL: a[i] = known ? a[i] == b[i] : NAN; break;
    case CONDITION_LESS: a[i] = known ? a[i] < b[i] : NAN; break;
    case CONDITION_LESS_EQUAL: a[i] = known ? a[i] <= b[i] : NAN; break;
    case CONDITION_AND: a[i] = a[i] == 0 || b[i] == 0 ? 0 : known ? 1 : NAN; break; /* whatever the missing one is */
    case CONDITION_OR: a[i] = a[i] == 1 || b[i] == 1 ? 1 : known ? 0 : NAN; break;
    case CONDITION_NOT: a[i] = 1 - a[i]; break;
    default: a[i] = condition->number;
    }
  }
  return a;
}

static bool choose_where(struct deriving *d, const struct derivation *how, const struct made *of, enum data_split split,
                         struct chosen *chosen) {
  const double *holds = values_of(d, how, how->condition, of, split);
  if (!holds) return false;
  chosen->row[0] = new_rows(d, of->rows[split]);
  for (int64_t i = 0; i < of->rows[split]; i++)
    if (holds[i] == 1) chosen->row[0][chosen->n++] = i;
  return true;
}

bool choose_rows(struct deriving *d, const struct data_set *set, struct made *const *of, enum data_split split,
                 struct chosen *chosen) {
  const struct derivation *how = set->made;
  *chosen = (struct chosen){0};
  switch (how->kind) {
  case DERIVE_SPLIT: return choose_split(d, how, of[0], split, chosen);
  case DERIVE_TAKE: return choose_take(d, how, of[0], split, chosen);
  case DERIVE_SHUFFLE: return choose_shuffle(d, how, of[0], split, chosen);
  case DERIVE_CONCAT: return choose_concat(d, of, split, chosen);
  case DERIVE_JOIN: return choose_join(d, set, of, split, chosen);
  case DERIVE_PAIR: return choose_pair(d, set, of, split, chosen);
  case DERIVE_WHERE: return choose_where(d, how, of[0], split, chosen);
  default: return take_all(d, of[0]->rows[split], chosen);
  }
}
