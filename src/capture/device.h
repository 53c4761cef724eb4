/*
 * The devices that libpcap offers: to list them, and to say what is wrong
 * when one cannot be opened.
 */
#ifndef CAPTURE_DEVICE_H
#define CAPTURE_DEVICE_H

#include "base/fail.h"

/*
 * Says why pcap_activate gave `status` for the device, in words that tell
 * what to do; `words` are libpcap's. Always false.
 */
bool device_complain(const char *name, int status, const char *words,
                     struct fail *fail);

#endif
