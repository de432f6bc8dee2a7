crl_sources += \
  runtime/exec/chain.c runtime/exec/checked.c \
  runtime/exec/exec.c runtime/exec/exec.h \
  runtime/exec/group.c \
  runtime/exec/prepare.c runtime/exec/prepared.h \
  runtime/exec/profile.c \
  runtime/exec/slab.c \
  runtime/exec/trace.c
