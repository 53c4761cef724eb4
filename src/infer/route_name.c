#include "infer/route_name.h"

#include "base/mask_words.h"

enum {
    HEX_LEAST = 12, /* fewer are words, as "deadbeef" */
    RANDOM_LEAST = 20,
    RANDOM_DIGITS_LEAST = 3,
    EXTENSION_LONGEST = 5,
    UUID_SIZE = 36
};

/* What a part is made of, a bit for each. */
enum {
    DIGIT = 1,
    HEX = 2, /* a letter that is one */
    LETTER = 4,
    MARK = 8, /* as stand in dates, versions, base64 */
    OTHER = 16,
    END = 32 /* of a part; the path's, too */
};

#define FIVE(kind) kind, kind, kind, kind, kind
#define TEN(kind)  FIVE(kind), FIVE(kind)
#define HALF(kind) TEN(kind), TEN(kind), TEN(kind), TEN(kind)

/* clang-format off */
static const uint8_t kind_of[UINT8_MAX + 1] = {
    END, TEN(OTHER), TEN(OTHER), TEN(OTHER), OTHER,
    OTHER, OTHER, OTHER, END, OTHER, MARK, OTHER, OTHER, /*  !"#$%&' */
    OTHER, OTHER, OTHER, MARK, MARK, MARK, MARK, END,    /* ()*+,-./ */
    TEN(DIGIT),
    MARK, OTHER, OTHER, MARK, OTHER, END, OTHER,         /* :;<=>?@ */
    FIVE(HEX), HEX, TEN(LETTER), TEN(LETTER),
    OTHER, OTHER, OTHER, OTHER, MARK, OTHER,             /* [\]^_` */
    FIVE(HEX), HEX, TEN(LETTER), TEN(LETTER),
    OTHER, OTHER, OTHER, MARK, OTHER,                    /* {|}~ DEL */
    HALF(OTHER), HALF(OTHER), HALF(OTHER),               /* no ASCII */
    FIVE(OTHER), OTHER, OTHER, OTHER,
};
/* clang-format on */

struct part {
    struct span text;
    unsigned kinds;
};

static inline unsigned kind(uint8_t code)
{
    return kind_of[code];
}

static struct part read_part(struct span text)
{
    struct part part = {.text = text};

    for (size_t i = 0; i < text.size; i++)
        part.kinds |= kind(text.at[i]);
    return part;
}

static bool has_digits(struct span text, size_t least)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.size && digits < least; i++)
        digits += kind(text.at[i]) & DIGIT;
    return digits >= least;
}

/* RFC 9562, 4: 8-4-4-4-12. */
static bool is_uuid(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text.at[i] != '-' : !(kind(text.at[i]) & (DIGIT | HEX)))
            return false;
    }
    return text.size == UUID_SIZE;
}

static bool is_id(const struct part *part)
{
    size_t size = part->text.size;

    if (!(part->kinds & (LETTER | HEX | OTHER)))
        return part->kinds & DIGIT;
    if (part->kinds & OTHER || size < HEX_LEAST)
        return false;
    if (part->kinds == (DIGIT | HEX) || is_uuid(part->text))
        return true;
    return size >= RANDOM_LEAST &&
           (has_digits(part->text, RANDOM_DIGITS_LEAST) ||
            mask_is_key((const char *)part->text.at, size));
}

bool route_part_is_id(struct span text)
{
    struct part part = read_part(text);

    return !(part.kinds & END) && is_id(&part);
}

/* ".jpg", ".mp4": where it begins, or the part's end. */
static size_t extension_of(struct span part)
{
    size_t at = part.size;

    while (at > 0 && part.size - at <= EXTENSION_LONGEST &&
           mask_is_alphanumeric(part.at[at - 1]))
        at--;
    if (at < 2 || part.at[at - 1] != '.' || at == part.size ||
        kind(part.at[at]) == DIGIT)
        return part.size;
    return at - 1;
}

/* Copies up to the part's end; where that is. NULL: it does not fit. */
static const char *copy_part(struct route_name *name, const char *from,
                             struct part *part)
{
    uint8_t *begin = (uint8_t *)name->text + name->size;
    size_t room = name->method + ROUTE_PATH_LIMIT - name->size;
    /* bytes that are written may be those of `part`, for all the compiler
     * knows: it is filled at the end */
    unsigned kinds = 0;
    size_t size = 0;

    for (;; size++) {
        uint8_t code = (uint8_t)from[size];
        unsigned is = kind(code);

        if (is == END)
            break;
        if (size == room)
            return NULL;
        begin[size] = code;
        kinds |= is;
    }
    *part = (struct part){
        .text = {begin, size},
          .kinds = kinds
    };
    return from + size;
}

/* Parameters of a part (RFC 3986, 3.3) are none of the route. */
static void leave_out_parameters(struct part *part)
{
    const uint8_t *at = memchr(part->text.at, ';', part->text.size);

    if (at)
        *part = read_part(span_head(part->text, (size_t)(at - part->text.at)));
}

/* The part, which is the name's end, or what stands for it. */
static void fold(struct route_name *name, struct part *part)
{
    static const char id[] = "{id}";
    char *to = name->text + name->size;
    size_t extension;

    if (part->kinds & OTHER)
        leave_out_parameters(part);
    name->size += part->text.size;
    /* only what has a digit, or is long, may be one */
    if (!(part->kinds & DIGIT) && part->text.size < RANDOM_LEAST)
        return;
    /* a dot is a mark: without one there is no extension */
    extension = part->kinds & MARK ? extension_of(part->text) : part->text.size;
    if (extension < part->text.size &&
        !route_part_is_id(span_head(part->text, extension)))
        extension = part->text.size;
    if (extension == part->text.size && !is_id(part))
        return;
    if (extension < part->text.size)
        memmove(to + sizeof id - 1, to + extension,
                part->text.size - extension);
    for (size_t i = 0; i < sizeof id - 1; i++)
        to[i] = id[i];
    name->size += sizeof id - 1 - extension;
}

static void add_path(struct route_name *name, const char *path, bool as_it_is)
{
    static const char cut[] = "...";

    while (*path == '/') {
        struct part part;

        name->text[name->size++] = *path++;
        path = name->size <= name->method + ROUTE_PATH_LIMIT
                   ? copy_part(name, path, &part)
                   : NULL;
        if (!path) {
            memcpy(name->text + name->size, cut, sizeof cut - 1);
            name->size += sizeof cut - 1;
            return;
        }
        if (as_it_is)
            name->size += part.text.size;
        else
            fold(name, &part);
    }
}

/* The path of a target in any form (RFC 9112, 3.2); "/" when it has none. */
static const char *path_of(const char *target)
{
    static const char scheme[] = "://";
    const char *authority;

    if (target[0] == '/')
        return target;
    authority = strstr(target, scheme);
    if (!authority)
        return "/";
    target = authority + sizeof scheme - 1;
    while (kind((uint8_t)*target) != END)
        target++;
    return *target == '/' ? target : "/";
}

static void add_method(struct route_name *name, const char *method)
{
    size_t size = 0;

    for (; size < EXCHANGE_METHOD_LIMIT && method[size]; size++)
        name->text[size] = method[size];
    name->size = size;
    name->method = size;
}

bool route_name_of(struct route_name *name, const struct exchange *x)
{
    if (!x->method || !x->method[0] || !x->target || !x->target[0])
        return false;
    name->size = 0;
    add_method(name, x->method);
    if (x->target[0] == '*')
        name->text[name->size++] = '*';
    else if (x->method[0] != 'C' || strcmp(x->method, "CONNECT") != 0)
        add_path(name, path_of(x->target), x->is_grpc);
    /* else it asks for a host */
    for (size_t i = 0; i < sizeof(uint64_t); i++)
        name->text[name->size + i] = '\0';
    return true;
}
