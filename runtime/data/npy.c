#include "data/npy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

bool npy_knows(const unsigned char *bytes, int64_t size) {
  return size >= (int64_t)sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* ---- the header: one Python dictionary of three keys ---- */

struct scan {
  const char *at, *end;
  struct arena *arena;
  const char *problem;
};

static bool wrong(struct scan *scan, const char *problem) {
  if (!scan->problem) scan->problem = problem;
  return false;
}

static void skip_space(struct scan *scan) {
  while (scan->at < scan->end && isspace((unsigned char)*scan->at)) scan->at++;
}

static bool take(struct scan *scan, char c) {
  skip_space(scan);
  if (scan->at == scan->end || *scan->at != c) return false;
  scan->at++;
  return true;
}

static bool take_word(struct scan *scan, const char *word) {
  size_t n = strlen(word);
  skip_space(scan);
  if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0) return false;
  scan->at += n;
  return true;
}

/* A string in single or double quotes, without escapes. */
static bool take_quoted(struct scan *scan, struct string *string) {
  skip_space(scan);
  char quote = scan->at < scan->end ? *scan->at : 0;
  if (quote != '\'' && quote != '"') return false;
  const char *begin = ++scan->at;
  while (scan->at < scan->end && *scan->at != quote && *scan->at != '\\') scan->at++;
  if (scan->at == scan->end || *scan->at != quote) return wrong(scan, "a string in its header has no end");
  *string = (struct string){begin, (size_t)(scan->at++ - begin)};
  return true;
}

static bool take_count(struct scan *scan, int64_t *count) {
  skip_space(scan);
  const char *begin = scan->at;
  *count = 0;
  while (scan->at < scan->end && isdigit((unsigned char)*scan->at))
    if (__builtin_mul_overflow(*count, 10, count) || __builtin_add_overflow(*count, *scan->at++ - '0', count))
      return wrong(scan, "a length in its header is absurd");
  if (scan->at < scan->end && *scan->at == 'L') scan->at++; /* as Python 2 wrote them */
  return scan->at > begin || wrong(scan, "its header has no shape");
}

static bool take_shape(struct scan *scan, struct npy *npy) {
  if (!take(scan, '(')) return wrong(scan, "its header has no shape");
  for (npy->found.rank = 0; !take(scan, ')'); npy->found.rank++) {
    int64_t dim;
    if (!take_count(scan, &dim)) return false;
    if (npy->found.rank < FILE_AXES) npy->dim[npy->found.rank] = dim;
    else if (npy->found.rank > 64) return wrong(scan, "it has more axes than NumPy has");
    if (take(scan, ',')) continue;
    npy->found.rank++;
    if (!take(scan, ')')) return wrong(scan, "its shape has no end");
    break;
  }
  return true;
}

/* "<f8" and the like; what cannot be read is refused, which is not a mistake of the file. */
static bool set_type(struct scan *scan, struct npy *npy, struct string type) {
  static const struct {
    char kind;
    int size;
    enum stored stored;
  } known[] = {{'b', 1, STORED_BOOL}, {'u', 1, STORED_U8},  {'u', 2, STORED_U16}, {'u', 4, STORED_U32},
               {'u', 8, STORED_U64},  {'i', 1, STORED_I8},  {'i', 2, STORED_I16}, {'i', 4, STORED_I32},
               {'i', 8, STORED_I64},  {'f', 2, STORED_F16}, {'f', 4, STORED_F32}, {'f', 8, STORED_F64}};
  if (type.length < 2 || !strchr("<>|=", type.at[0])) return wrong(scan, "its element type is not understood");
  struct scan digits = {.at = type.at + 2, .end = type.at + type.length};
  char kind = type.at[1];
  int64_t size = 0;
  if (kind == 'O') size = 0;
  else if (!take_count(&digits, &size)) return wrong(scan, "its element type is not understood");
  npy->width = size;
  npy->found.swapped = type.at[0] == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].kind == kind && known[i].size == size) {
      npy->found.type = known[i].stored;
      return digits.at == digits.end || wrong(scan, "its element type is not understood");
    }
  if (kind == 'S' || kind == 'U') {
    npy->string_kind = kind;
    npy->found.type = STORED_STRING;
    return kind == 'S' || !__builtin_mul_overflow(size, 4, &npy->width) || wrong(scan, "its strings are absurdly long");
  }
  const char *what = kind == 'c' ? "complex numbers" : kind == 'O' ? "Python objects" : NULL;
  npy->found.refused = what ? arena_format(scan->arena, "it holds %s", what)
                            : arena_format(scan->arena, "its elements are of NumPy's type '%.*s'", (int)type.length,
                                           type.at);
  return true;
}

/* Fields of records: skipped up to the bracket that closes the list. */
static bool skip_fields(struct scan *scan, struct npy *npy) {
  npy->found.refused = "its elements are records of several fields";
  for (int depth = 1; depth > 0;) {
    struct string string;
    skip_space(scan);
    if (scan->at == scan->end) return wrong(scan, "the fields in its header have no end");
    if (*scan->at == '\'' || *scan->at == '"') {
      if (!take_quoted(scan, &string)) return wrong(scan, "a string in its header has no end");
      continue;
    }
    depth += (*scan->at == '[') - (*scan->at == ']');
    scan->at++;
  }
  return true;
}

static bool take_value(struct scan *scan, struct string key, struct npy *npy, unsigned *seen) {
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  struct string type;
  for (unsigned k = 0; k < 3; k++) {
    if (key.length != strlen(keys[k]) || memcmp(key.at, keys[k], key.length) != 0) continue;
    if (*seen & 1u << k) return wrong(scan, "its header has a key twice");
    *seen |= 1u << k;
    if (k == 2) return take_shape(scan, npy);
    if (k == 0 && take(scan, '[')) return skip_fields(scan, npy);
    if (k == 0)
      return (take_quoted(scan, &type) && set_type(scan, npy, type)) ||
             wrong(scan, "its element type is not understood");
    npy->found.columns_first = take_word(scan, "True");
    return npy->found.columns_first || take_word(scan, "False") || wrong(scan, "its order is neither True nor False");
  }
  return wrong(scan, "its header has a key that is none of NumPy's");
}

static bool take_dictionary(struct scan *scan, struct npy *npy) {
  unsigned seen = 0;
  if (!take(scan, '{')) return wrong(scan, "its header is not a dictionary");
  while (!take(scan, '}')) {
    struct string key;
    if (!take_quoted(scan, &key) || !take(scan, ':')) return wrong(scan, "its header is not a dictionary");
    if (!take_value(scan, key, npy, &seen)) return false;
    if (take(scan, ',')) continue;
    if (!take(scan, '}')) return wrong(scan, "its header is not a dictionary");
    break;
  }
  skip_space(scan);
  if (scan->at != scan->end) return wrong(scan, "its header goes on after the dictionary");
  return seen == 7 || wrong(scan, "its header lacks a key");
}

bool npy_header(struct npy *npy, const unsigned char *bytes, int64_t there, int64_t size, struct arena *arena,
                const char **problem) {
  struct scan scan = {.arena = arena};
  *npy = (struct npy){.size = -1};
  int major = there > 6 ? bytes[6] : 1;
  int64_t prefix = major == 1 ? 10 : 12, length = 0;
  *problem = "it ends within its header";
  if (there < prefix) return false;
  *problem = arena_format(arena, "it is of version %d.%d, which is not known", major, bytes[7]);
  if (major < 1 || major > 3 || bytes[7] != 0) return false;
  for (int64_t i = prefix - 1; i >= 8; i--) length = length << 8 | bytes[i];
  *problem = "it ends within its header";
  if (length > size - prefix) return false;
  *problem = arena_format(arena, "its header of %lld bytes is too long", (long long)length);
  if (length > there - prefix) return false;
  scan.at = (const char *)bytes + prefix;
  scan.end = scan.at + length;
  bool ok = take_dictionary(&scan, npy);
  *problem = scan.problem;
  if (!ok) return false;
  npy->begin = prefix + length;
  if (npy->found.refused || npy->found.rank > FILE_AXES) return true;
  npy->size = array_bytes(npy->found.rank, npy->dim, (size_t)npy->width);
  *problem = "its header promises more bytes than there can be";
  if (npy->size < 0) return false;
  *problem = length_problem(arena, size - npy->begin, npy->size);
  return npy->size == size - npy->begin;
}

/* ---- strings ---- */

/* One element, padded with zeros: bytes, or code points of four bytes each, which become UTF-8 in `out`. */
static struct string string_of(const struct npy *npy, const unsigned char *at, char *out) {
  struct string string = {npy->string_kind == 'S' ? (const char *)at : out, 0};
  if (npy->string_kind == 'S') {
    string.length = (size_t)npy->width;
    while (string.length && !at[string.length - 1]) string.length--;
    return string;
  }
  for (int64_t i = 0; i + 4 <= npy->width; i += 4) {
    uint32_t code;
    memcpy(&code, at + i, sizeof code);
    if (npy->found.swapped) code = __builtin_bswap32(code);
    if (!code) break;
    string.length += utf8_encode(code, out + string.length);
  }
  return string;
}

static bool add_strings(struct datafile *file, const char *name, const struct npy *npy, const unsigned char *at,
                        struct error *error) {
  int64_t n = array_bytes(npy->found.rank, npy->dim, 1);
  struct string *row = malloc(size_product((size_t)n + 1, sizeof *row));
  char *out = malloc(npy->string_kind == 'U' ? (size_t)npy->size + 1 : 1); /* UTF-8 takes no more than four bytes */
  bool ok = row && out;
  if (ok) {
    for (int64_t i = 0; i < n; i++) row[i] = string_of(npy, at + i * npy->width, out + i * npy->width);
    ok = strings_add(file, name, row, n, error);
  } else {
    datafile_error(file, error, "no memory for the strings of '%s'", name);
  }
  free(row);
  free(out);
  return ok;
}

bool npy_add(struct datafile *file, const char *name, struct npy *npy, const unsigned char *bytes,
             struct error *error) {
  npy->found.name = name;
  npy->found.dim = npy->dim;
  if (bytes) npy->found.at = bytes + npy->begin;
  bool list = npy->found.rank <= 1;
  if (npy->string_kind && npy->width == 0 && list) npy->found.refused = "its strings are all empty";
  if (npy->string_kind && list && !npy->found.refused && npy->size > 0)
    return add_strings(file, name, npy, bytes + npy->begin, error);
  if (npy->string_kind && !list && !npy->found.refused) npy->found.refused = "it is a table of strings, not a list";
  array_add(file, &npy->found);
  return true;
}

/* ---- a file of its own ---- */

static bool knows(const struct contents *contents) { return npy_knows(contents->head, contents->head_size); }

static bool open_npy(struct datafile *file, struct error *error) {
  struct contents *contents = &file->inside->contents;
  struct npy npy;
  const char *problem;
  if (!contents_whole(contents, file->inside->options.limit, error)) return false;
  int64_t there = contents->size < NPY_HEADER ? contents->size : NPY_HEADER;
  if (!npy_header(&npy, contents->bytes, there, contents->size, file->inside->arena, &problem))
    return datafile_error(file, error, "%s", problem);
  return npy_add(file, file_stem(file), &npy, contents->bytes, error);
}

const struct reader npy_reader = {.format = "NumPy array", .suffixes = ".npy", .knows = knows, .open = open_npy};
