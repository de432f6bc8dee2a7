## Text, tree, diagnostics, layout: what an editor needs.  Knows base alone.
crl_sources += \
  dsl/syntax/source.c dsl/syntax/source.h \
  dsl/syntax/ast.c dsl/syntax/ast.h dsl/syntax/ast.def \
  dsl/syntax/diag.c dsl/syntax/diag_text.c dsl/syntax/diag.h dsl/syntax/diag_list.h \
  dsl/syntax/messages.def dsl/syntax/messages_model.def \
  dsl/syntax/format.c dsl/syntax/format_tree.c dsl/syntax/format_pieces.h \
  dsl/syntax/differ.c dsl/syntax/differ.h

## What expressions are: values, scopes, instances.
crl_sources += \
  dsl/eval/value.h dsl/eval/elab.h dsl/eval/tables.h \
  dsl/eval/applied.c dsl/eval/apply.c dsl/eval/blame.c dsl/eval/builtin.c dsl/eval/builtin_list.c \
  dsl/eval/builtin_measure.c dsl/eval/compose.c dsl/eval/expr.c dsl/eval/list.c dsl/eval/names.c dsl/eval/needs.c \
  dsl/eval/operator.c dsl/eval/presence.c dsl/eval/table_rows.c dsl/eval/tables.c dsl/eval/weights.c

## What statements make of them: stages, fits, the evaluation, one program.
crl_sources += \
  dsl/lower/stage.h dsl/lower/compile.h \
  dsl/lower/bodies.c dsl/lower/check_gradients.c dsl/lower/compile.c dsl/lower/evaluate.c dsl/lower/fit.c \
  dsl/lower/nested.c dsl/lower/settings.c dsl/lower/stage.c dsl/lower/summary.c dsl/lower/trained.c dsl/lower/variant.c
