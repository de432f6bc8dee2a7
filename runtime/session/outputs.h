/* What a session leaves of the model that it has: figures, pictures, the report.
 *
 * Ownership: nothing is kept. */
#ifndef SESSION_OUTPUTS_H
#define SESSION_OUTPUTS_H
#include "session/session.h"

/* Warns where figures are of a run that was stopped, or of an older checkpoint than it had come to. */
void outputs_say_how_far(struct session *session);

/* Measures and shows what the model has become, and leaves metrics, pictures and page. */
bool outputs_write(struct session *session, struct fault *fault);

#endif
