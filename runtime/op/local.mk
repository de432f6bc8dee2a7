crl_sources += runtime/op/op.c runtime/op/op.h runtime/op/ops.def runtime/op/traits.h
