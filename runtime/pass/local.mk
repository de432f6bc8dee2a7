crl_sources += \
  runtime/pass/pass.h runtime/pass/gradients.h runtime/pass/gradients.c \
  runtime/pass/differentiate.c runtime/pass/prune.c \
  runtime/pass/rematerialise.c runtime/pass/run.c \
  runtime/pass/rematerialise_norms.c runtime/pass/cut.c runtime/pass/hold.c runtime/pass/join.c \
  runtime/pass/layout.c runtime/pass/winograd.c runtime/pass/associate.c runtime/pass/stack.c
