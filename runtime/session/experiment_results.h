/* What the runs of an experiment come to: read from their metrics.json, left as metrics.json, metrics.csv and report.html, and
 * printed.
 *
 * Ownership: all lives in the experiment's arena. */
#ifndef SESSION_EXPERIMENT_RESULTS_H
#define SESSION_EXPERIMENT_RESULTS_H
#include "report/summary.h"
#include "session/experiment.h"

/* The figures of the runs that are there; the settings of a sweep are ranked, and best is NULL where none is. */
bool experiment_summary(const struct experiment *experiment, struct summary *summary, const struct summary_row **best,
                        struct error *error);

bool experiment_results(const struct experiment *experiment, const struct run_settings *settings,
                        struct progress *progress, struct error *error);

#endif
