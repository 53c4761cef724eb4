#include "capture/facts.h"

#include <stdarg.h>
#include <stdio.h>

bool facts_trouble(struct capture_input *facts, enum capture_trouble trouble,
                   const char *format, ...)
{
    va_list arguments;

    if (facts->trouble != CAPTURE_SOUND)
        return false;
    facts->trouble = trouble;
    va_start(arguments, format);
    (void)vsnprintf(facts->problem, sizeof(facts->problem), format, arguments);
    va_end(arguments);
    return false;
}

void facts_link_type(struct capture_input *facts, uint32_t link_type)
{
    for (size_t i = 0; i < facts->link_types; i++) {
        if (facts->link_type[i] == link_type)
            return;
    }
    if (facts->link_types < CAPTURE_LINK_TYPES_KEPT)
        facts->link_type[facts->link_types++] = link_type;
}
