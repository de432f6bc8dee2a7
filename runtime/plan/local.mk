crl_sources += \
  runtime/plan/anneal.c \
  runtime/plan/groups.c \
  runtime/plan/lifetime.c \
  runtime/plan/order.c \
  runtime/plan/place.c runtime/plan/place.h \
  runtime/plan/plan.c runtime/plan/plan.h \
  runtime/plan/tasks.c runtime/plan/tasks.h \
  runtime/plan/text.c \
  runtime/plan/tiles.c \
  runtime/plan/verify.c
