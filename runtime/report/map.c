#include "report/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "report/text.h"

extern const struct embedded map_style[]; /* map.css */

enum { SIDE = 420, MARGIN = 12, TOP = 28, GAP = 24, COLOURS = 8, MARKS = 4, LEGEND_LINE = 20, LEGEND_COLUMN = 110 };
enum { WIDTH = MAP_PANELS * SIDE + GAP, MANY_CLASSES = COLOURS * MARKS, LEGEND_COLUMNS = WIDTH / LEGEND_COLUMN };

/* A mark with its middle at (x, y): a disc, a square, a triangle, a diamond. */
static void add_mark(struct string_builder *svg, int mark, double x, double y) {
  switch (mark) {
  case 0: string_add(svg, "M%.1f %.1fa2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0", x - 2.6, y); break;
  case 1: string_add(svg, "M%.1f %.1fh4.6v4.6h-4.6z", x - 2.3, y - 2.3); break;
  case 2: string_add(svg, "M%.1f %.1fl3 5.2h-6z", x, y - 3.2); break;
  default: string_add(svg, "M%.1f %.1fl3.2 3.2l-3.2 3.2l-3.2-3.2z", x, y - 3.2);
  }
}

/* Classes whose number is not small have no colours of their own. */
static bool coloured(const struct code_map *map) {
  return map->label && map->classes > 0 && map->classes <= MANY_CLASSES;
}

static int mark_of(int class) { return (class + class / COLOURS) % MARKS; }

static void add_panel(struct string_builder *svg, const struct code_map *map, const struct map_panel *panel, int left) {
  double least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};
  for (int64_t i = 0; i < 2 * map->rows; i++) {
    least[i % 2] = fmin(least[i % 2], panel->point[i]);
    most[i % 2] = fmax(most[i % 2], panel->point[i]);
  }
  double span = fmax(most[0] - least[0], most[1] - least[1]);
  double scale = span > 0 ? (SIDE - 2 * MARGIN) / span : 0; /* the same for both axes: distances are to be seen */
  string_add(svg, "<text x=\"%d\" y=\"18\">", left);
  string_put_escaped(svg, panel->caption);
  string_add(svg, "</text><rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", left, TOP, SIDE,
             SIDE);
  for (int class = 0; class < (coloured(map) ? map->classes : 1); class ++) {
    string_add(svg, "<path class=\"k%d\" d=\"", coloured(map) ? class % COLOURS : 0);
    for (int64_t i = 0; i < map->rows; i++) {
      if (coloured(map) && map->label[i] != class) continue;
      double x = left + SIDE / 2.0 + (panel->point[2 * i] - (least[0] + most[0]) / 2) * scale;
      double y = TOP + SIDE / 2.0 - (panel->point[2 * i + 1] - (least[1] + most[1]) / 2) * scale;
      add_mark(svg, coloured(map) ? mark_of(class) : 0, x, y);
    }
    string_add(svg, "\"/>\n");
  }
}

static int legend_lines(const struct code_map *map) {
  return coloured(map) ? (map->classes + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS : 0;
}

static void add_legend(struct string_builder *svg, const struct code_map *map) {
  enum { LONGEST = 14 };
  for (int class = 0; coloured(map) && class < map->classes; class ++) {
    double x = class % LEGEND_COLUMNS * LEGEND_COLUMN + 8.0;
    double y = TOP + SIDE + 22.0 + class / LEGEND_COLUMNS * LEGEND_LINE;
    char number[16];
    snprintf(number, sizeof number, "%d", class);
    const char *name = map->class_name ? map->class_name[class] : number;
    string_add(svg, "<path class=\"k%d\" d=\"", class % COLOURS);
    add_mark(svg, mark_of(class), x, y - 4);
    string_add(svg, "\"/><text x=\"%.0f\" y=\"%.0f\"%s>", x + 8, y,
               strlen(name) > LONGEST ? " textLength=\"88\" lengthAdjust=\"spacingAndGlyphs\"" : "");
    string_put_escaped(svg, name);
    string_add(svg, "</text>\n");
  }
}

static void add_drawing(struct string_builder *svg, const struct code_map *map, const char *style) {
  int height = TOP + SIDE + 8 + legend_lines(map) * LEGEND_LINE + (legend_lines(map) ? 12 : 0);
  string_add(svg,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" viewBox=\"0 0 %d %d\" role=\"img\" "
             "aria-label=\"map of ",
             WIDTH, height);
  string_put_escaped(svg, map->caption);
  string_add(svg, ": %lld rows%s\">\n", (long long)map->rows, map->label ? ", coloured by class" : "");
  if (style)
    string_add(svg, "<style>\n%s</style><rect class=\"sheet\" width=\"%d\" height=\"%d\"/>\n", style, WIDTH, height);
  for (int k = 0; k < MAP_PANELS; k++) add_panel(svg, map, &map->panel[k], k * (SIDE + GAP));
  add_legend(svg, map);
  string_add(svg, "</svg>\n");
}

void map_add(struct string_builder *html, const struct code_map *map) {
  string_add(html, "<h3>");
  string_put_escaped(html, map->name);
  string_add(html, "</h3>\n<p class=\"soft\">");
  string_put_escaped(html, map->caption);
  string_add(html, ": the first %lld test rows%s</p>\n<div class=\"wide maps\">", (long long)map->rows,
             map->label && !coloured(map) ? "; there are too many classes for colours" : "");
  add_drawing(html, map, NULL);
  string_add(html, "</div>\n");
}

bool map_write(const char *path, const struct code_map *map, struct error *error) {
  struct string_builder svg = {0};
  add_drawing(&svg, map, map_style[0].text);
  bool ok = file_write_whole(path, string_get(&svg), strlen(string_get(&svg)), error);
  string_free(&svg);
  return ok;
}
