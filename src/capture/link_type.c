#include "capture/link_type.h"

#include <stddef.h>

enum {
    DLT_RAW_MOST = 12,
    DLT_RAW_OPENBSD = 14,
    LINK_RAW = 101
};

/* To add a row: only where www.tcpdump.org/linktypes.html has two numbers. */
static const struct pair {
    int dlt;
    uint32_t link_type;
} pair[] = {
    {11,           100     }, /* ATM_RFC1483 */
    {DLT_RAW_MOST, LINK_RAW}, /* RAW */
    {15,           102     }, /* SLIP_BSDOS */
    {16,           103     }, /* PPP_BSDOS */
    {18,           246     }, /* PFSYNC */
    {19,           106     }, /* ATM_CLIP */
};

enum {
    PAIRS = sizeof(pair) / sizeof(*pair)
};

uint32_t link_type_of_dlt(int dlt)
{
    for (size_t i = 0; i < PAIRS; i++) {
        if (pair[i].dlt == dlt)
            return pair[i].link_type;
    }
    return link_type_of_file((uint32_t)dlt);
}

int link_type_to_dlt(uint32_t link_type)
{
    for (size_t i = 0; i < PAIRS; i++) {
        if (pair[i].link_type == link_type)
            return pair[i].dlt;
    }
    return (int)link_type;
}

uint32_t link_type_of_file(uint32_t written)
{
    if (written == DLT_RAW_MOST || written == DLT_RAW_OPENBSD)
        return LINK_RAW;
    return written;
}
