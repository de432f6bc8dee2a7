/* Collects problems, and answers what does not need drawing: JSON, --explain, the nearest name. */
#include "dsl/syntax/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "dsl/syntax/diag_list.h"

static const struct {
  const char *code, *entry;
} messages[] = {
#define MESSAGE(code, title, explanation) {#code, #code ": " title "\n\n" explanation "\n"},
#include "dsl/syntax/messages.def"
#undef MESSAGE
};

const char *diag_code_name(enum diag_code code) { return messages[code].code; }

struct diags *diags_new(struct arena *arena, struct sources *sources) {
  struct diags *diags = ARENA_NEW(arena, struct diags);
  diags->arena = arena;
  diags->sources = sources;
  return diags;
}

size_t diag_errors(const struct diags *diags) { return diags->errors; }
size_t diag_met(const struct diags *diags) { return diags->met; }

size_t diag_shown(const struct diags *diags) {
  size_t shown[2] = {0}, i = 0;
  for (; i < diags->problems.n; i++)
    if (shown[diags->problems.at[i].warning]++ == DIAG_CAP) break;
  return i;
}

void diag_context(struct diags *diags, const char *hint) { diags->context = hint; }

void diag_enter(struct diags *diags, struct span span, const char *name) {
  struct call call = {span, name};
  vec_push(diags->arena, &diags->calls, call);
}

void diag_leave(struct diags *diags) { diags->calls.n--; }

static bool in_library(const struct diags *diags, struct span span) {
  return !span.source || source_get(diags->sources, span.source)->library;
}

/* The innermost call in a file of the user, or NULL. */
static const struct call *user_call(const struct diags *diags) {
  for (size_t i = diags->calls.n; i--;) {
    if (!in_library(diags, diags->calls.at[i].span)) return &diags->calls.at[i];
  }
  return NULL;
}

struct span diag_location(const struct diags *diags, struct span span) {
  const struct call *call = in_library(diags, span) ? user_call(diags) : NULL;
  return call ? call->span : span;
}

const char *diag_called(const struct diags *diags) {
  const struct call *call = user_call(diags);
  return call ? call->name : NULL;
}

/* A problem inside of the library says in what of it, where it does not yet. */
static const char *message_of_call(struct diags *diags, const char *message) {
  const char *name = diag_called(diags);
  bool named = strstr(message, arena_format(diags->arena, "'%s'", name)) != NULL;
  return named ? message : arena_format(diags->arena, "in '%s': %s", name, message);
}

static bool same_span(struct span a, struct span b) {
  return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

/* One mistake in a call of the library is one problem, whatever follows from it inside. */
static bool reported(const struct diags *diags, enum diag_code code, struct span span, bool inside,
                     const char *message) {
  for (size_t i = 0; i < diags->problems.n; i++) {
    const struct problem *old = &diags->problems.at[i];
    if (!same_span(old->span, span)) continue;
    if ((inside && old->inside) || (old->code == code && !strcmp(old->message, message))) return true;
  }
  return false;
}

static void start(struct diags *diags, bool warning, enum diag_code code, struct span span, const char *format,
                  va_list arguments) {
  size_t *count = warning ? &diags->warnings : &diags->errors;
  diags->met += !warning;
  if (*count >= DIAG_KEPT) {
    *count += 1;
    diags->dropping = true;
    return;
  }
  struct span location = diag_location(diags, span);
  const char *message = arena_vformat(diags->arena, format, arguments);
  bool inside = span.source && !same_span(location, span);
  if (inside) message = message_of_call(diags, message);
  diags->dropping = reported(diags, code, location, inside, message);
  if (diags->dropping) return;
  *count += 1;
  struct problem problem = {.warning = warning, .inside = inside, .code = code, .span = location, .message = message};
  if (diags->context) vec_push(diags->arena, &problem.hints, diags->context);
  vec_push(diags->arena, &diags->problems, problem);
  if (inside) diag_label(diags, span, "it happens here");
}

void diag_error(struct diags *diags, enum diag_code code, struct span span, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  start(diags, false, code, span, format, arguments);
  va_end(arguments);
}

void diag_warning(struct diags *diags, enum diag_code code, struct span span, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  start(diags, true, code, span, format, arguments);
  va_end(arguments);
}

void diag_label(struct diags *diags, struct span span, const char *format, ...) {
  if (diags->dropping || !diags->problems.n || !span.source) return;
  va_list arguments;
  va_start(arguments, format);
  struct label label = {span, arena_vformat(diags->arena, format, arguments)};
  va_end(arguments);
  vec_push(diags->arena, &diags->problems.at[diags->problems.n - 1].labels, label);
}

void diag_hint(struct diags *diags, const char *format, ...) {
  if (diags->dropping || !diags->problems.n) return;
  va_list arguments;
  va_start(arguments, format);
  const char *hint = arena_vformat(diags->arena, format, arguments);
  va_end(arguments);
  vec_push(diags->arena, &diags->problems.at[diags->problems.n - 1].hints, hint);
}

bool diag_on_line(const struct diags *diags, struct span span) {
  int line, other, column;
  source_position(diags->sources, span.source, span.begin, &line, &column);
  for (size_t i = 0; i < diags->problems.n; i++) {
    struct span location = diags->problems.at[i].span;
    if (location.source != span.source) continue;
    source_position(diags->sources, location.source, location.begin, &other, &column);
    if (other == line) return true;
  }
  return false;
}

void diag_sort(struct diags *diags, uint32_t source) {
  struct problem *problems = diags->problems.at;
  for (size_t i = 1; i < diags->problems.n; i++) {
    struct problem moved = problems[i];
    size_t k = i;
    for (; k > 0 && moved.span.source == source && problems[k - 1].span.source == source &&
           problems[k - 1].span.begin > moved.span.begin;
         k--) {
      problems[k] = problems[k - 1];
    }
    problems[k] = moved;
  }
}

/* ---- JSON ---- */

/* Where a span is, with what else the object says of it. */
static json_t *json_location(const struct diags *diags, struct span span) {
  int line = 0, column = 0, end_line = 0, end_column = 0;
  const char *file = span.source ? source_get(diags->sources, span.source)->name : NULL;
  if (file) {
    source_position(diags->sources, span.source, span.begin, &line, &column);
    source_position(diags->sources, span.source, span.end, &end_line, &end_column);
  }
  return json_pack("{s:o, s:i, s:i, s:i, s:i}", "file", json_string_or_null(file), "line", line, "column", column,
                   "end_line", end_line, "end_column", end_column);
}

static json_t *json_problem(const struct diags *diags, const struct problem *problem) {
  json_t *object = json_location(diags, problem->span), *labels = json_array(), *hints = json_array();
  json_object_set_new(object, "severity", json_string(problem->warning ? "warning" : "error"));
  json_object_set_new(object, "code", json_string(diag_code_name(problem->code)));
  json_object_set_new(object, "message", json_string_or_null(problem->message));
  for (size_t i = 0; i < problem->labels.n; i++) {
    json_t *label = json_location(diags, problem->labels.at[i].span);
    json_object_set_new(label, "message", json_string_or_null(problem->labels.at[i].message));
    json_array_append_new(labels, label);
  }
  for (size_t i = 0; i < problem->hints.n; i++) json_array_append_new(hints, json_string_or_null(problem->hints.at[i]));
  json_object_set_new(object, "labels", labels);
  json_object_set_new(object, "hints", hints);
  return object;
}

const char *diag_json(const struct diags *diags) {
  struct string_builder out = {.arena = diags->arena};
  for (size_t i = 0, n = diag_shown(diags); i < n; i++) json_line(&out, json_problem(diags, &diags->problems.at[i]), 9);
  return string_get(&out);
}

/* ---- lookups ---- */

const char *diag_explain(const char *code) {
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    if (!strcmp(messages[i].code, code)) return messages[i].entry;
  }
  return NULL;
}
