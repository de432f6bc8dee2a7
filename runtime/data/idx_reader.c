/* IDX, LeCun's format for MNIST: 0, 0, the type, the number of axes; the axes and the elements, big-endian. */
#include "data/reader.h"

enum { IDX_U8 = 0x08, IDX_I8 = 0x09, IDX_I16 = 0x0b, IDX_I32 = 0x0c, IDX_F32 = 0x0d, IDX_F64 = 0x0e };

static bool type_of(int code, enum stored *type) {
  switch (code) {
  case IDX_U8: return *type = STORED_U8, true;
  case IDX_I8: return *type = STORED_I8, true;
  case IDX_I16: return *type = STORED_I16, true;
  case IDX_I32: return *type = STORED_I32, true;
  case IDX_F32: return *type = STORED_F32, true;
  case IDX_F64: return *type = STORED_F64, true;
  default: return false;
  }
}

static uint32_t big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool knows(const struct contents *contents) {
  const unsigned char *head = contents->head;
  enum stored type;
  return contents->head_size >= 4 && !head[0] && !head[1] && type_of(head[2], &type) && head[3] > 0;
}

static bool open_idx(struct datafile *file, struct error *error) {
  struct contents *contents = &file->inside->contents;
  if (!contents_whole(contents, file->inside->options.limit, error)) return false;
  const unsigned char *bytes = contents->bytes;
  int64_t dim[UINT8_MAX], header = 4 + 4 * (int64_t)bytes[3];
  struct found found = {.name = file_stem(file),
                        .rank = bytes[3],
                        .dim = dim,
                        .at = bytes + header,
                        .swapped = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__};
  if (contents->size < header)
    return datafile_error(file, error, "it is truncated: %lld bytes of the %lld that a header takes",
                          (long long)contents->size, (long long)header);
  type_of(bytes[2], &found.type);
  for (int i = 0; i < found.rank; i++) dim[i] = big_endian(bytes + 4 + 4 * i);
  int64_t size = array_bytes(found.rank, dim, stored_size(found.type));
  if (size < 0 || __builtin_add_overflow(size, header, &size))
    return datafile_error(file, error, "its header promises more bytes than there can be");
  if (size != contents->size)
    return datafile_error(file, error, "%s", length_problem(file->inside->arena, contents->size, size));
  array_add(file, &found);
  return true;
}

const struct reader idx_reader = {.format = "IDX", .suffixes = ".idx -ubyte", .knows = knows, .open = open_idx};
