/* Collects problems, and answers what does not need drawing: JSON, --explain, the nearest name. */
#include "dsl/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/names.h"
#include "dsl/diag_list.h"

static const struct {
  const char *code, *entry;
} messages[] = {
#define MESSAGE(code, title, explanation) {#code, #code ": " title "\n\n" explanation "\n"},
#include "dsl/messages.def"
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

struct span diag_place(const struct diags *diags, struct span span) {
  const struct call *call = in_library(diags, span) ? user_call(diags) : NULL;
  return call ? call->span : span;
}

const char *diag_called(const struct diags *diags) {
  const struct call *call = user_call(diags);
  return call ? call->name : NULL;
}

/* A problem inside of the library says in what of it, where it does not yet. */
static const char *said_of_call(struct diags *diags, const char *text) {
  const char *name = diag_called(diags);
  bool named = strstr(text, arena_format(diags->arena, "'%s'", name)) != NULL;
  return named ? text : arena_format(diags->arena, "in '%s': %s", name, text);
}

static bool same_span(struct span a, struct span b) {
  return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

/* One mistake in a call of the library is one problem, whatever follows from it inside. */
static bool reported(const struct diags *diags, enum diag_code code, struct span span, bool inside, const char *text) {
  for (size_t i = 0; i < diags->problems.n; i++) {
    const struct problem *old = &diags->problems.at[i];
    if (!same_span(old->span, span)) continue;
    if ((inside && old->inside) || (old->code == code && !strcmp(old->text, text))) return true;
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
  struct span place = diag_place(diags, span);
  const char *text = arena_vformat(diags->arena, format, arguments);
  bool inside = span.source && !same_span(place, span);
  if (inside) text = said_of_call(diags, text);
  diags->dropping = reported(diags, code, place, inside, text);
  if (diags->dropping) return;
  *count += 1;
  struct problem problem = {.warning = warning, .inside = inside, .code = code, .span = place, .text = text};
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
    struct span place = diags->problems.at[i].span;
    if (place.source != span.source) continue;
    source_position(diags->sources, place.source, place.begin, &other, &column);
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
           problems[k - 1].span.begin > moved.span.begin; k--) {
      problems[k] = problems[k - 1];
    }
    problems[k] = moved;
  }
}

/* ---- JSON ---- */

static void json_text(struct arena *arena, text_buffer *out, const char *text) {
  size_t length = strlen(text);
  text_put(arena, out, "\"");
  for (size_t i = 0; i < length;) {
    uint32_t code;
    size_t size = source_char(text + i, length - i, &code);
    if (!size) text_put(arena, out, "\\ufffd");
    else if (code < 0x20 || code == 0x7f) text_put(arena, out, arena_format(arena, "\\u%04x", (unsigned)code));
    else {
      if (code == '"' || code == '\\') text_put(arena, out, "\\");
      for (size_t k = 0; k < size; k++) vec_push(arena, out, text[i + k]);
    }
    i += size ? size : 1;
  }
  text_put(arena, out, "\"");
}

static void json_place(const struct diags *diags, text_buffer *out, struct span span) {
  struct arena *arena = diags->arena;
  int line = 0, column = 0, end_line = 0, end_column = 0;
  text_put(arena, out, "\"file\": ");
  if (!span.source) {
    text_put(arena, out, "null");
  } else {
    json_text(arena, out, source_get(diags->sources, span.source)->name);
    source_position(diags->sources, span.source, span.begin, &line, &column);
    source_position(diags->sources, span.source, span.end, &end_line, &end_column);
  }
  text_put(arena, out,
           arena_format(arena, ", \"line\": %d, \"column\": %d, \"end_line\": %d, \"end_column\": %d", line, column,
                        end_line, end_column));
}

static void json_problem(const struct diags *diags, text_buffer *out, const struct problem *problem) {
  struct arena *arena = diags->arena;
  text_put(arena, out, "{");
  json_place(diags, out, problem->span);
  text_put(arena, out, arena_format(arena, ", \"severity\": \"%s\", \"code\": \"%s\", \"message\": ",
                                    problem->warning ? "warning" : "error", diag_code_name(problem->code)));
  json_text(arena, out, problem->text);
  text_put(arena, out, ", \"labels\": [");
  for (size_t i = 0; i < problem->labels.n; i++) {
    text_put(arena, out, i ? ", {" : "{");
    json_place(diags, out, problem->labels.at[i].span);
    text_put(arena, out, ", \"message\": ");
    json_text(arena, out, problem->labels.at[i].text);
    text_put(arena, out, "}");
  }
  text_put(arena, out, "], \"hints\": [");
  for (size_t i = 0; i < problem->hints.n; i++) {
    if (i) text_put(arena, out, ", ");
    json_text(arena, out, problem->hints.at[i]);
  }
  text_put(arena, out, "]}\n");
}

const char *diag_json(const struct diags *diags) {
  text_buffer out = {0};
  for (size_t i = 0, n = diag_shown(diags); i < n; i++) json_problem(diags, &out, &diags->problems.at[i]);
  vec_push(diags->arena, &out, '\0');
  return out.at;
}

/* ---- lookups ---- */

const char *diag_explain(const char *code) {
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    if (!strcmp(messages[i].code, code)) return messages[i].entry;
  }
  return NULL;
}

const char *nearest(const char *name, const char *const *candidates, size_t n) {
  /* A third of the letters may differ, so that a name of one or two letters suggests nothing. */
  int limit = (int)(strlen(name) / 3);
  if (limit > 3) limit = 3;
  const char *best = NULL;
  for (size_t i = 0; i < n; i++) {
    int distance = text_distance(name, candidates[i], limit);
    if (distance > limit || distance == 0) continue;
    best = candidates[i];
    limit = distance - 1;
  }
  return best;
}
