#include "eval/accuracy.h"

#include <math.h>

#include "eval/codes.h"

/* The first largest of a row; -1, which is not a class, where a number is missing. */
static int answer(const float *row, int64_t width) {
  int64_t best = 0;
  for (int64_t j = 0; j < width; j++) {
    if (isnan(row[j])) return -1;
    if (row[j] > row[best]) best = j;
  }
  return (int)best;
}

static bool check_predicted(const struct array *predicted, int64_t *width, struct error *error) {
  *width = shape_count(predicted->shape);
  bool good = predicted->type == F32 ? *width >= 1 && *width <= MAX_CLASSES : predicted->type == U8 && *width == 1;
  if (!good)
    return error_set(error, ERROR_NUMBER, "predictions must be one u8 a row, or f32 scores of at most %d classes",
                     MAX_CLASSES);
  return predicted->rows > 0 || error_set(error, ERROR_NUMBER, "there are no predictions to compare with labels");
}

static void count_labels(struct accuracy *result, const uint8_t *label, int64_t n) {
  int64_t most = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t count = ++result->count[label[i]];
    if (count > most) most = count;
    if (label[i] >= result->classes) result->classes = label[i] + 1;
  }
  result->chance = (double)most / (double)n;
}

bool accuracy_measure(const struct array *predicted, const struct array *labels, struct accuracy *result,
                      struct error *error) {
  const uint8_t *label;
  int64_t width, right[MAX_CLASSES] = {0}, all = 0;
  *result = (struct accuracy){0};
  if (!check_predicted(predicted, &width, error) || !labels_of(&label, labels, predicted->rows, error)) return false;
  count_labels(result, label, predicted->rows);
  for (int64_t i = 0; i < predicted->rows; i++) {
    int class = predicted->type == U8 ? ((const uint8_t *)predicted->data)[i]
                                      : answer((const float *)predicted->data + i * width, width);
    right[label[i]] += class == label[i];
    all += class == label[i];
  }
  for (int c = 0; c < MAX_CLASSES; c++)
    result->of_class[c] = result->count[c] ? (double)right[c] / (double)result->count[c] : 0;
  result->value = (double)all / (double)predicted->rows;
  return true;
}

bool confusion_measure(const struct array *predicted, const struct array *labels, struct arena *arena,
                       struct confusion *result, struct error *error) {
  const uint8_t *label;
  int64_t width;
  if (!check_predicted(predicted, &width, error) || !labels_of(&label, labels, predicted->rows, error)) return false;
  int classes = predicted->type == F32 ? (int)width : 0;
  for (int64_t i = 0; i < predicted->rows; i++) {
    int given = predicted->type == U8 ? ((const uint8_t *)predicted->data)[i] : 0;
    if (label[i] >= classes) classes = label[i] + 1;
    if (given >= classes) classes = given + 1;
  }
  *result = (struct confusion){classes, ARENA_ARRAY(arena, int64_t, (size_t)(classes * classes)),
                               ARENA_ARRAY(arena, int64_t, (size_t)classes)};
  for (int64_t i = 0; i < predicted->rows; i++) {
    int given = predicted->type == U8 ? ((const uint8_t *)predicted->data)[i]
                                      : answer((const float *)predicted->data + i * width, width);
    ++*(given < 0 ? &result->lost[label[i]] : &result->taken[label[i] * classes + given]);
  }
  return true;
}

static double share(double part, double of) { return of > 0 ? part / of : 0; }

struct class_scores class_scores(const struct confusion *confusion, int class) {
  struct class_scores s = {.rows = confusion->lost[class]};
  int of = confusion->classes;
  int64_t right = confusion->taken[class * of + class], taken = 0;
  for (int k = 0; k < of; k++) s.rows += confusion->taken[class * of + k], taken += confusion->taken[k * of + class];
  s.precision = share((double)right, (double)taken);
  s.recall = share((double)right, (double)s.rows);
  s.f1 = share(2 * s.precision * s.recall, s.precision + s.recall);
  return s;
}

bool chance_level(const struct array *labels, double *share, struct error *error) {
  const uint8_t *label;
  struct accuracy counted = {0};
  if (!labels_of(&label, labels, labels->rows, error)) return false;
  if (labels->rows < 1) return error_set(error, ERROR_NUMBER, "there are no labels");
  count_labels(&counted, label, labels->rows);
  *share = counted.chance;
  return true;
}
