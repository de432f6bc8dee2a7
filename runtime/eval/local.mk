crl_sources += \
  runtime/eval/accuracy.c runtime/eval/accuracy.h \
  runtime/eval/cca.c runtime/eval/cca.h \
  runtime/eval/clustering.c runtime/eval/clustering.h \
  runtime/eval/codes.c runtime/eval/codes.h \
  runtime/eval/correlation.c runtime/eval/correlation.h \
  runtime/eval/embed.c runtime/eval/embed.h \
  runtime/eval/lapack.h \
  runtime/eval/measure.c runtime/eval/measure.h \
  runtime/eval/retrieval.c runtime/eval/retrieval.h \
  runtime/eval/transfer.c runtime/eval/transfer.h \
  runtime/eval/watch.h
