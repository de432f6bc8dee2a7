crl_sources += \
  runtime/session/described.c \
  runtime/session/manifest.c runtime/session/manifest.h \
  runtime/session/outputs.c runtime/session/outputs.h \
  runtime/session/profile.c \
  runtime/session/run.c runtime/session/run.h \
  runtime/session/session.c runtime/session/session.h
