/* What hellos say of names and versions, for who watches only. */
#include "tls/hello.h"
#include "tls/watch.h"

enum {
    EXTENSION_SERVER_NAME = 0, /* RFC 6066, 3 */
    EXTENSION_ALPN = 16,       /* RFC 7301, 3.1 */
    HOST_NAME = 0
};

/* As much as there is room for; bytes of any kind. */
static void keep(char *to, size_t room, struct span text)
{
    text = span_head(text, room - 1);
    memset(to, 0, room);
    if (text.size)
        memcpy(to, text.at, text.size);
}

static void take_name(struct tls_facts *facts, struct reader *body)
{
    struct reader list = read_part(body, read_be16(body));
    struct span name;

    if (read_u8(&list) != HOST_NAME)
        return;
    name = read_span(&list, read_be16(&list));
    if (!list.overrun)
        keep(facts->name, sizeof facts->name, name);
}

/* A list of names; does it hold HTTP/2's? */
static bool has_h2(struct reader *body)
{
    struct reader list = read_part(body, read_be16(body));
    bool found = false;

    while (list.rest.size) {
        struct span name = read_span(&list, read_u8(&list));

        found |= name.size == 2 && memcmp(name.at, "h2", 2) == 0;
    }
    return found;
}

void tls_read_client_hello(struct span message, struct tls_facts *facts)
{
    struct reader extensions = tls_hello_extensions(message);

    while (extensions.rest.size) {
        uint16_t kind = read_be16(&extensions);
        struct reader body = read_part(&extensions, read_be16(&extensions));

        if (kind == EXTENSION_SERVER_NAME)
            take_name(facts, &body);
        else if (kind == EXTENSION_ALPN)
            facts->offers_h2 = has_h2(&body);
    }
}

/* In TLS 1.3 the choice is encrypted. */
static void take_choice(struct span message, struct tls_facts *facts)
{
    struct reader extensions = tls_hello_extensions(message);

    /* without extensions, or the one, nothing was chosen: no HTTP/2 */
    facts->chose = facts->version < TLS_1_3;
    while (extensions.rest.size) {
        uint16_t kind = read_be16(&extensions);
        struct reader body = read_part(&extensions, read_be16(&extensions));

        if (kind == EXTENSION_ALPN)
            facts->chose_h2 = has_h2(&body);
    }
}

bool tls_read_server_hello(struct span message, struct tls_facts *facts)
{
    struct tls_session session = {0};
    bool retry = false;

    if (tls_take_server_hello(&session, message, &retry)) {
        facts->version = session.version;
        take_choice(message, facts);
    }
    return retry;
}
