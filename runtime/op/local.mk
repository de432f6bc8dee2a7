crl_sources += runtime/op/op.c runtime/op/op.h runtime/op/ops.def runtime/op/rule.h runtime/op/shape.c \
  runtime/op/shape_index.c runtime/op/shape.h runtime/op/traits.h
