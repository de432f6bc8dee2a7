crl_sources += \
  runtime/plan/groups.c \
  runtime/plan/liveness.c \
  runtime/plan/needs.c runtime/plan/needs.h \
  runtime/plan/order.c \
  runtime/plan/place.c runtime/plan/place.h \
  runtime/plan/plan.c runtime/plan/plan.h \
  runtime/plan/search.c \
  runtime/plan/skyline.c runtime/plan/skyline.h \
  runtime/plan/tasks.c runtime/plan/tasks.h \
  runtime/plan/text.c \
  runtime/plan/tiles.c \
  runtime/plan/verify.c
