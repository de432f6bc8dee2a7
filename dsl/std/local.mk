## The standard library becomes text inside the program (dsl/std_text.h), in this order.
std_files = \
  dsl/std/layers.crl \
  dsl/std/losses.crl \
  dsl/std/measures.crl \
  dsl/std/optimizers.crl
crl_generated += dsl/std_text.c
CLEANFILES += dsl/std_text.c
EXTRA_DIST += dsl/embed.sh dsl/std_text.h $(std_files)
dsl/std_text.c: $(std_files) dsl/embed.sh dsl/std/local.mk
	$(AM_V_GEN)$(MKDIR_P) dsl && (cd $(srcdir) && sh dsl/embed.sh $(std_files)) >$@.new && mv $@.new $@
