#include "data/describe.h"

#include "data/datafile.h"

enum { BYTE_CLASSES = 256, FLOAT_CLASSES = 1 << 24 }; /* as many as a byte, and single precision, tell apart */

static enum dtype type_of(const struct entry *entry) {
  bool is_string = entry->type == STORED_STRING;
  if (entry->missing > 0 && (!is_string || entry->classes <= FLOAT_CLASSES)) return F32;
  if (is_string) return entry->classes <= BYTE_CLASSES ? U8 : I32;
  switch (entry->type) {
  case STORED_BOOL:
  case STORED_U8: return U8;
  case STORED_I8:
  case STORED_I16:
  case STORED_U16:
  case STORED_I32: return I32;
  case STORED_U32:
  case STORED_I64:
  case STORED_U64: return I64;
  default: return F32;
  }
}

const struct file_columns *file_describe(struct arena *arena, const char *path, struct file_options options,
                                         struct error *error) {
  struct datafile_options how = datafile_options(options);
  struct datafile *file = datafile_open(path, &how, arena, error);
  if (!file) return NULL;
  struct file_columns *columns = ARENA_NEW(arena, struct file_columns);
  struct file_column *at = ARENA_ARRAY(arena, struct file_column, file->n + 1);
  for (size_t i = 0; i < file->n; i++) {
    const struct entry *entry = &file->entry[i];
    at[i] = (struct file_column){.refused = entry->refused, .rows = entry->rows};
    at[i].column = (struct data_column){.name = entry->name,
                                        .type = type_of(entry),
                                        .shape = entry->shape,
                                        .classes = (int)entry->classes,
                                        .class_name = entry->class_name};
  }
  *columns = (struct file_columns){.path = path, .n = (int)file->n, .at = at};
  datafile_close(file);
  return columns;
}
