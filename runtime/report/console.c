#include "report/console.h"

#include <math.h>
#include <string.h>

enum { CELL = 64 };

char *figure_text(char *text, size_t size, double value, const char *unit) {
  if (!unit) unit = "";
  bool bounded = !strcmp(unit, "%") || !strncmp(unit, "of ", 3);
  if (isnan(value)) {
    snprintf(text, size, "-");
  } else {
    snprintf(text, size, bounded ? "%.2f%s%s" : "%.4g%s%s", value, *unit ? " " : "", unit);
  }
  return text;
}

struct widths {
  int name, value, chance, split;
};

static void widen(int *width, const char *text) {
  int n = (int)strlen(text);
  if (n > *width) *width = n;
}

static bool print_row(FILE *to, struct widths w, const char *name, const char *value, const char *chance,
                      const char *split, const char *protocol) {
  return fprintf(to, "%-*s  %*s  %*s  %-*s  %s\n", w.name, name, w.value, value, w.chance, chance, w.split, split,
                 protocol) > 0;
}

bool console_figures(FILE *to, const struct figure *figures, size_t n) {
  char value[CELL], chance[CELL];
  struct widths w = {sizeof "figure" - 1, sizeof "value" - 1, sizeof "chance" - 1, sizeof "split" - 1};
  if (!n) return true;
  for (size_t i = 0; i < n; i++) {
    widen(&w.name, figures[i].name);
    widen(&w.value, figure_text(value, sizeof value, figures[i].value, figures[i].unit));
    widen(&w.chance, figure_text(chance, sizeof chance, figures[i].chance, figures[i].unit));
    widen(&w.split, figures[i].split);
  }
  bool ok = print_row(to, w, "figure", "value", "chance", "split", "protocol");
  for (size_t i = 0; i < n && ok; i++)
    ok = print_row(to, w, figures[i].name, figure_text(value, sizeof value, figures[i].value, figures[i].unit),
                   figure_text(chance, sizeof chance, figures[i].chance, figures[i].unit), figures[i].split,
                   figures[i].protocol);
  return fflush(to) == 0 && ok;
}
