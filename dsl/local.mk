crl_sources += \
  dsl/source.c dsl/source.h \
  dsl/diag.c dsl/diag_text.c dsl/diag.h dsl/diag_list.h dsl/messages.def \
  dsl/ast.c dsl/ast.h dsl/ast.def dsl/blame.c \
  dsl/format.c dsl/format_tree.c dsl/format_pieces.h \
  dsl/messages_model.def dsl/value.h dsl/elab.h dsl/stage.h dsl/compile.h \
  dsl/names.c dsl/needs.c dsl/expr.c dsl/operator.c dsl/presence.c dsl/list.c dsl/apply.c dsl/weights.c dsl/builtin.c dsl/builtin_list.c dsl/builtin_measure.c dsl/compose.c \
  dsl/stage.c dsl/trained.c dsl/settings.c dsl/nested.c dsl/fit.c dsl/evaluate.c dsl/check_gradients.c dsl/applied.c dsl/bodies.c dsl/variant.c dsl/tables.c dsl/table_rows.c dsl/tables.h \
  dsl/summary.c dsl/compile.c dsl/differ.c dsl/differ.h
