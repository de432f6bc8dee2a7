crl_sources += \
  runtime/train/collect.c runtime/train/collect.h \
  runtime/train/compute.c runtime/train/compute.h \
  runtime/train/stage_run.c runtime/train/stage_run.h \
  runtime/train/evaluate.c runtime/train/evaluate.h \
  runtime/train/fit.c runtime/train/fit.h \
  runtime/train/gathered.c runtime/train/gathered.h \
  runtime/train/gradcheck.c runtime/train/gradcheck.h \
  runtime/train/training_log.c runtime/train/training_log.h \
  runtime/train/measuring.c runtime/train/measuring.h \
  runtime/train/memory.c runtime/train/memory.h \
  runtime/train/model.c runtime/train/model.h \
  runtime/train/monitor.c runtime/train/monitor.h \
  runtime/train/training_state.c runtime/train/training_state.h \
  runtime/train/reads.c runtime/train/reads.h \
  runtime/train/feeder.c runtime/train/feeder.h \
  runtime/train/show.c \
  runtime/train/signals.c runtime/train/signals.h \
  runtime/train/snapshot.c runtime/train/snapshot.h \
  runtime/train/train.c runtime/train/train.h
