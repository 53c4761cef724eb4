#include "scene/hpack.h"

#include "base/bytes.h"

/* RFC 7541, 5.1: an integer in seven bits and, if need be, bytes of seven. */
static void put_length(struct text *out, size_t size)
{
    const size_t most = 127;

    if (size < most) {
        put_u8(out, (unsigned)size);
        return;
    }
    put_u8(out, (unsigned)most);
    for (size -= most; size >= 128; size /= 128)
        put_u8(out, (unsigned)(size % 128 + 128));
    put_u8(out, (unsigned)size);
}

void hpack_add(struct text *out, struct span name, struct span value)
{
    put_u8(out, 0);
    put_length(out, name.size);
    text_add_bytes(out, name);
    put_length(out, value.size);
    text_add_bytes(out, value);
}
