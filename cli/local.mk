crlc_SOURCES = cli/crlc.c
crl_sources += \
  cli/describe.c cli/describe.h \
  cli/driver.h \
  cli/look.c \
  cli/open_model.c \
  cli/open_run.c \
  cli/options.c cli/options.h cli/options.def \
  cli/run.c \
  cli/text.c

crl_generated += cli/starter.c
CLEANFILES += cli/starter.c
EXTRA_DIST += cli/starter.crl
cli/starter.c: cli/starter.crl $(embed_script)
	$(AM_V_GEN)$(MKDIR_P) cli && ($(embed) starter cli/starter.crl) >$@.new && mv $@.new $@
