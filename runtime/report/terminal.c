#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

enum { USUAL_WIDTH = 80, LEAST_ROOM = 24, SMALL_INDENT = 4 };

int terminal_width(FILE *to) {
  const char *columns = getenv("COLUMNS");
  struct winsize size;
  if (!isatty(fileno(to))) return 0;
  long said = columns ? strtol(columns, NULL, 10) : 0;
  if (said > 0 && said < 10000) return (int)said;
  return ioctl(fileno(to), TIOCGWINSZ, &size) || !size.ws_col ? USUAL_WIDTH : size.ws_col;
}

/* How many bytes of the line fit, up to the last space that does; all of a word that is longer than a line is cut. */
static size_t fitting(const char *line, size_t length, int width) {
  size_t end = utf8_fitting(line, length, width), space = end;
  if (end == length || line[end] == ' ') return end;
  while (space && line[space] != ' ') space--;
  while (space && line[space - 1] == ' ') space--;
  return space ? space : end;
}

static bool print_line(FILE *to, const char *line, size_t length, int width, int indent) {
  size_t n = fitting(line, length, width);
  bool ok = fprintf(to, "%.*s\n", (int)n, line) > 0;
  while (ok) {
    line += n;
    length -= n;
    while (length && *line == ' ') line++, length--;
    if (!length) break;
    n = fitting(line, length, width - indent);
    ok = fprintf(to, "%*s%.*s\n", indent, "", (int)n, line) > 0;
  }
  return ok;
}

bool print_wrapped(FILE *to, const char *text, int width, int indent) {
  if (!width) return fputs(text, to) >= 0;
  if (width - indent < LEAST_ROOM) indent = width > LEAST_ROOM ? SMALL_INDENT : 0;
  bool ok = true;
  while (*text && ok) {
    size_t length = strcspn(text, "\n");
    ok = print_line(to, text, length, width, indent);
    text += length + (text[length] == '\n');
  }
  return ok;
}
