crl_sources += \
  runtime/store/checkpoint.c runtime/store/checkpoint.h \
  runtime/store/checkpoint_read.c \
  runtime/store/archive.c \
  runtime/store/export.c runtime/store/export.h \
  runtime/store/rundir.c runtime/store/rundir.h \
  runtime/store/safetensors.c runtime/store/safetensors.h
