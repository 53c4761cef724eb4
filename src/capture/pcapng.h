/*
 * pcapng files: sections in either byte order, any number of interfaces of
 * any link type, and what they say they dropped. libpcap's own reader refuses
 * files whose interfaces differ and forgets the statistics.
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "capture/format.h"

extern const struct format pcapng_format;

#endif
