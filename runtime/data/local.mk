crl_sources += \
  runtime/data/batch.c runtime/data/batch.h \
  runtime/data/catalogue.c runtime/data/catalogue.h runtime/data/catalogue.def \
  runtime/data/datafile.h \
  runtime/data/fetch.c runtime/data/fetch.h \
  runtime/data/idx.c runtime/data/idx.h \
  runtime/data/roots.c runtime/data/roots.h \
  runtime/data/table.c runtime/data/table.h
