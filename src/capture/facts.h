/*
 * What the parts of one input write into its struct capture_input as they
 * learn it.
 */
#ifndef CAPTURE_FACTS_H
#define CAPTURE_FACTS_H

#include "capture/capture.h"

/*
 * Says what is wrong with an input. The first trouble stays: later ones
 * mostly follow from it. Always false, so that callers return it.
 */
__attribute__((format(printf, 3, 4))) bool
facts_trouble(struct capture_input *facts, enum capture_trouble trouble,
              const char *format, ...);

/* Notes a link type when it is new and there is room for it. */
void facts_link_type(struct capture_input *facts, uint32_t link_type);

/*
 * Counts a record that Wireshark numbers as a frame though it holds no packet.
 */
static inline void facts_record(struct capture_input *facts)
{
    facts->packets++;
}

/* Counts a frame that was read. */
static inline void facts_frame(struct capture_input *facts,
                               const struct frame *frame)
{
    facts->packets++;
    if (facts->first_time == NANOS_NEVER)
        facts->first_time = frame->time;
    facts->last_time = frame->time;
    facts->snapped += frame->length > frame->data.size;
}

#endif
