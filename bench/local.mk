## What crlc is measured against, and how fast this machine can be at all.  Not part of `make check`: the peers need
## PyTorch and JAX, and a time is no test.
##   make bench [BENCH='limits corrmcnn models scale'] [BENCHFLAGS='--data DIR --rounds N ...']
EXTRA_PROGRAMS += bench/limits
bench_limits_SOURCES = bench/limits.c
bench_limits_LDADD = $(CRL_LIBS)
EXTRA_DIST += \
  bench/formats.py bench/planning.py bench/streamed.py bench/whole.py bench/bench.py bench/runs.py bench/tables.py \
  bench/scale.crl bench/barlow.crl bench/info_nce.crl bench/gru.crl bench/attention.crl \
  bench/peers/timing.py bench/peers/peer.py bench/peers/models_jax.py bench/peers/check_jax.py \
  bench/peers/halves.py bench/peers/barlow_torch.py bench/peers/info_nce_torch.py \
  bench/peers/corrmcnn_torch.py bench/peers/noisy_views_torch.py bench/peers/six_convolutions_torch.py \
  bench/peers/six_views_torch.py bench/peers/gru_torch.py bench/peers/attention_torch.py
CLEANFILES += bench/limits$(EXEEXT) bench.json bench-scale.svg

PYTHON3 = python3
BENCH = limits corrmcnn models scale
.PHONY: bench
bench: crlc$(EXEEXT) bench/limits$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/bench/bench.py $(BENCH) --build . $(BENCHFLAGS)

## Large models: seconds and memory of compiling and planning, and how they grow.
.PHONY: planning
planning: crlc$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/bench/planning.py --crlc ./crlc$(EXEEXT) $(PLANNINGFLAGS)

## Files of other programs, read and written, and the largest difference of each: the table of doc/formats.md.  Beside
## NumPy it takes what is installed of pandas, SciPy, h5py, scikit-learn and Pillow.
.PHONY: formats
formats: crlc$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/bench/formats.py --crlc ./crlc$(EXEEXT)

## A set of 20 GB, which is made and removed, trained on within a few hundred megabytes.
.PHONY: streamed
streamed: crlc$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/bench/streamed.py --crlc ./crlc$(EXEEXT) $(STREAMEDFLAGS)

## Where the time of a run with --train goes, and its SVM and CCA beside scikit-learn and NumPy on the same codes.
.PHONY: whole
whole: crlc$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/bench/whole.py --crlc ./crlc$(EXEEXT) $(WHOLEFLAGS)
