/* Codes as points in the plane, coloured by their classes: an SVG for the page, and a file of its own.
 *
 * Eight colours that are told apart with any kind of colour vision (Okabe and Ito 2008), and four kinds of marks, so
 * that no class is known by its colour alone.
 * Ownership: what it points at is the caller's. */
#ifndef REPORT_MAP_H
#define REPORT_MAP_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/string_builder.h"

struct map_panel {
  const char *caption;
  const double *point; /* [rows, 2] */
};

enum { MAP_PANELS = 2 };

struct code_map {
  const char *name;    /* the file's, and the heading */
  const char *caption; /* the user's words for what is shown */
  int64_t rows;
  const double *label; /* a class of each row; NULL: none */
  int classes;
  const char *const *class_name; /* NULL: numbers */
  struct map_panel panel[MAP_PANELS];
};

/* For the page, whose style it takes. */
void map_add(struct string_builder *html, const struct code_map *map);
/* A file that stands by itself. */
bool map_write(const char *path, const struct code_map *map, struct error *error);

#endif
