/* MATLAB's files, of versions 4, 5 and 7.3, through matio in a process of its own.
 *
 * A variable becomes one entry, or several: the members of a cell array are "X{1}", "X{2}", ..., the fields of a
 * structure "s.x".  A cell array of strings, or a matrix of characters, is a list of strings.  When an entry is asked
 * for, the whole variable is read: its parts are neighbours in the file. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "data/apart.h"
#include "data/convert.h"
#include "data/mat_check.h"

/* ---- by its first bytes ---- */

static bool begins_with(const struct contents *contents, const char *string) {
  return contents->head_size >= 128 && memcmp(contents->head, string, strlen(string)) == 0;
}

/* Version 4 has no magic number: a type, rows, columns, whether there are imaginary parts, a name that ends with 0. */
static bool is_version_4(const struct contents *contents) {
  enum { HEADER = 20, LONGEST_NAME = 63 };
  uint32_t word[5];
  if (contents->head_size <= HEADER) return false;
  memcpy(word, contents->head, sizeof word);
  if (word[0] > 4052)
    for (int i = 0; i < 5; i++) word[i] = __builtin_bswap32(word[i]);
  uint32_t digits[] = {word[0] / 1000, word[0] / 100 % 10, word[0] / 10 % 10, word[0] % 10};
  if (digits[0] > 1 || digits[1] != 0 || digits[2] > 5 || digits[3] > 2) return false;
  if (!word[1] || !word[2] || word[3] > 1 || word[4] < 2 || word[4] > LONGEST_NAME + 1) return false;
  return HEADER + (int64_t)word[4] <= contents->head_size &&
         memchr(contents->head + HEADER, 0, word[4]) == contents->head + HEADER + word[4] - 1;
}

static const char version_5[] = "MATLAB 5.0 MAT-file";

static const char *version(const struct contents *contents) {
  if (begins_with(contents, "MATLAB 7.3 MAT-file")) return "MATLAB 7.3";
  if (begins_with(contents, version_5)) return "MATLAB 5";
  return is_version_4(contents) ? "MATLAB 4" : NULL;
}

static bool knows(const struct contents *contents) { return version(contents) != NULL; }

#ifdef HAVE_MATIO
#include <matio.h>

/* ---- in the child: what a variable consists of ---- */

enum { DEPTH = 8, MOST_PARTS = 1 << 16 };

struct walk {
  /* Is given the parts of a variable that hold something; false ends the walk. */
  bool (*part)(struct walk *walk, const char *name, const matvar_t *part);
  struct datafile *file;
  struct error *error;
  FILE *answer;
  const char *variable;
  int64_t parts;
  const struct wanted *wanted;
};

static int64_t elements(const matvar_t *part) {
  int64_t n = 1;
  for (int i = 0; i < part->rank; i++)
    if (part->dims[i] > INT64_MAX || __builtin_mul_overflow(n, (int64_t)part->dims[i], &n)) return -1;
  return n;
}

/* How many members a cell array has, or fields all elements of a structure: no more than there are pointers, whatever
 * the axes say. */
static int64_t members(const matvar_t *part) {
  int64_t n = elements(part), there = (int64_t)(part->nbytes / sizeof(matvar_t *)), fields = 1;
  if (part->class_type == MAT_C_STRUCT) fields = Mat_VarGetNumberOfFields((matvar_t *)(uintptr_t)part);
  if (__builtin_mul_overflow(n, fields, &n)) n = -1;
  return !part->data ? 0 : n < 0 || n > there ? there : n;
}

static bool is_empty(const matvar_t *part) { return part->class_type == MAT_C_EMPTY || elements(part) == 0; }

/* One string, or nothing. */
static bool is_one_string(const matvar_t *part) {
  return part && (is_empty(part) || (part->class_type == MAT_C_CHAR && part->rank == 2 && part->dims[0] == 1));
}

static bool is_strings(const matvar_t *part) {
  if (part->class_type == MAT_C_CHAR) return part->rank == 2;
  if (part->class_type != MAT_C_CELL || elements(part) != members(part)) return false;
  bool some = false;
  for (int64_t i = 0; i < members(part); i++) {
    const matvar_t *cell = ((matvar_t *const *)part->data)[i];
    if (!is_one_string(cell)) return false;
    some = some || cell->class_type == MAT_C_CHAR;
  }
  return some;
}

static bool walk_part(struct walk *walk, const char *name, const matvar_t *part, int depth) {
  struct arena *arena = walk->file->inside->arena;
  bool cell = part->class_type == MAT_C_CELL, structure = part->class_type == MAT_C_STRUCT;
  if (++walk->parts > MOST_PARTS || depth > DEPTH)
    return datafile_error(walk->file, walk->error, "'%s' has too many parts", walk->variable);
  if ((!cell && !structure) || is_strings(part) || is_empty(part) || !part->data) return walk->part(walk, name, part);
  int64_t n = elements(part), fields = structure ? (int64_t)Mat_VarGetNumberOfFields((matvar_t *)(uintptr_t)part) : 1;
  char *const *field = structure ? Mat_VarGetStructFieldnames(part) : NULL;
  for (int64_t i = 0; i < members(part); i++) {
    const matvar_t *member = ((matvar_t *const *)part->data)[i];
    const char *inner = arena_format(arena, "%s{%lld}", name, (long long)i + 1);
    if (structure && n == 1) inner = arena_format(arena, "%s.%s", name, field[i]);
    else if (structure)
      inner = arena_format(arena, "%s(%lld).%s", name, (long long)(i / fields) + 1, field[i % fields]);
    if (member && !walk_part(walk, inner, member, depth + 1)) return false;
  }
  return true;
}

static bool number_type(const matvar_t *part, enum stored *type) {
  switch (part->class_type) {
  case MAT_C_SPARSE:
  case MAT_C_DOUBLE: return *type = STORED_F64, true;
  case MAT_C_SINGLE: return *type = STORED_F32, true;
  case MAT_C_INT8: return *type = STORED_I8, true;
  case MAT_C_UINT8: return *type = part->isLogical ? STORED_BOOL : STORED_U8, true;
  case MAT_C_INT16: return *type = STORED_I16, true;
  case MAT_C_UINT16: return *type = STORED_U16, true;
  case MAT_C_INT32: return *type = STORED_I32, true;
  case MAT_C_UINT32: return *type = STORED_U32, true;
  case MAT_C_INT64: return *type = STORED_I64, true;
  case MAT_C_UINT64: return *type = STORED_U64, true;
  default: return false;
  }
}

/* What matio has read a part's elements as. */
static bool element_type(enum matio_types type, enum stored *stored) {
  switch (type) {
  case MAT_T_INT8: return *stored = STORED_I8, true;
  case MAT_T_UTF8:
  case MAT_T_UINT8: return *stored = STORED_U8, true;
  case MAT_T_INT16: return *stored = STORED_I16, true;
  case MAT_T_UTF16:
  case MAT_T_UINT16: return *stored = STORED_U16, true;
  case MAT_T_INT32: return *stored = STORED_I32, true;
  case MAT_T_UTF32:
  case MAT_T_UINT32: return *stored = STORED_U32, true;
  case MAT_T_SINGLE: return *stored = STORED_F32, true;
  case MAT_T_DOUBLE: return *stored = STORED_F64, true;
  case MAT_T_INT64: return *stored = STORED_I64, true;
  case MAT_T_UINT64: return *stored = STORED_U64, true;
  default: return false;
  }
}

/* ---- in the child: the list ---- */

/* Row r of a matrix of characters, blanks at its end left out, as the next string of the answer. */
static bool answer_characters(struct walk *walk, const matvar_t *part, int64_t r) {
  enum stored type;
  int64_t rows = (int64_t)part->dims[0], columns = (int64_t)part->dims[1], code;
  if (is_empty(part)) return answer_string(walk->answer, "", 0), true;
  if (!part->data || !element_type(part->data_type, &type)) return false;
  size_t size = stored_size(type), length = 0;
  bool bytes = part->data_type == MAT_T_UTF8 && rows == 1;
  if (bytes) columns = (int64_t)part->nbytes;
  if (part->nbytes < size_product((size_t)(rows * columns), size)) return false;
  char *string = malloc(size_product((size_t)columns + 1, 4));
  for (int64_t c = 0; string && c < columns; c++) {
    const char *at = (const char *)part->data + (size_t)(r + c * rows) * size;
    if (bytes) string[length++] = *at;
    else if (convert(type, at, 1, I64, &code) == 1 && code > 0) length += utf8_encode((uint32_t)code, string + length);
  }
  while (length && string[length - 1] == ' ') length--;
  if (string) answer_string(walk->answer, string, length);
  free(string);
  return string != NULL;
}

static bool answer_strings(struct walk *walk, const matvar_t *part) {
  bool cell = part->class_type == MAT_C_CELL, ok = true;
  int64_t n = cell ? elements(part) : (int64_t)part->dims[0];
  answer_number(walk->answer, n);
  for (int64_t i = 0; i < n && ok; i++)
    ok = answer_characters(walk, cell ? ((matvar_t *const *)part->data)[i] : part, cell ? 0 : i);
  return ok || datafile_error(walk->file, walk->error, "the strings of '%s' are damaged", walk->variable);
}

/* A variable's name, an array, and how many strings it has, which follow; -1: none, it is of numbers. */
static bool list_part(struct walk *walk, const char *name, const matvar_t *part) {
  int64_t dim[FILE_AXES] = {0};
  struct found found = {.name = name, .rank = part->rank, .dim = dim, .columns_first = true};
  bool strings = is_strings(part) && !is_empty(part);
  for (int i = 0; i < part->rank && i < FILE_AXES; i++)
    dim[i] = part->dims[i] > INT64_MAX ? INT64_MAX : (int64_t)part->dims[i];
  if (is_empty(part)) found.refused = "it is empty";
  else if (part->isComplex) found.refused = "it holds complex numbers";
  else if (!strings && !number_type(part, &found.type)) found.refused = "it is neither numbers nor strings";
  answer_string(walk->answer, walk->variable, strlen(walk->variable));
  answer_found(walk->answer, &found);
  if (strings) return answer_strings(walk, part);
  answer_number(walk->answer, -1);
  return true;
}

/* Whether there are strings in it, so that it has to be read to be listed. */
static bool has_strings(const matvar_t *part, int depth) {
  if (part->class_type == MAT_C_CHAR) return true;
  if ((part->class_type != MAT_C_CELL && part->class_type != MAT_C_STRUCT) || depth > DEPTH) return false;
  for (int64_t i = 0; i < members(part); i++) {
    const matvar_t *member = ((matvar_t *const *)part->data)[i];
    if (member && has_strings(member, depth + 1)) return true;
  }
  return false;
}

static mat_t *open_mat(struct datafile *file, struct error *error) {
  mat_t *mat = Mat_Open(file->path, MAT_ACC_RDONLY);
  if (!mat) datafile_error(file, error, "matio cannot open it");
  return mat;
}

static bool list_variable(struct walk *walk, matvar_t *variable) {
  walk->variable = variable->name ? variable->name : "";
  if (!*walk->variable) return true; /* what MATLAB keeps of its own */
  if (!has_strings(variable, 0)) return walk_part(walk, walk->variable, variable, 0);
  mat_t *mat = open_mat(walk->file, walk->error);
  matvar_t *whole = mat ? Mat_VarRead(mat, walk->variable) : NULL;
  return whole ? walk_part(walk, walk->variable, whole, 0)
               : datafile_error(walk->file, walk->error, "matio cannot read '%s'", walk->variable);
}

/* Version 7.3 is HDF5, whose library looks for itself. */
static bool is_all_there(const struct datafile *file, struct error *error) {
  if (begins_with(&file->inside->contents, version_5)) return mat_check_5(file, error);
  return !is_version_4(&file->inside->contents) || mat_check_4(file, error);
}

/* Nothing is freed: the process ends. */
static bool list_file(struct datafile *file, void *context, FILE *answer, struct error *error) {
  struct walk walk = {.part = list_part, .file = file, .error = error, .answer = answer};
  (void)context;
  if (!is_all_there(file, error)) return false;
  mat_t *mat = open_mat(file, error);
  for (matvar_t *variable; mat && (variable = Mat_VarReadNextInfo(mat));)
    if (!list_variable(&walk, variable)) return false;
  return mat != NULL;
}

/* ---- in the child: the elements ---- */

/* The parts of a variable that are wanted, in the order of the list. */
struct wanted {
  const char *variable;
  VEC(struct wanted_part {
    const char *name;
    enum stored type;
    int64_t bytes;
    void *block;
  })
  parts;
};

/* Puts the elements that a sparse matrix has where they are in a dense one, columns first. */
static bool put_sparse(const matvar_t *part, double *out) {
  const mat_sparse_t *sparse = part->data;
  enum stored type;
  size_t rows = part->dims[0], columns = part->dims[1];
  if (part->rank != 2 || !sparse->data || !element_type(part->data_type, &type)) return false;
  if (sparse->njc < columns + 1) return false;
  for (size_t c = 0; c < columns; c++)
    for (size_t k = sparse->jc[c]; k < sparse->jc[c + 1]; k++) {
      if (k >= sparse->nir || k >= sparse->ndata || sparse->ir[k] >= rows) return false;
      const char *element = (const char *)sparse->data + k * stored_size(type);
      convert(type, element, 1, F64, &out[sparse->ir[k] + c * rows]);
    }
  return true;
}

static bool put_part(struct walk *walk, const char *name, const matvar_t *part) {
  enum stored type;
  for (size_t i = 0; i < walk->wanted->parts.n; i++) {
    const struct wanted_part *wanted = &walk->wanted->parts.at[i];
    if (strcmp(wanted->name, name) != 0) continue;
    int64_t n = elements(part), size = (int64_t)stored_size(wanted->type);
    bool ok = part->data && number_type(part, &type) && type == wanted->type && !part->isComplex && n >= 0 &&
              n == wanted->bytes / size;
    if (ok && part->class_type == MAT_C_SPARSE) ok = put_sparse(part, wanted->block);
    else if ((ok = ok && part->nbytes >= (size_t)wanted->bytes))
      memcpy(wanted->block, part->data, (size_t)wanted->bytes);
    if (!ok) return datafile_error(walk->file, walk->error, "'%s' is not what its header says", name);
  }
  return true;
}

static bool read_variable(struct datafile *file, void *context, FILE *answer, struct error *error) {
  struct walk walk = {.part = put_part, .file = file, .error = error, .answer = answer, .wanted = context};
  walk.variable = walk.wanted->variable;
  mat_t *mat = open_mat(file, error);
  matvar_t *variable = mat ? Mat_VarRead(mat, walk.variable) : NULL;
  if (!variable) return datafile_error(file, error, "matio cannot read '%s'", walk.variable);
  return walk_part(&walk, walk.variable, variable, 0);
}

/* ---- in the parent ---- */

struct mat {
  VEC(const char *) variables; /* of each entry; NULL of strings, which are there already */
};

/* What zlib can make of the whole file, of elements of one byte that become eight. */
static bool size_is_possible(const struct datafile *file, const struct found *found) {
  enum { MOST_OF_ONE = 8 * 1032, SMALL = 1 << 16 };
  if (found->rank > FILE_AXES) return true;
  int64_t bytes = array_bytes(found->rank, found->dim, stored_size(found->type));
  return bytes >= 0 && (bytes <= SMALL || bytes / MOST_OF_ONE <= file->inside->contents.disk_size);
}

static bool take_entry(struct datafile *file, struct answer *answer, struct error *error) {
  struct mat *mat = file->inside->state;
  struct arena *arena = file->inside->arena;
  struct string variable;
  struct found found;
  int64_t dim[FILE_AXES], strings;
  if (!take_string(answer, &variable) || !take_found(file, answer, &found, dim) || !take_number(answer, &strings))
    return datafile_error(file, error, "it is damaged");
  const char *name = strings < 0 ? arena_copy_string(arena, variable.at, variable.length) : NULL;
  vec_push(arena, &mat->variables, name);
  if (strings >= 0) return take_strings(file, answer, found.name, strings, error);
  if (!found.refused && !size_is_possible(file, &found)) found.refused = "its size is more than the file can hold";
  array_add(file, &found);
  return true;
}

static bool open_file(struct datafile *file, struct error *error) {
  struct answer answer;
  file->format = version(&file->inside->contents);
  file->inside->state = ARENA_NEW(file->inside->arena, struct mat);
  if (file->inside->contents.packed) return datafile_error(file, error, "it is compressed: decompress it first");
  if (!apart_run(file, list_file, NULL, &answer, error)) return false;
  while (answer.at < answer.end)
    if (!take_entry(file, &answer, error)) return false;
  return true;
}

static bool load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error) {
  const struct mat *mat = file->inside->state;
  struct arena *arena = file->inside->arena;
  struct values *values = file->inside->values;
  struct wanted wanted = {.variable = mat->variables.at[i]};
  (void)first;
  (void)n;
  if (values[i].at) return true;
  for (size_t k = 0; k < file->n; k++) {
    const char *variable = mat->variables.at[k];
    if (file->entry[k].refused || !variable || strcmp(variable, wanted.variable) != 0) continue;
    struct wanted_part part = {.name = file->entry[k].name, .type = file->entry[k].type};
    part.bytes = array_bytes(values[k].rank, values[k].dim, stored_size(part.type));
    if (!(part.block = apart_block(file, part.bytes, error))) return false;
    vec_push(arena, &wanted.parts, part);
  }
  if (!apart_run(file, read_variable, &wanted, NULL, error)) return false;
  for (size_t k = 0, part = 0; k < file->n && part < wanted.parts.n; k++)
    if (file->entry[k].name == wanted.parts.at[part].name) values[k].at = wanted.parts.at[part++].block;
  return true;
}
#endif

const struct reader mat_reader = {
    .format = "MATLAB",
    .suffixes = ".mat",
    .library = "matio",
    .package = "libmatio-dev",
    .agrees = true,
    .knows = knows,
#ifdef HAVE_MATIO
    .open = open_file,
    .load = load,
#endif
};
