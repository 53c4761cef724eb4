/*
 * A nic is a network interface as the system sees it: whether it is up, and
 * what its hardware had to drop. It is known by its index, so it is still the
 * same one after it got another name, and is gone for good when it was
 * removed, even if a new one has its name.
 *
 * What it needs is opened at once: it works on without privileges.
 */
#ifndef CAPTURE_NIC_H
#define CAPTURE_NIC_H

#include <stdbool.h>
#include <stdint.h>

enum nic_state {
    NIC_UP,
    NIC_DOWN,
    NIC_GONE,
    NIC_UNKNOWN /* not asked, or no answer: nothing is known */
};

struct nic {
    int socket;     /* -1 when there is no one to ask */
    unsigned index; /* 0: no single interface ("any") */
    char name[32];  /* as it was called when opened */
};

/*
 * Never fails: what is no network interface of its own stays NIC_UNKNOWN.
 * nic_close gives back what it holds.
 */
void nic_open(struct nic *nic, const char *name);
void nic_close(struct nic *nic);

/*
 * How it is now. `drops`, when that is known, becomes the packets the
 * hardware lost before the kernel saw them, since the machine started (Linux:
 * rx_missed_errors and rx_fifo_errors); else it is left alone.
 */
enum nic_state nic_ask(const struct nic *nic, uint64_t *drops);

#endif
