#include "data/mat_check.h"

#include <string.h>
#include <zlib.h>

/* ---- where bytes come from ---- */

struct source {
  const unsigned char *at;
  int64_t left;
  z_stream *packed; /* or NULL: then bytes are what is decompressed, and their number is not known */
  bool swapped;
};

/* The next n bytes; out may be NULL.  False where there are fewer. */
static bool take(struct source *source, int64_t n, void *out) {
  unsigned char passed_over[1 << 14];
  if (!source->packed) {
    if (n > source->left) return false;
    if (out) memcpy(out, source->at, (size_t)n);
    source->at += n;
    source->left -= n;
    return true;
  }
  while (n > 0) {
    int64_t piece = out || n < (int64_t)sizeof passed_over ? n : (int64_t)sizeof passed_over;
    source->packed->next_out = out ? out : passed_over;
    source->packed->avail_out = (unsigned)piece;
    int code = inflate(source->packed, Z_NO_FLUSH);
    if (source->packed->avail_out || (code != Z_OK && code != Z_STREAM_END)) return false;
    n -= piece;
  }
  return true;
}

static bool take_words(struct source *source, int n, uint32_t *word) {
  if (!take(source, 4 * n, word)) return false;
  for (int i = 0; source->swapped && i < n; i++) word[i] = __builtin_bswap32(word[i]);
  return true;
}

static bool damaged(const struct datafile *file, const unsigned char *at, struct error *error) {
  return datafile_error(file, error, "what begins at byte %lld of it is damaged, or is not all there",
                        (long long)(at - file->inside->contents.bytes));
}

/* ---- elements of version 5 ---- */

enum { INT8 = 1, UINT8, INT16, UINT16, INT32, UINT32, SINGLE, DOUBLE = 9, INT64 = 12, UINT64, MATRIX, COMPRESSED };
enum { CLASS_CELL = 1, CLASS_CHAR = 4, CLASS_DOUBLE = 6, CLASS_UINT64 = 15, COMPLEX = 0x800 }; /* of an array's flags */
enum { DEPTH = 64 }; /* how deep arrays may lie in others */

static int64_t size_of(uint32_t type) {
  static const int size[] = {[INT8] = 1,   [UINT8] = 1,  [INT16] = 2,  [UINT16] = 2, [INT32] = 4,
                             [UINT32] = 4, [SINGLE] = 4, [DOUBLE] = 8, [INT64] = 8,  [UINT64] = 8};
  return type < sizeof size / sizeof *size ? size[type] : 0;
}

struct element {
  uint32_t type;
  int64_t size, padding;
};

/* The head of an element of at most `left` bytes, which becomes what follows the element.  Small ones have their size in
 * the word of their type, and up to four bytes after it. */
static bool take_head(struct source *source, int64_t *left, struct element *element) {
  uint32_t word[2];
  if (*left < 8 || !take_words(source, 1, word)) return false;
  bool is_small = word[0] >> 16 != 0;
  *element = (struct element){.type = word[0] & 0xffff, .size = word[0] >> 16};
  if (!is_small) {
    if (!take_words(source, 1, word + 1)) return false;
    element->size = word[1];
  }
  *left -= is_small ? 4 : 8;
  element->padding = is_small ? 4 - element->size : -element->size & 7;
  if (element->padding > *left - element->size) element->padding = *left - element->size;
  *left -= element->size + element->padding;
  return element->padding >= 0 && *left >= 0;
}

/* How many elements an array has by its axes; negative where they are no axes. */
static bool take_axes(struct source *source, int64_t size, int64_t *n) {
  *n = 1;
  for (uint32_t dim; size >= 4; size -= 4)
    if (!take_words(source, 1, &dim) || __builtin_mul_overflow(*n, (int64_t)dim, n)) return false;
  return take(source, size, NULL);
}

static bool is_of_numbers(uint32_t class) {
  return class == CLASS_CHAR || (class >= CLASS_DOUBLE && class <= CLASS_UINT64);
}

/* Whether an element of so many bytes has the n numbers of an array of this class; of text in UTF-8 nobody knows. */
static bool has_numbers(uint32_t class, const struct element *element, int64_t n) {
  int64_t size = size_of(element->type);
  return size ? element->size % size == 0 && element->size / size == n : class == CLASS_CHAR;
}

/* What an array consists of: its class, its axes, its name; then its numbers, the imaginary ones beside them, or arrays,
 * or what else its class has. */
static bool check_array(struct source *source, int64_t left, int depth) {
  uint32_t flags = 0, class = 0;
  int64_t n = 0;
  int k = 0;
  for (; left > 0; k++) {
    struct element element;
    if (!take_head(source, &left, &element)) return false;
    int64_t rest = element.size;
    if (k == 0 && element.type == UINT32 && rest >= 4) {
      if (!take_words(source, 1, &flags)) return false;
      class = flags & 0xff;
      rest -= 4;
    } else if (k == 1 && element.type == INT32) {
      if (!take_axes(source, rest, &n)) return false;
      rest = 0;
    } else if (is_of_numbers(class) && (k == 3 || (k == 4 && flags & COMPLEX))) {
      if (!has_numbers(class, &element, n)) return false;
    } else if (element.type == MATRIX) {
      if (depth == DEPTH || !check_array(source, rest, depth + 1)) return false;
      rest = 0;
    }
    if (!take(source, rest + element.padding, NULL)) return false;
  }
  if (class == CLASS_CELL) return k >= 3 && k - 3 == n;
  return !is_of_numbers(class) || n == 0 || k > 3;
}

static bool check_packed(const unsigned char *at, int64_t size, bool swapped) {
  z_stream stream = {.next_in = (unsigned char *)(uintptr_t)at, .avail_in = (unsigned)size};
  struct source source = {.packed = &stream, .swapped = swapped};
  struct element element;
  unsigned char more;
  int64_t left = INT64_MAX;
  if (inflateInit(&stream) != Z_OK) return false;
  bool ok = take_head(&source, &left, &element) && element.type == MATRIX && check_array(&source, element.size, 0);
  stream.next_out = &more;
  stream.avail_out = 1;
  ok = ok && inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out; /* the checksum is looked at here */
  inflateEnd(&stream);
  return ok;
}

bool mat_check_5(const struct datafile *file, struct error *error) {
  enum { HEADER = 128, BYTE_ORDER_AT = 126, AS_HERE = 'M' << 8 | 'I' };
  const struct contents *contents = &file->inside->contents;
  struct source source = {.at = contents->bytes + HEADER, .left = contents->size - HEADER};
  uint16_t order;
  memcpy(&order, contents->bytes + BYTE_ORDER_AT, sizeof order);
  source.swapped = order != AS_HERE;
  while (source.left) {
    const unsigned char *begin = source.at;
    struct element element;
    int64_t left = source.left;
    bool ok = take_head(&source, &left, &element);
    if (ok && element.type == MATRIX) ok = check_array(&source, element.size, 0);
    else
      ok = ok && element.type == COMPRESSED && check_packed(source.at, element.size, source.swapped) &&
           take(&source, element.size, NULL);
    if (!ok) return damaged(file, begin, error);
  }
  return true;
}

/* ---- version 4 ---- */

/* Variables one after the other: five words, the name, and a matrix of numbers. */
bool mat_check_4(const struct datafile *file, struct error *error) {
  enum { TYPE, ROWS, COLUMNS, IMAGINARY, NAME, WORDS, LARGEST_TYPE = 4052 };
  static const int size_by_type[10] = {8, 4, 4, 2, 2, 1};
  const struct contents *contents = &file->inside->contents;
  struct source source = {.at = contents->bytes, .left = contents->size};
  uint32_t type;
  memcpy(&type, contents->bytes, sizeof type); /* there is a whole header, else it would be no such file */
  source.swapped = type > LARGEST_TYPE;
  while (source.left) {
    const unsigned char *begin = source.at;
    uint32_t word[WORDS];
    int64_t bytes;
    bool ok = take_words(&source, WORDS, word) && take(&source, word[NAME], NULL) &&
              !__builtin_mul_overflow((int64_t)word[ROWS], (int64_t)word[COLUMNS], &bytes) &&
              !__builtin_mul_overflow(bytes, size_by_type[word[TYPE] / 10 % 10] * (word[IMAGINARY] ? 2 : 1), &bytes);
    if (!ok || !take(&source, bytes, NULL)) return damaged(file, begin, error);
  }
  return true;
}
