crl_generated += cli/starter.c
CLEANFILES += cli/starter.c
EXTRA_DIST += cli/starter.crl
cli/starter.c: cli/starter.crl $(embed_script)
	$(AM_V_GEN)$(MKDIR_P) cli && ($(embed) starter cli/starter.crl) >$@.new && mv $@.new $@
