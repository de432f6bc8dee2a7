crl_sources += lib/crl.c include/crl.h
include_HEADERS = include/crl.h

## The library for other programs is the whole archive, of which only what include/crl.h declares can be seen.
shared = libcrl.so
all-local: $(shared)
$(shared): libcrl.a
	$(AM_V_CCLD)$(CC) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(shared) -o $@ \
	  -Wl,--whole-archive libcrl.a -Wl,--no-whole-archive $(CRL_LIBS)
CLEANFILES += $(shared)
install-exec-local: $(shared)
	$(MKDIR_P) $(DESTDIR)$(libdir) && $(INSTALL_PROGRAM) $(shared) $(DESTDIR)$(libdir)/$(shared)
uninstall-local:
	rm -f $(DESTDIR)$(libdir)/$(shared)
