/* The table of results for a reader at a terminal: name, value, chance, split, rows, protocol (or why there is no
 * value); aligned, and on a terminal no wider than it.
 *
 * Ownership: nothing is kept. */
#ifndef REPORT_CONSOLE_H
#define REPORT_CONSOLE_H
#include <stdbool.h>
#include <stdio.h>

#include "report/metric.h"
#include "report/text.h"

/* False when writing failed (errno says why). */
bool console_metrics(FILE *to, const struct metric *metrics, size_t n);

/* A table, with its name, split and protocol before it. */
bool console_table(FILE *to, const struct metric_table *table);

/* A number of a table: integers as such, others with two digits; returns string. */
char *table_number(char *string, size_t size, double value);

/* A metric's number without its unit; "-" for NAN; returns string. */
char *metric_number(char *string, size_t size, double value, const char *unit);

/* A metric's value or chance as a person reads it: "90.27 %", "49.08 of 50", "-" for NAN; returns string. */
char *metric_string(char *string, size_t size, double value, const char *unit);

/* Of how many rows it is; "-" where that is not known; returns string. */
char *metric_rows(char *string, size_t size, const struct metric *metric);

/* Of which split; "-" for none. */
const char *metric_split(const struct metric *metric);

/* Its protocol or why it has no value, and why it has no chance level; added to the string. */
void metric_remark(struct string_builder *string, const struct metric *metric);

#endif
