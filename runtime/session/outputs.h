/* What a session leaves of the model that it has: metrics, image grids, the report.
 *
 * Ownership: nothing is kept. */
#ifndef SESSION_OUTPUTS_H
#define SESSION_OUTPUTS_H
#include "session/session.h"

/* Warns where metrics are of a run that was stopped, or of an older checkpoint than it had come to. */
void outputs_say_how_far(struct session *session);

/* Measures and shows what the model has become, and leaves metrics, image grids and page. */
bool outputs_write(struct session *session, struct error *error);

#endif
