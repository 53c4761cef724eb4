/*
 * What a file that is no capture looks like, so that the message can say more
 * than no.
 */
#ifndef CAPTURE_LOOK_H
#define CAPTURE_LOOK_H

#include "capture/source.h"

/* The words for what starts like this; NULL when nothing comes to mind. */
const char *look_name(struct span head);

/* Makes the input CAPTURE_UNREADABLE. Always false. */
bool look_complain(struct source *source, struct capture_input *facts);

#endif
