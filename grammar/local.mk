crl_sources += \
  grammar/parse.c grammar/parse.h grammar/reader.h grammar/keywords.def \
  grammar/build.c grammar/build.h grammar/check.c

## The parser and scanner are made in the build directory and not distributed.  Both outputs of bison come from one run,
## which the .c stands for.
crl_generated += grammar/crl.tab.c grammar/crl.lex.c
BUILT_SOURCES += grammar/crl.tab.h
EXTRA_DIST += grammar/crl.y grammar/crl.l
CLEANFILES += grammar/crl.tab.c grammar/crl.tab.h grammar/crl.lex.c

grammar/crl.tab.c: grammar/crl.y
	$(AM_V_GEN)$(MKDIR_P) grammar && $(BISON) -Wall --header=grammar/crl.tab.h -o $@ $(srcdir)/grammar/crl.y
grammar/crl.tab.h: grammar/crl.tab.c
	@test -f $@ || { rm -f grammar/crl.tab.c && $(MAKE) $(AM_MAKEFLAGS) grammar/crl.tab.c; }
grammar/crl.lex.c: grammar/crl.l
	$(AM_V_GEN)$(MKDIR_P) grammar && $(FLEX) -o $@ $(srcdir)/grammar/crl.l
grammar/parse.$(OBJEXT) grammar/crl.lex.$(OBJEXT): grammar/crl.tab.h
