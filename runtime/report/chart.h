/* One loss curve as an SVG figure, with a value axis, an epoch axis and labels that can be read.
 *
 * A long curve is cut into equal stretches of epochs: the line goes through their means, the band behind it spans
 * their least and largest values.  The value axis is logarithmic for a curve that falls, all means positive, from
 * at least fifty times its least: a loss that falls by orders of magnitude stays readable at its end.
 * Ownership: the text is the caller's. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H
#include <stdint.h>

#include "report/curves.h"
#include "report/text.h"

/* id tells the charts of one page apart.  A curve without a finite value becomes a sentence that says so. */
void chart_add(struct string_builder *html, const struct curve *curve, int id);

#endif
