/* HDF5 files, through libhdf5 in a process of its own.  Every dataset below the root is an entry, named by its path;
 * links to other files are not followed.  What is small is read at once, of large ones the rows that are asked for. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "data/apart.h"

/* The signature is at 0, or after a user block of 512 bytes; a .mat file has been taken by then. */
static bool knows(const struct contents *contents) {
  static const unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  for (int64_t at = 0; at + 8 <= contents->head_size; at += 512)
    if (memcmp(contents->head + at, signature, sizeof signature) == 0) return true;
  return false;
}

#ifdef HAVE_HDF5
#include <hdf5.h>

/* ---- in the child ---- */

enum { DEPTH = 32, MOST_OBJECTS = 1 << 16 };

struct walk {
  struct datafile *file;
  FILE *answer;
  struct error *error;
  int64_t objects;
};

/* IEEE 754 binary16, whatever its byte order. */
static bool is_half(hid_t type) {
  size_t sign, exponent, exponent_bits, fraction, fraction_bits;
  return H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) >= 0 && sign == 15 &&
         exponent == 10 && exponent_bits == 5 && fraction == 0 && fraction_bits == 10 && H5Tget_ebias(type) == 15;
}

/* What is stored, of numbers; false for what is none.  An enumeration of two, as h5py writes booleans, is one. */
static bool number_type(hid_t type, enum stored *stored) {
  H5T_class_t class = H5Tget_class(type);
  size_t size = H5Tget_size(type);
  bool has_sign = class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
  if (class == H5T_ENUM && size == 1 && H5Tget_nmembers(type) == 2) return *stored = STORED_BOOL, true;
  if (class == H5T_FLOAT) {
    *stored = size == 8 ? STORED_F64 : size == 4 ? STORED_F32 : STORED_F16;
    return size == 8 || size == 4 || (size == 2 && is_half(type));
  }
  if (class != H5T_INTEGER || (size != 1 && size != 2 && size != 4 && size != 8)) return false;
  enum stored unsigned_type = size == 1 ? STORED_U8 : size == 2 ? STORED_U16 : size == 4 ? STORED_U32 : STORED_U64;
  *stored = has_sign ? unsigned_type + (STORED_I8 - STORED_U8) : unsigned_type;
  return true;
}

/* The type in memory: the same, in this machine's byte order. */
static hid_t memory_type(hid_t file_type) {
  hid_t type = H5Tcopy(file_type);
  if (type >= 0 && H5Tget_class(file_type) != H5T_ENUM) H5Tset_order(type, H5Tget_order(H5T_NATIVE_INT));
  return type;
}

static const char *elsewhere(hid_t dataset) {
  hid_t list = H5Dget_create_plist(dataset);
  if (list >= 0 && H5Pget_layout(list) == H5D_VIRTUAL) return "its elements are in other files";
  if (list >= 0 && H5Pget_layout(list) == H5D_CONTIGUOUS && H5Pget_external_count(list) > 0)
    return "its elements are in other files";
  return NULL;
}

static bool answer_strings(struct walk *walk, const char *name, hid_t dataset, hid_t type, int64_t n) {
  bool variable = H5Tis_variable_str(type) > 0;
  size_t size = variable ? sizeof(char *) : H5Tget_size(type);
  size_t bytes = size_product((size_t)n, size);
  char *strings = (int64_t)bytes <= walk->file->inside->options.limit ? malloc(bytes + 1) : NULL;
  if (!strings || H5Dread(dataset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) < 0)
    return datafile_error(walk->file, walk->error, "the strings of '%s' cannot be read", name);
  answer_number(walk->answer, n);
  for (int64_t i = 0; i < n; i++) {
    const char *string = strings + (size_t)i * size;
    if (variable) memcpy(&string, string, sizeof string);
    size_t length = !string ? 0 : variable ? strlen(string) : strnlen(string, size);
    while (!variable && length && string[length - 1] == ' ') length--;
    answer_string(walk->answer, string, length);
  }
  return true;
}

static bool list_dataset(struct walk *walk, const char *name, hid_t dataset) {
  hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
  hsize_t size[H5S_MAX_RANK];
  int64_t dim[FILE_AXES];
  struct found found = {.name = name, .dim = dim, .rank = H5Sget_simple_extent_dims(space, size, NULL)};
  if (found.rank < 0 || type < 0) return datafile_error(walk->file, walk->error, "'%s' is damaged", name);
  for (int i = 0; i < found.rank && i < FILE_AXES; i++) dim[i] = size[i] > INT64_MAX ? INT64_MAX : (int64_t)size[i];
  bool strings = H5Tget_class(type) == H5T_STRING && (found.refused = elsewhere(dataset)) == NULL;
  if (H5Sget_simple_extent_type(space) == H5S_NULL) found.refused = "it is empty";
  else if (!strings && !number_type(type, &found.type)) found.refused = "it is neither numbers nor strings";
  else if (!strings) found.refused = elsewhere(dataset);
  else if (found.rank != 1) found.refused = "it is not a list of strings";
  else if (dim[0] < 1) found.refused = "it is empty";
  answer_found(walk->answer, &found);
  if (strings && !found.refused) return answer_strings(walk, name, dataset, type, dim[0]);
  answer_number(walk->answer, -1);
  return true;
}

static bool list_group(struct walk *walk, const char *prefix, hid_t group, int depth);

static bool list_object(struct walk *walk, const char *name, hid_t object, int depth) {
  if (++walk->objects > MOST_OBJECTS || depth > DEPTH)
    return datafile_error(walk->file, walk->error, "it has too many groups within groups");
  if (H5Iget_type(object) == H5I_DATASET) return list_dataset(walk, name, object);
  const char *prefix = arena_format(walk->file->inside->arena, "%s/", name);
  return H5Iget_type(object) != H5I_GROUP || list_group(walk, prefix, object, depth);
}

static bool list_link(struct walk *walk, const char *prefix, hid_t group, hsize_t i, int depth) {
  char name[1024];
  H5L_info_t link;
  ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
  if (length < 0 || length >= (ssize_t)sizeof name || H5Lget_info(group, name, &link, H5P_DEFAULT) < 0)
    return datafile_error(walk->file, walk->error, "it is damaged");
  if (link.type != H5L_TYPE_HARD) return true; /* what it leads to in this file is found by itself */
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  const char *path = arena_format(walk->file->inside->arena, "%s%s", prefix, name);
  if (object < 0) return datafile_error(walk->file, walk->error, "'%s' is damaged", path);
  bool ok = list_object(walk, path, object, depth + 1);
  H5Oclose(object);
  return ok;
}

static bool list_group(struct walk *walk, const char *prefix, hid_t group, int depth) {
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0) return datafile_error(walk->file, walk->error, "'%s' is damaged", prefix);
  for (hsize_t i = 0; i < info.nlinks; i++)
    if (!list_link(walk, prefix, group, i, depth)) return false;
  return true;
}

static hid_t open_hdf5(struct datafile *file, struct error *error) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t id = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) datafile_error(file, error, "libhdf5 cannot open it");
  return id;
}

/* Nothing is closed that need not be: the process ends. */
static bool list_file(struct datafile *file, void *context, FILE *answer, struct error *error) {
  struct walk walk = {.file = file, .answer = answer, .error = error};
  (void)context;
  hid_t id = open_hdf5(file, error), root = id < 0 ? -1 : H5Gopen2(id, "/", H5P_DEFAULT);
  if (id >= 0 && root < 0) return datafile_error(file, error, "it is damaged");
  return root >= 0 && list_group(&walk, "", root, 0);
}

struct wanted {
  size_t entry;
  int64_t first, n;
  void *block;
};

static bool read_rows(struct datafile *file, void *context, FILE *answer, struct error *error) {
  const struct wanted *wanted = context;
  const struct entry *entry = &file->entry[wanted->entry];
  const struct values *values = &file->inside->values[wanted->entry];
  hsize_t start[FILE_AXES] = {0}, count[FILE_AXES];
  enum stored type;
  (void)answer;
  hid_t id = open_hdf5(file, error), dataset = id < 0 ? -1 : H5Dopen2(id, entry->name, H5P_DEFAULT);
  hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset), file_type = dataset < 0 ? -1 : H5Dget_type(dataset);
  for (int i = 0; i < values->rank; i++) count[i] = (hsize_t)values->dim[i];
  start[values->rows_axis] = (hsize_t)wanted->first;
  count[values->rows_axis] = (hsize_t)wanted->n;
  bool ok = space >= 0 && file_type >= 0 && number_type(file_type, &type) && type == entry->type;
  bool scalar = ok && H5Sget_simple_extent_ndims(space) == 0;
  ok = ok && (scalar || H5Sget_simple_extent_ndims(space) == values->rank);
  ok = ok && (scalar || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
  hid_t memory = ok ? H5Screate_simple(values->rank, count, NULL) : -1;
  ok = ok &&
       H5Dread(dataset, memory_type(file_type), memory, scalar ? H5S_ALL : space, H5P_DEFAULT, wanted->block) >= 0;
  return ok || datafile_error(file, error, "the rows of '%s' cannot be read", entry->name);
}

/* ---- in the parent ---- */

struct rows_block {
  void *block; /* for rows of large entries, used again */
  int64_t size;
};

static bool take_entry(struct datafile *file, struct answer *answer, struct error *error) {
  struct found found;
  int64_t dim[FILE_AXES], strings;
  if (!take_found(file, answer, &found, dim) || !take_number(answer, &strings))
    return datafile_error(file, error, "it is damaged");
  if (strings >= 0) return take_strings(file, answer, found.name, strings, error);
  array_add(file, &found);
  return true;
}

static bool open_file(struct datafile *file, struct error *error) {
  struct answer answer;
  file->inside->state = ARENA_NEW(file->inside->arena, struct rows_block);
  if (file->inside->contents.packed) return datafile_error(file, error, "it is compressed: decompress it first");
  if (!apart_run(file, list_file, NULL, &answer, error)) return false;
  while (answer.at < answer.end)
    if (!take_entry(file, &answer, error)) return false;
  return true;
}

/* A block for so many bytes of rows; NULL with an error. */
static void *block_for(struct datafile *file, int64_t size, struct error *error) {
  struct rows_block *rows = file->inside->state;
  if (size <= rows->size) return rows->block;
  rows->block = apart_block(file, size, error);
  rows->size = rows->block ? size : 0;
  return rows->block;
}

static bool load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error) {
  enum { SMALL = 1 << 26 };
  struct values *values = &file->inside->values[i];
  struct wanted wanted = {.entry = i, .first = first, .n = n};
  size_t element = stored_size(file->entry[i].type);
  if (file->entry[i].type == STORED_STRING) return true;
  bool small = array_bytes(values->rank, values->dim, element) <= SMALL;
  if (small && values->at) return true;
  if (small) wanted.first = 0, wanted.n = file->entry[i].rows;
  int64_t dim[FILE_AXES];
  memcpy(dim, values->dim, sizeof dim);
  dim[values->rows_axis] = wanted.n;
  int64_t size = array_bytes(values->rank, dim, element);
  wanted.block = small ? apart_block(file, size, error) : block_for(file, size, error);
  if (!wanted.block || !apart_run(file, read_rows, &wanted, NULL, error)) return false;
  values->at = wanted.block;
  values->first = wanted.first;
  values_lay_out(values, dim, element, false);
  return true;
}
#endif

const struct reader hdf5_reader = {
    .format = "HDF5",
    .suffixes = ".h5 .hdf5 .hdf .he5",
    .library = "libhdf5",
    .package = "libhdf5-dev",
    .knows = knows,
#ifdef HAVE_HDF5
    .open = open_file,
    .load = load,
#endif
};
