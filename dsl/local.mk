crl_sources += \
  dsl/source.c dsl/source.h \
  dsl/diag.c dsl/diag_text.c dsl/diag.h dsl/diag_list.h dsl/messages.def \
  dsl/ast.c dsl/ast.h dsl/ast.def
