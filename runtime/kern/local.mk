crl_sources += \
  runtime/kern/approximate.h \
  runtime/kern/backend.c runtime/kern/backend.h \
  runtime/kern/batch_axis.c \
  runtime/kern/conv.c runtime/kern/conv.h \
  runtime/kern/draw.c \
  runtime/kern/elementwise.c \
  runtime/kern/fails.c \
  runtime/kern/index.c \
  runtime/kern/inner.c runtime/kern/inner.h \
  runtime/kern/kern.c runtime/kern/kern.h \
  runtime/kern/lapack.h \
  runtime/kern/matmul.c runtime/kern/matmul.h \
  runtime/kern/matmul_each.c \
  runtime/kern/matmul_few.c \
  runtime/kern/matmul_lines.c \
  runtime/kern/micro.c runtime/kern/micro.h runtime/kern/micro_body.h \
  runtime/kern/move.c \
  runtime/kern/norm.c \
  runtime/kern/panels.c runtime/kern/panels.h \
  runtime/kern/planes.c runtime/kern/planes.h \
  runtime/kern/pooling.c \
  runtime/kern/reduce.c \
  runtime/kern/reference.c runtime/kern/reference.h \
  runtime/kern/reference_batch.c \
  runtime/kern/reference_index.c \
  runtime/kern/reference_spectral.c \
  runtime/kern/reference_triangle.c \
  runtime/kern/reference_window.c \
  runtime/kern/resize.c \
  runtime/kern/spectral.c \
  runtime/kern/sums.h runtime/kern/sums_body.h \
  runtime/kern/triangle.c \
  runtime/kern/winograd.c runtime/kern/winograd.h
