## The standard library is part of the program, in this order.
std_files = \
  dsl/std/distributions.crl \
  dsl/std/functions.crl \
  dsl/std/images.crl \
  dsl/std/layers.crl \
  dsl/std/losses.crl \
  dsl/std/matrices.crl \
  dsl/std/measures.crl \
  dsl/std/multiview.crl \
  dsl/std/optimizers.crl \
  dsl/std/sequences.crl
crl_generated += dsl/std_text.c
CLEANFILES += dsl/std_text.c
EXTRA_DIST += $(std_files)
dsl/std_text.c: $(std_files) $(embed_script)
	$(AM_V_GEN)$(MKDIR_P) dsl && ($(embed) std_files $(std_files)) >$@.new && mv $@.new $@
