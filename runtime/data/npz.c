/* NumPy's archives of arrays: a zip file whose members are .npy files, stored or deflated.  The directory and the
 * members' headers are read when the file is opened, an array when it is asked for. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "base/vec.h"
#include "data/npy.h"

/* A zip file whose first member is a .npy file; one that has images is another reader's. */
static bool knows(const struct contents *contents) {
  const unsigned char *head = contents->head;
  if (contents->head_size < 30 || memcmp(head, "PK\3\4", 4) != 0) return false;
  int64_t name = head[26] | head[27] << 8;
  return 30 + name <= contents->head_size && name > 4 && memcmp(head + 30 + name - 4, ".npy", 4) == 0;
}

#ifdef HAVE_ZIP
#include <zip.h>

struct member {
  zip_uint64_t index;
  int64_t size; /* decompressed */
  struct npy npy;
};

struct npz {
  zip_t *archive;
  VEC(const struct member *) members; /* of each entry */
  unsigned char head[NPY_HEADER];
};

static bool broken(struct datafile *file, const char *name, const char *problem, struct error *error) {
  return datafile_error(file, error, "'%s' in it: %s", name, problem);
}

/* Deflate makes of one byte at most 1032, so a larger size is a lie; of small ones nothing can come. */
static bool size_is_possible(const zip_stat_t *stat) {
  enum { MOST_OF_ONE = 1032, SMALL = 1 << 16 };
  return stat->size <= SMALL || stat->size / MOST_OF_ONE <= stat->comp_size;
}

/* Reads the first n bytes of a member; where that is all of it, its sum is checked. */
static bool read_member(struct datafile *file, const char *name, zip_uint64_t index, void *bytes, int64_t n, bool all,
                        struct error *error) {
  struct npz *npz = file->inside->state;
  zip_file_t *member = zip_fopen_index(npz->archive, index, 0);
  if (!member) return broken(file, name, zip_strerror(npz->archive), error);
  int64_t got = 0;
  zip_int64_t k = 1;
  char beyond;
  while (got < n && (k = zip_fread(member, (char *)bytes + got, (zip_uint64_t)(n - got))) > 0) got += k;
  if (got == n && all) k = zip_fread(member, &beyond, 1);
  bool ok = got == n && (all ? k == 0 : k >= 0);
  if (!ok) broken(file, name, k < 0 ? zip_file_strerror(member) : "it has not the size that it says", error);
  zip_fclose(member);
  return ok;
}

/* All of a member in a block of the file's; NULL with an error. */
static unsigned char *member_bytes(struct datafile *file, const char *name, const struct member *member,
                                   struct error *error) {
  unsigned char *block = datafile_block(file, member->size, error);
  return block && read_member(file, name, member->index, block, member->size, true, error) ? block : NULL;
}

/* Adds a member's array; only of strings, which have to be numbered, are the bytes read now. */
static bool add_array(struct datafile *file, const char *name, struct member *member, struct error *error) {
  struct npz *npz = file->inside->state;
  const unsigned char *bytes = NULL;
  if (member->npy.string_kind && !member->npy.found.refused && !(bytes = member_bytes(file, name, member, error)))
    return false;
  vec_push(file->inside->arena, &npz->members, member);
  return npy_add(file, name, &member->npy, bytes, error);
}

static bool add_member(struct datafile *file, zip_uint64_t index, struct error *error) {
  struct npz *npz = file->inside->state;
  struct arena *arena = file->inside->arena;
  zip_stat_t stat;
  const char *problem;
  if (zip_stat_index(npz->archive, index, 0, &stat) != 0)
    return datafile_error(file, error, "%s", zip_strerror(npz->archive));
  size_t length = strlen(stat.name);
  if (length < 5 || strcmp(stat.name + length - 4, ".npy") != 0) return true; /* a folder, or notes */
  const char *name = arena_copy_string(arena, stat.name, length - 4);
  if (!size_is_possible(&stat)) return broken(file, name, "its size is more than its bytes can become", error);
  struct member *member = ARENA_NEW(arena, struct member);
  *member = (struct member){.index = index, .size = (int64_t)stat.size};
  int64_t there = member->size < NPY_HEADER ? member->size : NPY_HEADER;
  if (!read_member(file, name, index, npz->head, there, false, error)) return false;
  if (!npy_knows(npz->head, there)) return broken(file, name, "it is not a .npy file", error);
  if (!npy_header(&member->npy, npz->head, there, member->size, arena, &problem))
    return broken(file, name, problem, error);
  return add_array(file, name, member, error);
}

static bool open_npz(struct datafile *file, struct error *error) {
  struct contents *contents = &file->inside->contents;
  struct npz *npz = file->inside->state = ARENA_NEW(file->inside->arena, struct npz);
  zip_error_t problem;
  zip_error_init(&problem);
  if (!contents_whole(contents, file->inside->options.limit, error)) return false;
  zip_source_t *source = zip_source_buffer_create(contents->bytes, (zip_uint64_t)contents->size, 0, &problem);
  npz->archive = source ? zip_open_from_source(source, ZIP_RDONLY, &problem) : NULL;
  if (!npz->archive) {
    datafile_error(file, error, "%s", zip_error_strerror(&problem));
    if (source) zip_source_free(source);
  }
  zip_error_fini(&problem);
  zip_int64_t n = npz->archive ? zip_get_num_entries(npz->archive, 0) : -1;
  for (zip_int64_t i = 0; i < n; i++)
    if (!add_member(file, (zip_uint64_t)i, error)) return false;
  return n >= 0;
}

static bool load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error) {
  struct npz *npz = file->inside->state;
  struct values *values = &file->inside->values[i];
  (void)first;
  (void)n;
  if (values->at) return true;
  const unsigned char *bytes = member_bytes(file, file->entry[i].name, npz->members.at[i], error);
  if (bytes) values->at = bytes + npz->members.at[i]->npy.begin;
  return bytes != NULL;
}

static void close_npz(struct datafile *file) {
  struct npz *npz = file->inside->state;
  if (npz && npz->archive) zip_discard(npz->archive);
}
#endif

const struct reader npz_reader = {
    .format = "NumPy archive",
    .suffixes = ".npz",
    .library = "libzip",
    .package = "libzip-dev",
    .knows = knows,
#ifdef HAVE_ZIP
    .open = open_npz,
    .load = load,
    .close = close_npz,
#endif
};
