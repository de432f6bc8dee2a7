## Text, tree, diagnostics, layout: what an editor needs.  Knows base alone.
crl_sources += \
  dsl/syntax/source.c dsl/syntax/source.h \
  dsl/syntax/ast.c dsl/syntax/ast.h dsl/syntax/ast.def \
  dsl/syntax/diag.c dsl/syntax/diag_text.c dsl/syntax/diag.h dsl/syntax/diag_list.h \
  dsl/syntax/messages.def dsl/syntax/messages_model.def \
  dsl/syntax/format.c dsl/syntax/format_tree.c dsl/syntax/format_pieces.h \
  dsl/syntax/differ.c dsl/syntax/differ.h

## Values, operations on them, scopes, and evaluation, each knowing those before it; and the functions of the core.
crl_sources += \
  dsl/eval/value.h dsl/eval/context.h dsl/eval/operation.h dsl/eval/scope.h dsl/eval/builtin.h dsl/eval/tables.h \
  dsl/eval/forms.h \
  dsl/eval/value.c dsl/eval/blame.c dsl/eval/graph_build.c \
  dsl/eval/operation.c dsl/eval/presence.c dsl/eval/operator.c dsl/eval/reduce.c \
  dsl/eval/scope.c \
  dsl/eval/eval.c dsl/eval/force.c dsl/eval/arguments.c dsl/eval/body.c dsl/eval/instance.c dsl/eval/call.c \
  dsl/eval/applied.c dsl/eval/compose.c dsl/eval/data.c dsl/eval/definition.c dsl/eval/expr.c dsl/eval/field.c \
  dsl/eval/index.c dsl/eval/list.c dsl/eval/average.c dsl/eval/repeat.c dsl/eval/row_variable.c dsl/eval/weights.c \
  dsl/eval/builtin.c dsl/eval/builtin_array.c dsl/eval/builtin_list.c dsl/eval/builtin_measure.c \
  dsl/eval/builtin_image.c \
  dsl/eval/builtin_rows.c \
  dsl/eval/tables.c dsl/eval/table_rows.c dsl/eval/table_where.c

## What statements make of them: stages, fits, the evaluation, one program.
crl_sources += \
  dsl/lower/stage.h dsl/lower/compile.h dsl/lower/override.h \
  dsl/lower/averages.c dsl/lower/batches.c dsl/lower/bodies.c dsl/lower/check_gradients.c dsl/lower/collection.c dsl/lower/compile.c \
  dsl/lower/evaluate.c dsl/lower/fit.c dsl/lower/forms.c dsl/lower/gradient.c dsl/lower/initial.c dsl/lower/nested.c \
  dsl/lower/options.c \
  dsl/lower/override.c dsl/lower/passed.c dsl/lower/round.c dsl/lower/rows.c dsl/lower/settings.c dsl/lower/show.c dsl/lower/stage.c \
  dsl/lower/summary.c \
  dsl/lower/trained.c \
  dsl/lower/variant.c dsl/lower/watch.c
