#include "report/chart.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { STRETCHES = 240, WIDTH = 360, HEIGHT = 210, LEFT = 64, RIGHT = 14, TOP = 12, BOTTOM = 40, TICKS = 5 };

/* A stretch of a curve; n is 0 where nothing finite was logged. */
struct stretch {
  double epoch, mean, least, most;
  size_t n;
};

struct axis {
  double from, to;
  bool logarithmic;
  double pixel_from, pixel_to;
};

struct chart {
  struct stretch stretch[STRETCHES];
  struct axis x, y;
  double first, last; /* finite values */
};

static double place(const struct axis *axis, double value) {
  double at = axis->logarithmic ? log10(value) : value;
  return axis->pixel_from + (at - axis->from) / (axis->to - axis->from) * (axis->pixel_to - axis->pixel_from);
}

static void gather(struct chart *chart, const struct curve *curve) {
  double span = curve->n ? curve->epoch[curve->n - 1] : 0;
  for (size_t i = 0; i < curve->n; i++) {
    double value = curve->value[i];
    if (!isfinite(value) || !(span > 0)) continue;
    int at = (int)(curve->epoch[i] / span * STRETCHES);
    struct stretch *s = &chart->stretch[at < 0 ? 0 : at >= STRETCHES ? STRETCHES - 1 : at];
    if (!s->n || value < s->least) s->least = value;
    if (!s->n || value > s->most) s->most = value;
    s->n++;
    s->epoch += (curve->epoch[i] - s->epoch) / (double)s->n;
    s->mean += (value - s->mean) / (double)s->n;
    if (isnan(chart->first)) chart->first = value;
    chart->last = value;
  }
}

/* 1, 2 or 5 times a power of ten: the least such step that gives at most TICKS parts. */
static double tick_step(double span) {
  double power = pow(10, floor(log10(span / TICKS)));
  for (int i = 0; i < 3; i++) {
    static const double times[] = {1, 2, 5};
    if (span / (times[i] * power) <= TICKS + 1e-9) return times[i] * power;
  }
  return 10 * power;
}

/* False where there is nothing to draw. */
static bool scale_axes(struct chart *chart, double end) {
  double least = INFINITY, most = -INFINITY, first = INFINITY, last = end;
  for (int i = 0; i < STRETCHES; i++) {
    const struct stretch *s = &chart->stretch[i];
    if (!s->n) continue;
    least = fmin(least, s->mean);
    most = fmax(most, s->mean);
    first = fmin(first, s->epoch);
  }
  if (!(most >= least)) return false;
  bool logarithmic = least > 0 && most >= 50 * least && chart->first > chart->last;
  double low = logarithmic ? log10(least) : least, high = logarithmic ? log10(most) : most;
  double pad = high > low ? 0.05 * (high - low) : fabs(high) > 0 ? 0.1 * fabs(high) : 1;
  chart->y = (struct axis){low - pad, high + pad, logarithmic, HEIGHT - BOTTOM, TOP};
  chart->x = (struct axis){last > first ? fmin(first, 0) : first - 1, last > first ? last : first + 1, false, LEFT,
                           WIDTH - RIGHT};
  return true;
}

static void value_tick(struct string_builder *html, const struct chart *chart, double value) {
  double y = place(&chart->y, value);
  string_add(html, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y, y);
  string_add(html, "<text class=\"end\" x=\"%d\" y=\"%.1f\">%.4g</text>\n", LEFT - 6, y + 4, value);
}

/* Ticks within one decade or two are 1, 2 and 5 times its powers; beyond, whole powers only. */
static void logarithmic_ticks(struct string_builder *html, const struct chart *chart) {
  static const double times[] = {1, 2, 5};
  int least = (int)floor(chart->y.from), most = (int)ceil(chart->y.to), many = (most - least + 7) / 8;
  int each = chart->y.to - chart->y.from > 2.5 ? 1 : 3;
  for (int power = least; power <= most; power += many)
    for (int i = 0; i < each; i++) {
      double at = power + log10(times[i]);
      if (at >= chart->y.from && at <= chart->y.to) value_tick(html, chart, times[i] * pow(10, power));
    }
}

static void add_axes(struct string_builder *html, const struct chart *chart) {
  double step = tick_step(chart->y.to - chart->y.from);
  if (chart->y.logarithmic) logarithmic_ticks(html, chart);
  else
    for (double i = ceil(chart->y.from / step); i * step <= chart->y.to; i++)
      value_tick(html, chart, i * step + 0.0);            /* -0 becomes 0 */
  step = fmax(tick_step(chart->x.to - chart->x.from), 1); /* epochs are integers */
  if (chart->x.to - chart->x.from < 1) step = tick_step(chart->x.to - chart->x.from);
  for (double i = ceil(chart->x.from / step); i * step <= chart->x.to + 1e-9; i++)
    string_add(html, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%.4g</text>", place(&chart->x, i * step),
               HEIGHT - BOTTOM + 17, i * step);
  string_add(html, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", LEFT, WIDTH - RIGHT,
             HEIGHT - BOTTOM, HEIGHT - BOTTOM);
  string_add(html, "<text class=\"mid name\" x=\"%d\" y=\"%d\">epoch</text>", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5);
  string_add(html, "<text class=\"mid name\" transform=\"translate(13 %d) rotate(-90)\">value%s</text>\n",
             (TOP + HEIGHT - BOTTOM) / 2, chart->y.logarithmic ? " (log scale)" : "");
}

/* The band may leave the drawing; the clip path cuts it, and a logarithmic axis needs something positive. */
static double band_place(const struct axis *axis, double value) {
  double lowest = pow(10, axis->from);
  double y = place(axis, axis->logarithmic && value < lowest ? lowest : value);
  return fmin(fmax(y, -HEIGHT), 2 * HEIGHT);
}

static void add_series(struct string_builder *html, const struct chart *chart, int id) {
  const struct stretch *s = chart->stretch;
  string_add(html, "<clipPath id=\"clip%d\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>", id, LEFT,
             TOP, WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP);
  string_add(html, "<polygon class=\"band\" clip-path=\"url(#clip%d)\" points=\"", id);
  for (int i = 0; i < STRETCHES; i++)
    if (s[i].n) string_add(html, "%.1f,%.1f ", place(&chart->x, s[i].epoch), band_place(&chart->y, s[i].most));
  for (int i = STRETCHES; i-- > 0;)
    if (s[i].n) string_add(html, "%.1f,%.1f ", place(&chart->x, s[i].epoch), band_place(&chart->y, s[i].least));
  string_add(html, "\"/>\n<polyline class=\"line\" points=\"");
  int end = 0;
  for (int i = 0; i < STRETCHES; i++)
    if (s[i].n) {
      string_add(html, "%.1f,%.1f ", place(&chart->x, s[i].epoch), place(&chart->y, s[i].mean));
      end = i;
    }
  string_add(html, "\"/><circle class=\"dot\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"/>\n", place(&chart->x, s[end].epoch),
             place(&chart->y, s[end].mean));
}

void chart_add(struct string_builder *html, const struct curve *curve, int id) {
  struct chart chart = {.first = NAN, .last = NAN};
  gather(&chart, curve);
  bool drawn = scale_axes(&chart, curve->n ? curve->epoch[curve->n - 1] : 0);
  string_add(html, "<figure class=\"chart\"><figcaption><b>");
  string_put_escaped(html, curve->name);
  if (drawn) string_add(html, "</b> <span>last %.4g</span></figcaption>\n", chart.last);
  else string_add(html, "</b> <span>no finite value was logged</span></figcaption>\n");
  if (drawn) {
    string_add(html, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    string_put_escaped(html, curve->name);
    string_add(html, " over epochs, last value %.4g\">\n", chart.last);
    add_axes(html, &chart);
    add_series(html, &chart, id);
    string_add(html, "</svg>");
  }
  string_add(html, "</figure>\n");
}
