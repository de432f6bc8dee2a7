crl_sources += \
  runtime/base/arena.c runtime/base/arena.h \
  runtime/base/array.c runtime/base/array.h \
  runtime/base/clock.c runtime/base/clock.h \
  runtime/base/draft.c runtime/base/draft.h \
  runtime/base/embedded.h \
  runtime/base/error.c runtime/base/error.h \
  runtime/base/file.c runtime/base/file.h \
  runtime/base/json.c runtime/base/json.h \
  runtime/base/measures.def runtime/base/measures.h \
  runtime/base/names.c runtime/base/names.h \
  runtime/base/png.c runtime/base/png.h \
  runtime/base/pool.c runtime/base/pool.h \
  runtime/base/processors.c runtime/base/processors.h \
  runtime/base/random.c runtime/base/random.h \
  runtime/base/schema.h \
  runtime/base/sha256.c runtime/base/sha256.h \
  runtime/base/shell.c runtime/base/shell.h \
  runtime/base/string_builder.c runtime/base/string_builder.h \
  runtime/base/timings.c runtime/base/timings.h \
  runtime/base/utf8.c runtime/base/utf8.h \
  runtime/base/vec.h

## Files that are strings inside the program: ($(embed) NAME FILE...) >X.c makes the array NAME of them.
embed = cd $(srcdir) && sh runtime/base/embed.sh
embed_script = $(srcdir)/runtime/base/embed.sh
EXTRA_DIST += runtime/base/embed.sh
