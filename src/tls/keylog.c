#include "tls/keylog.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LINE_SIZE = 512,        /* the longest that means something has 260 */
    SECRETS_KEPT = 1 << 17, /* some 40 MB */
    BUCKETS_FIRST = 64,
    KEYLOG_FILES_MOST = 16,
    MISSED_KEPT = 4096, /* a power of two */
    READ_SIZE = 65536,
    SECRETS_TLS_KEY_LOG = 0x544c534b /* draft-ietf-opsawg-pcapng */
};

/* The line under way. */
struct log_line {
    char text[LINE_SIZE];
    size_t size; /* LINE_SIZE: too long, left out to its end */
};

struct keylog {
    struct tls_secrets *secrets; /* in order of their coming */
    size_t count;
    size_t room;
    uint32_t *bucket; /* index + 1; a power of two of them, half full */
    size_t buckets;
    uint64_t seed;
    uint64_t dropped;
    struct log_line line;
    bool inside; /* what is taken now is a capture's */
    struct log_line begun[KEYLOG_FILES_MOST]; /* of each file */
    int file[KEYLOG_FILES_MOST];
    size_t files;
    void (*look_ahead)(void *context);
    void *ahead;
    uint64_t
        missed[MISSED_KEPT]; /* digests of randoms, by their end; 0: none */
    uint64_t late;
};

static const struct {
    const char *text;
    enum tls_label label;
} labels[] = {
    {"CLIENT_RANDOM ",                   TLS_MASTER          },
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", TLS_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET ", TLS_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0 ",         TLS_CLIENT_TRAFFIC  },
    {"SERVER_TRAFFIC_SECRET_0 ",         TLS_SERVER_TRAFFIC  },
    {"CLIENT_EARLY_TRAFFIC_SECRET ",     TLS_CLIENT_EARLY    },
};

struct keylog *keylog_new(void)
{
    struct keylog *keylog = must_calloc(1, sizeof *keylog);

    keylog->seed = hash_seed();
    return keylog;
}

void keylog_free(struct keylog *keylog)
{
    if (!keylog)
        return;
    for (size_t i = 0; i < keylog->files; i++)
        (void)close(keylog->file[i]);
    OPENSSL_clear_free(keylog->secrets, keylog->room * sizeof *keylog->secrets);
    free(keylog->bucket);
    OPENSSL_clear_free(keylog, sizeof *keylog);
}

static uint64_t digest_of(const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint64_t words[2];

    memcpy(words, random + 16, sizeof words);
    return hash_mix(words[0], words[1]) | 1;
}

static void note_missed(struct keylog *keylog,
                        const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint64_t digest = digest_of(random);

    keylog->missed[digest / 2 % MISSED_KEPT] = digest;
}

static void note_found(struct keylog *keylog,
                       const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint64_t digest = digest_of(random);
    uint64_t *missed = &keylog->missed[digest / 2 % MISSED_KEPT];

    if (*missed != digest)
        return;
    *missed = 0;
    keylog->late++;
}

static size_t bucket_of(const struct keylog *keylog,
                        const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint64_t words[2];

    memcpy(words, random + 16, sizeof words);
    return (size_t)hash_mix(words[0] ^ keylog->seed, words[1]) &
           (keylog->buckets - 1);
}

/* The place of the random, or the free one where it belongs. */
static uint32_t *place_of(const struct keylog *keylog,
                          const uint8_t random[static TLS_RANDOM_SIZE])
{
    size_t at = bucket_of(keylog, random);

    while (keylog->bucket[at] &&
           memcmp(keylog->secrets[keylog->bucket[at] - 1].random, random,
                  TLS_RANDOM_SIZE) != 0)
        at = (at + 1) & (keylog->buckets - 1);
    return &keylog->bucket[at];
}

static void make_buckets(struct keylog *keylog, size_t buckets)
{
    free(keylog->bucket);
    keylog->bucket = must_calloc(buckets, sizeof *keylog->bucket);
    keylog->buckets = buckets;
    for (size_t i = 0; i < keylog->count; i++)
        *place_of(keylog, keylog->secrets[i].random) = (uint32_t)(i + 1);
}

/* What was where is wiped: realloc() would leave it. */
static void make_room(struct keylog *keylog)
{
    size_t room = keylog->room ? 2 * keylog->room : BUCKETS_FIRST / 2;
    struct tls_secrets *secrets = must_calloc(room, sizeof *secrets);

    if (keylog->count)
        memcpy(secrets, keylog->secrets, keylog->count * sizeof *secrets);
    OPENSSL_clear_free(keylog->secrets, keylog->room * sizeof *secrets);
    keylog->secrets = secrets;
    keylog->room = room;
    make_buckets(keylog, 2 * room);
}

static struct tls_secrets *
secrets_of(struct keylog *keylog, const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint32_t *place;

    if (keylog->count == keylog->room && keylog->count < SECRETS_KEPT)
        make_room(keylog);
    place = place_of(keylog, random);
    if (*place)
        return &keylog->secrets[*place - 1];
    if (keylog->count == SECRETS_KEPT) {
        keylog->dropped++;
        return NULL;
    }
    note_found(keylog, random);
    memcpy(keylog->secrets[keylog->count].random, random, TLS_RANDOM_SIZE);
    *place = (uint32_t)++keylog->count;
    return &keylog->secrets[*place - 1];
}

/* Reads pairs of digits up to another character; gives how many bytes. */
static size_t read_hex(const char **text, uint8_t *bytes, size_t most)
{
    size_t size = 0;

    while (size < most) {
        int byte = hex_byte(*text);

        if (byte < 0)
            break;
        bytes[size++] = (uint8_t)byte;
        *text += 2;
    }
    return size;
}

static bool is_end(char c)
{
    return c == '\0' || c == '\r' || c == ' ';
}

static void take_line(struct keylog *keylog)
{
    uint8_t random[TLS_RANDOM_SIZE];
    uint8_t secret[TLS_SECRET_SIZE];
    struct tls_secrets *secrets;
    size_t size;

    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const char *rest = keylog->line.text + strlen(labels[i].text);
        enum tls_label label = labels[i].label;

        if (strncmp(keylog->line.text, labels[i].text,
                    strlen(labels[i].text)) != 0)
            continue;
        if (read_hex(&rest, random, sizeof random) < sizeof random ||
            *rest++ != ' ')
            return;
        size = read_hex(&rest, secret, sizeof secret);
        secrets = size && is_end(*rest) ? secrets_of(keylog, random) : NULL;
        if (secrets) {
            secrets->inside |= keylog->inside;
            secrets->size[label] = (uint8_t)size;
            memcpy(secrets->secret[label], secret, size);
        }
        OPENSSL_cleanse(secret, sizeof secret);
        return;
    }
}

void keylog_end(struct keylog *keylog)
{
    if (keylog->line.size < LINE_SIZE) {
        keylog->line.text[keylog->line.size] = '\0';
        take_line(keylog);
    }
    OPENSSL_cleanse(keylog->line.text, sizeof keylog->line.text);
    keylog->line.size = 0;
}

void keylog_take(struct keylog *keylog, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.at[i] == '\n')
            keylog_end(keylog);
        else if (keylog->line.size < LINE_SIZE)
            keylog->line.text[keylog->line.size++] = (char)bytes.at[i];
    }
}

void keylog_take_block(void *keylog, uint32_t type, struct span secrets)
{
    if (type != SECRETS_TLS_KEY_LOG)
        return;
    ((struct keylog *)keylog)->inside = true;
    keylog_take(keylog, secrets);
    keylog_end(keylog);
    ((struct keylog *)keylog)->inside = false;
}

/* A line without an end may be the last, and whole: it counts as it is until
 * more of it comes. */
static void take_unended(struct keylog *keylog)
{
    const char *secret;

    if (keylog->line.size == 0 || keylog->line.size == LINE_SIZE)
        return;
    keylog->line.text[keylog->line.size] = '\0';
    secret = strrchr(keylog->line.text, ' ');
    /* as long as hashes are, and TLS 1.2's */
    if (!secret++)
        return;
    if (strlen(secret) == 2 * TLS_SECRET_SIZE ||
        (strlen(secret) == 2 * TLS_RANDOM_SIZE &&
         strncmp(keylog->line.text, labels[TLS_MASTER].text,
                 strlen(labels[TLS_MASTER].text)) != 0))
        take_line(keylog);
}

static void read_file(struct keylog *keylog, size_t i)
{
    struct log_line others = keylog->line;
    uint8_t bytes[READ_SIZE];
    ssize_t size;

    keylog->line = keylog->begun[i];
    do {
        size = read(keylog->file[i], bytes, sizeof bytes);
        if (size > 0)
            keylog_take(keylog, (struct span){bytes, (size_t)size});
    } while (size > 0 || (size < 0 && errno == EINTR));
    take_unended(keylog);
    keylog->begun[i] = keylog->line;
    keylog->line = others;
    OPENSSL_cleanse(&others, sizeof others);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

bool keylog_add_file(struct keylog *keylog, const char *path, struct fail *fail)
{
    int file;

    if (keylog->files == KEYLOG_FILES_MOST)
        return fail_set(fail, "more than %d key logs", KEYLOG_FILES_MOST);
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return fail_set(fail, "cannot read the key log '%s': %s", path,
                        strerror(errno));
    keylog->file[keylog->files++] = file;
    read_file(keylog, keylog->files - 1);
    return true;
}

bool keylog_may_help(const struct keylog *keylog)
{
    return keylog &&
           (keylog->count > 0 || keylog->files > 0 || keylog->look_ahead);
}

static const struct tls_secrets *
look_up(const struct keylog *keylog,
        const uint8_t random[static TLS_RANDOM_SIZE])
{
    uint32_t place = keylog->buckets ? *place_of(keylog, random) : 0;

    return place ? &keylog->secrets[place - 1] : NULL;
}

const struct tls_secrets *
keylog_find(struct keylog *keylog, const uint8_t random[static TLS_RANDOM_SIZE])
{
    const struct tls_secrets *found = look_up(keylog, random);

    if (found)
        return found;
    for (size_t i = 0; i < keylog->files; i++)
        read_file(keylog, i);
    found = look_up(keylog, random);
    if (!found && keylog->look_ahead) {
        void (*look)(void *context) = keylog->look_ahead;

        keylog->look_ahead = NULL;
        look(keylog->ahead);
        found = look_up(keylog, random);
    }
    if (!found)
        note_missed(keylog, random);
    return found;
}

void keylog_write(const struct keylog *keylog,
                  const uint8_t random[static TLS_RANDOM_SIZE],
                  struct text *lines)
{
    const struct tls_secrets *known = look_up(keylog, random);
    char first[2 * TLS_RANDOM_SIZE + 1];
    char second[2 * TLS_SECRET_SIZE + 1];

    for (size_t i = 0; known && known->inside && i < TLS_LABELS; i++) {
        enum tls_label label = labels[i].label;

        if (known->size[label])
            text_addf(lines, "%s%s %s\n", labels[i].text,
                      hex_print(first, random, TLS_RANDOM_SIZE),
                      hex_print(second, known->secret[label],
                                known->size[label]));
    }
    OPENSSL_cleanse(second, sizeof second);
}

uint32_t keylog_place(const struct keylog *keylog,
                      const struct tls_secrets *secrets)
{
    return (uint32_t)(secrets - keylog->secrets);
}

const struct tls_secrets *keylog_at(const struct keylog *keylog, uint32_t place)
{
    return &keylog->secrets[place];
}

void keylog_miss(struct keylog *keylog,
                 const uint8_t random[static TLS_RANDOM_SIZE])
{
    if (look_up(keylog, random))
        keylog->late++;
    else
        note_missed(keylog, random);
}

void keylog_set_ahead(struct keylog *keylog, void (*look)(void *context),
                      void *context)
{
    keylog->look_ahead = look;
    keylog->ahead = context;
}

uint64_t keylog_late(const struct keylog *keylog)
{
    return keylog->late;
}

uint64_t keylog_dropped(const struct keylog *keylog)
{
    return keylog->dropped;
}
