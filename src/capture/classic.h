/*
 * Classic pcap files, both byte orders, micro- and nanoseconds, read by
 * libpcap.
 */
#ifndef CAPTURE_CLASSIC_H
#define CAPTURE_CLASSIC_H

#include "capture/format.h"

extern const struct format classic_format;

#endif
