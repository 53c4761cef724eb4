#include "tls/epochs.h"

#include <openssl/crypto.h>

enum {
    /* Sequence numbers that are tried: behind a hole, and without one, where a
     * sender may have counted a record that it failed to send. */
    FORWARD_BEHIND_HOLE = 256,
    FORWARD = 4
};

static struct span secret_of(const struct tls_ring *ring, enum tls_label label)
{
    const struct tls_secrets *secrets = keylog_at(ring->keylog, ring->place);

    return (struct span){secrets->secret[label], secrets->size[label]};
}

bool epochs_change_cipher(const struct tls_reader *reader)
{
    struct tls_direction *direction = reader->direction;
    const struct tls_ring *ring = reader->ring;
    struct tls_opener *opener = NULL;
    struct tls_keys keys;

    if (tls_keys_of_master(&ring->session, secret_of(ring, TLS_MASTER),
                           reader->role, &keys))
        opener = tls_opener_new(reader->contexts, &ring->session, &keys);
    OPENSSL_cleanse(&keys, sizeof keys);
    if (!opener)
        return false;
    tls_opener_free(direction->opener);
    direction->opener = opener;
    direction->epoch = TLS_EPOCH_TRAFFIC;
    direction->sequence = 0;
    return true;
}

/* Opens the record as the first of another epoch, and goes on in that. */
static int open_as_first(const struct tls_reader *reader, struct span secret,
                         enum tls_epoch epoch, struct span record,
                         uint8_t *content)
{
    const struct tls_session *session = &reader->ring->session;
    struct tls_direction *direction = reader->direction;
    struct tls_opener *opener = NULL;
    struct tls_keys keys;
    int size = -1;

    if (secret.size && tls_keys_of_traffic(session, secret, &keys))
        opener = tls_opener_new(reader->contexts, session, &keys);
    if (opener)
        size = tls_open(opener, record, 0, reader->scratch, content);
    if (size >= 0) {
        tls_opener_free(direction->opener);
        direction->opener = opener;
        direction->epoch = epoch;
        direction->sequence = 1;
        memcpy(direction->traffic, secret.at, secret.size);
    } else {
        tls_opener_free(opener);
    }
    OPENSSL_cleanse(&keys, sizeof keys);
    return size;
}

/* Behind a KeyUpdate (RFC 8446, 7.2). */
static int open_updated(const struct tls_reader *reader, size_t size,
                        struct span record, uint8_t *content)
{
    uint8_t next[TLS_SECRET_SIZE];
    int opened = -1;

    memcpy(next, reader->direction->traffic, sizeof next);
    if (size && tls_update_secret(&reader->ring->session, next, size))
        opened = open_as_first(reader, (struct span){next, size},
                               TLS_EPOCH_TRAFFIC, record, content);
    OPENSSL_cleanse(next, sizeof next);
    return opened;
}

/* As one of the records from so many later ones to so many. */
static int open_ahead(const struct tls_reader *reader, uint64_t from,
                      uint64_t to, struct span record, uint8_t *content)
{
    struct tls_direction *direction = reader->direction;

    for (uint64_t i = from; direction->opener && i <= to; i++) {
        int size = tls_open(direction->opener, record, direction->sequence + i,
                            reader->scratch, content);

        if (size >= 0) {
            direction->sequence += i + 1;
            return size;
        }
    }
    return -1;
}

/* TLS 1.3: where an epoch begins is not said in the clear. */
static int open_later_epoch(const struct tls_reader *reader, struct span record,
                            uint8_t *content)
{
    static const struct {
        enum tls_label label[2];
        enum tls_epoch epoch;
    } later[] = {
        {{TLS_CLIENT_HANDSHAKE, TLS_SERVER_HANDSHAKE}, TLS_EPOCH_HANDSHAKE},
        {{TLS_CLIENT_TRAFFIC, TLS_SERVER_TRAFFIC},     TLS_EPOCH_TRAFFIC  },
        {{TLS_CLIENT_EARLY, TLS_LABELS},               TLS_EPOCH_EARLY    },
    };
    enum tls_epoch epoch = reader->direction->epoch;
    int size = -1;

    if (reader->ring->session.version < TLS_1_3)
        return -1;
    if (epoch == TLS_EPOCH_TRAFFIC)
        return open_updated(
            reader, secret_of(reader->ring, later[1].label[reader->role]).size,
            record, content);
    for (size_t i = 0; i < sizeof later / sizeof *later && size < 0; i++) {
        enum tls_label label = later[i].label[reader->role];

        if (later[i].epoch > epoch && label != TLS_LABELS)
            size = open_as_first(reader, secret_of(reader->ring, label),
                                 later[i].epoch, record, content);
    }
    return size;
}

int epochs_open(const struct tls_reader *reader, struct span record,
                uint8_t *content)
{
    int size = open_ahead(reader, 0, 0, record, content);

    if (size < 0)
        size = open_later_epoch(reader, record, content);
    if (size < 0)
        size =
            open_ahead(reader, 1,
                       reader->direction->lost ? FORWARD_BEHIND_HOLE : FORWARD,
                       record, content);
    return size;
}
