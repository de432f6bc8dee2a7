crl_sources += \
  runtime/graph/graph.c runtime/graph/graph.h runtime/graph/verify.c runtime/graph/dump.c runtime/graph/program.h
