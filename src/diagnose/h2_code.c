#include "diagnose/h2_code.h"

#include <nghttp2/nghttp2.h>

const char *h2_code_name(uint32_t code)
{
    return nghttp2_http2_strerror(code);
}
