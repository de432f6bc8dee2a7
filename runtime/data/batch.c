#include "data/batch.h"

#include <string.h>

#include "base/random.h"

/* Keeps the shuffle's draws apart from all others under the same seed: the ASCII codes of "batch". */
static const uint64_t shuffle_stream = 0x6261746368u;

int64_t batch_steps(int64_t rows, int64_t batch, bool drop_last) {
  return rows / batch + (!drop_last && rows % batch != 0);
}

int64_t batch_rows(uint64_t seed, int64_t epoch, int64_t rows, int64_t batch, int64_t step, int64_t *row_ids) {
  uint64_t key = key_mix(key_mix(seed, shuffle_stream), (uint64_t)epoch);
  if (step >= batch_steps(rows, batch, false)) return 0;
  int64_t from = step * batch, n = rows - from < batch ? rows - from : batch;
  for (int64_t i = 0; i < n; i++) row_ids[i] = (int64_t)random_permute(key, (uint64_t)rows, (uint64_t)(from + i));
  return n;
}

bool batch_gather(const struct array *column, const int64_t *row_ids, int64_t n, void *out, struct error *error) {
  if (column->reader) return column->reader->read(column->reader, row_ids, n, out, error);
  size_t size = (size_t)shape_count(column->shape) * dtype_size(column->type);
  for (int64_t i = 0; i < n; i++)
    memcpy((char *)out + (size_t)i * size, (const char *)column->data + (size_t)row_ids[i] * size, size);
  return true;
}
