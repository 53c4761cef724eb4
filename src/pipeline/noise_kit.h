/*
 * For the tests of noise: findings told with their confidence, those of the
 * noise itself left out.
 */
#ifndef PIPELINE_NOISE_KIT_H
#define PIPELINE_NOISE_KIT_H

#include "pipeline/trial_kit.h"

enum {
    OTHERS = 99 /* second byte of the address of clients that are noise */
};

void tell_run(const struct frame *frame, size_t frames,
              const struct capture_input *input, struct text *out);
void compare(struct trial *trial, const char *what, size_t at);

#endif
