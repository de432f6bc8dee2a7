crl_sources += \
  runtime/data/apart.c runtime/data/apart.h \
  runtime/data/archive.c \
  runtime/data/batch.c runtime/data/batch.h \
  runtime/data/catalogue.c runtime/data/catalogue.h runtime/data/catalogue.def \
  runtime/data/choose.c runtime/data/made.h \
  runtime/data/contents.c runtime/data/contents.h \
  runtime/data/convert.c runtime/data/convert.h \
  runtime/data/csv.c \
  runtime/data/datafile.c runtime/data/datafile.h \
  runtime/data/derive.c runtime/data/derive.h \
  runtime/data/describe.c runtime/data/describe.h \
  runtime/data/entries.c \
  runtime/data/fetch.c runtime/data/fetch.h \
  runtime/data/folder.c \
  runtime/data/hdf5.c \
  runtime/data/idx.c runtime/data/idx.h runtime/data/idx_reader.c \
  runtime/data/images.c runtime/data/images.h \
  runtime/data/inspect.c runtime/data/inspect.h \
  runtime/data/libsvm.c \
  runtime/data/mat.c runtime/data/mat_check.c runtime/data/mat_check.h \
  runtime/data/npy.c runtime/data/npy.h \
  runtime/data/npz.c \
  runtime/data/number.c runtime/data/number.h \
  runtime/data/image_file.c runtime/data/image_file.h \
  runtime/data/reader.h \
  runtime/data/on.c runtime/data/on.h \
  runtime/data/roots.c runtime/data/roots.h \
  runtime/data/stores.c runtime/data/stores.h \
  runtime/data/table.c runtime/data/table.h \
  runtime/data/strings.c
