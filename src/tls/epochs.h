/*
 * Which keys open a record: those of its direction's epoch, of one that may
 * follow, or the same with a later sequence number. The tag proves it.
 */
#ifndef TLS_EPOCHS_H
#define TLS_EPOCHS_H

#include "tls/direction.h"

/*
 * Opens a record into the reader's scratch; gives the size of the plaintext and
 * what it is, and goes on in the epoch and behind the number that opened it.
 * -1: none does, and nothing has changed.
 */
int epochs_open(const struct tls_reader *reader, struct span record,
                uint8_t *content);

/* TLS 1.2 and before: behind this record its sender's keys are in use. False:
 * they could not be made. */
bool epochs_change_cipher(const struct tls_reader *reader);

#endif
