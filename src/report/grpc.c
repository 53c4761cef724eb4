#include "report/grpc.h"

#include "base/hex.h"
#include "base/mask.h"

const char *grpc_status_name(uint32_t status)
{
    static const char *const name[] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };

    return status < sizeof name / sizeof *name ? name[status] : NULL;
}

/*
 * gRPC over HTTP/2, Responses: %XX is a byte. What is no such thing stays as
 * it is, and so does %00, for here a NUL is the end.
 */
static void decode(char *to, const char *from)
{
    while (*from) {
        int byte = *from == '%' ? hex_byte(from + 1) : -1;

        if (byte <= 0) {
            *to++ = *from++;
        } else {
            *to++ = (char)byte;
            from += 3;
        }
    }
    *to = '\0';
}

void grpc_add_message(struct text *text, const struct exchange *x,
                      bool show_secrets)
{
    char decoded[EXCHANGE_GRPC_MESSAGE_LIMIT + 1];

    if (!x->grpc_message)
        return;
    decode(decoded, x->grpc_message);
    mask_add(text, span_of_text(decoded), MASK_TEXT, show_secrets);
}

void grpc_add_status(struct text *text, const struct exchange *x,
                     bool show_secrets)
{
    const char *name = grpc_status_name(x->grpc_status);

    text_addf(text, "%u%s%s", x->grpc_status, name ? " " : "",
              name ? name : "");
    if (!x->grpc_message)
        return;
    text_add(text, ", \"");
    grpc_add_message(text, x, show_secrets);
    text_add(text, "\"");
}
