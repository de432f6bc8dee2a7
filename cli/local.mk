crlc_SOURCES = cli/crlc.c
crl_sources += \
  cli/compare.c \
  cli/complete.c \
  cli/describe.c cli/describe.h \
  cli/driver.h \
  cli/experiment.c \
  cli/inspect.c \
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

## What is written about the command line comes from the program itself.
nodist_man1_MANS = cli/crlc.1
bash_completiondir = $(datadir)/bash-completion/completions
zsh_completiondir = $(datadir)/zsh/site-functions
fish_completiondir = $(datadir)/fish/vendor_completions.d
nodist_bash_completion_DATA = cli/completion/crlc
nodist_zsh_completion_DATA = cli/completion/_crlc
nodist_fish_completion_DATA = cli/completion/crlc.fish
CLEANFILES += cli/crlc.1 cli/completion/crlc cli/completion/_crlc cli/completion/crlc.fish
cli/crlc.1: crlc$(EXEEXT)
	$(AM_V_GEN)./crlc$(EXEEXT) --manual >$@.new && mv $@.new $@
cli/completion/crlc: crlc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) cli/completion && ./crlc$(EXEEXT) --completion bash >$@.new && mv $@.new $@
cli/completion/_crlc: crlc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) cli/completion && ./crlc$(EXEEXT) --completion zsh >$@.new && mv $@.new $@
cli/completion/crlc.fish: crlc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) cli/completion && ./crlc$(EXEEXT) --completion fish >$@.new && mv $@.new $@
