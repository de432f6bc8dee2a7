/* Time: seconds for measuring, dates for people and files.
 *
 * Ownership: nothing is kept. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some moment, which no change of the date moves. */
double clock_now(void);

/* Processor seconds of all threads of the process. */
double clock_processor(void);

enum { DATE_STRING = 32 };

/* "2017-11-03T09:30:00Z"; returns string. */
char *clock_date(char string[DATE_STRING]);

#endif
