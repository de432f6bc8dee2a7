crl_sources += \
  runtime/graph/batch.c \
  runtime/graph/digest.c runtime/graph/digest.h \
  runtime/graph/dump.c \
  runtime/graph/fold.c runtime/graph/fold.h \
  runtime/graph/graph.c runtime/graph/graph.h \
  runtime/graph/program.c runtime/graph/program.h \
  runtime/graph/verify.c
