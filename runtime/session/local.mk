crl_sources += \
  runtime/session/compared.c runtime/session/compared.h \
  runtime/session/described.c \
  runtime/session/experiment.c runtime/session/experiment.h \
  runtime/session/experiment_results.c runtime/session/experiment_results.h \
  runtime/session/manifest.c runtime/session/manifest.h \
  runtime/session/outputs.c runtime/session/outputs.h \
  runtime/session/profile.c \
  runtime/session/run.c runtime/session/run.h \
  runtime/session/session.c runtime/session/session.h
