#include "capture/interface.h"

enum {
    POWER_OF_TWO = 0x80, /* set in if_tsresol: the rest is an exponent of 2 */
    NANO_EXPONENT = 9,
    LARGEST_EXPONENT = 19 /* 10^19 is the last that 64 bits hold */
};

__extension__ typedef unsigned __int128 wide;

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

void interface_set_resolution(struct interface *interface, uint8_t written)
{
    interface->resolution = written;
    interface->multiplier = 0;
    if (written <= NANO_EXPONENT)
        interface->multiplier = power_of_ten(NANO_EXPONENT - written);
}

/* Ticks of 2^-n, or finer than a nanosecond. */
static wide convert(uint8_t resolution, uint64_t ticks)
{
    unsigned exponent = resolution & ~(unsigned)POWER_OF_TWO;

    if (resolution & POWER_OF_TWO)
        return ((wide)ticks * (uint64_t)NANOS_PER_SECOND) >> exponent;
    exponent -= NANO_EXPONENT;
    if (exponent > LARGEST_EXPONENT)
        return 0;
    return ticks / power_of_ten(exponent);
}

nanos interface_time(const struct interface *interface, uint64_t ticks)
{
    wide since = interface->multiplier ? (wide)ticks * interface->multiplier
                                       : convert(interface->resolution, ticks);
    nanos time = since > INT64_MAX ? INT64_MAX : (nanos)since;
    nanos offset;

    if (interface->offset == 0)
        return time;
    /* Not INT64_MIN: that is NANOS_NEVER. */
    if (__builtin_mul_overflow(interface->offset, NANOS_PER_SECOND, &offset))
        offset = interface->offset < 0 ? INT64_MIN + 1 : INT64_MAX;
    if (__builtin_add_overflow(time, offset, &time))
        time = INT64_MAX;
    return time;
}
