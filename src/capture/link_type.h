/*
 * Link types have two numberings: LINKTYPE_* is what files say and what a
 * frame carries, DLT_* is what libpcap's functions take and give. They differ
 * in a handful of values only.
 */
#ifndef CAPTURE_LINK_TYPE_H
#define CAPTURE_LINK_TYPE_H

#include <stdint.h>

uint32_t link_type_of_dlt(int dlt);
int link_type_to_dlt(uint32_t link_type);

/*
 * Some systems wrote their own DLT_RAW into files; all become LINKTYPE_RAW.
 */
uint32_t link_type_of_file(uint32_t written);

#endif
