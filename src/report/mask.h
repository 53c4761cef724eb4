/*
 * Requests carry secrets. A target is shown with the values of query
 * parameters that suggest one masked, and with any bytes that could steer a
 * terminal escaped.
 */
#ifndef REPORT_MASK_H
#define REPORT_MASK_H

#include "base/text.h"

/*
 * Adds the request target as it may be shown. Unless `show_secrets`, the
 * values of suspicious query parameters and a user:password@ become ***.
 */
void mask_add_target(struct text *text, const char *target, bool show_secrets);

#endif
