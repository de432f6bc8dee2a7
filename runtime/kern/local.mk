crl_sources += \
  runtime/kern/approximate.h \
  runtime/kern/conv.c runtime/kern/conv_plain.c \
  runtime/kern/draw.c \
  runtime/kern/elementwise.c \
  runtime/kern/inner.c runtime/kern/inner.h \
  runtime/kern/kern.c runtime/kern/kern.h \
  runtime/kern/matmul.c \
  runtime/kern/move.c \
  runtime/kern/norm.c \
  runtime/kern/pooling.c \
  runtime/kern/reduce.c \
  runtime/kern/reference.c runtime/kern/reference.h \
  runtime/kern/reference_window.c \
  runtime/kern/resize.c
