#include "exec/prepared.h"

bool slab_reserve(struct slab *slab, const struct backend *backend, int64_t bytes, struct error *error) {
  if (slab->memory && slab->bytes >= bytes) return true;
  slab_free(slab);
  *slab = (struct slab){backend, backend->alloc((size_t)bytes), bytes};
  if (slab->memory) return true;
  error_set(error, ERROR_DATA, "no memory for intermediate results: %.1f MiB were asked for", (double)bytes / 0x1p20);
  return error_hint(error, "use a smaller batch");
}

void slab_free(struct slab *slab) {
  if (slab->memory) slab->backend->free(slab->memory);
  *slab = (struct slab){0};
}

void slab_follow(struct exec *exec) {
  if (exec->memory == exec->slab->memory) return;
  exec->memory = exec->slab->memory;
  for (size_t i = 0; i < exec->placed.n; i++) *exec->placed.at[i].pointer = exec->memory + exec->placed.at[i].offset;
}
