/* metrics.json: the final metrics of a run, each with its split, protocol, chance level and seed.
 *
 *   {"version": "...", "model": "...", "variant": null, "data": {"name": "...", "found": "..."}, "seed": 1,
 *    "epochs": 50, "batch": 100, "steps": 30000, "parameters": 1137606, "threads": 2, "seconds": 1234.5,
 *    "timings": {"data": 0.4, "train": 1100, ...},
 *    "begun": "2026-01-31T12:00:00Z", "ended": "...", "settings": {...}, "figures": [{"name": "transfer.left_to_right",
 *    "value": 90.27, "unit": "%", "split": "test", "rows": 10000, "reason": null, "protocol": "...", "chance": 11.35,
 *    "seed": 1}, ...], "tables": [{"name": "classes.confusion", "split": "test", "rows": 10000, "protocol": "...",
 *    "seed": 1,
 *    "row": ["0", ...], "column": ["0", ...], "values": [[980, ...], ...]}, ...]}
 *
 * That of several runs has the same keys, null where runs differ, and more in each figure: see report/summary.h.
 *
 * timings: where those seconds went: reading, the stages, what was done beside their steps, the measurements.
 *  reason: why there is no value.  Written whole or not at all.  A number that is not finite is null.
 * Ownership: nothing is kept. */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H
#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "report/metric.h"

json_t *metric_json(const struct metric *metric); /* one of "figures" */
/* The figures of such a file, read back; how many they are. */
size_t metrics_read(const json_t *file, struct arena *arena, struct metric **metrics);

bool metrics_write(const char *path, const struct run *run, const struct metric *metrics, size_t n,
                   const struct metric_table *tables, size_t n_tables, struct error *error);

#endif
