#include "capture/unpack.h"

#include <assert.h>
#include <limits.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/reader.h"

enum {
    GZIP_ONLY = 16,   /* for inflateInit2: a gzip header, nothing else */
    WINDOW_BITS = 15, /* the largest window of deflate */
    ZSTD_MAGIC = (int)0xfd2fb528,
    LZ4_MAGIC = 0x184d2204,
    SKIPPABLE_MAGIC = 0x184d2a50 /* to ...5f; pzstd starts with one */
};

struct gzip {
    z_stream stream;
    bool between;
};

static bool gzip_knows(struct span head)
{
    return span_starts_with(head, "\x1f\x8b");
}

static void *gzip_open(void)
{
    struct gzip *gzip = must_calloc(1, sizeof(*gzip));
    int status = inflateInit2(&gzip->stream, WINDOW_BITS + GZIP_ONLY);

    assert(status == Z_OK);
    (void)status;
    return gzip;
}

/*
 * Between members: tar and some tapes pad a file with zeros, which gzip(1)
 * ignores too.
 */
static void gzip_skip_padding(struct gzip *gzip, struct unpack_step *step)
{
    while (step->in.size > 0 && step->in.at[0] == 0)
        step->in = span_skip(step->in, 1);
    if (step->in.size == 0)
        return;
    (void)inflateReset(&gzip->stream);
    gzip->between = false;
}

static enum unpack_result gzip_step(void *state, struct unpack_step *step)
{
    struct gzip *gzip = state;
    z_stream *z = &gzip->stream;
    struct span in;
    size_t room = step->room < UINT_MAX ? step->room : UINT_MAX;
    int status;

    if (gzip->between)
        gzip_skip_padding(gzip, step);
    if (gzip->between)
        return UNPACK_BETWEEN;
    in = span_head(step->in, UINT_MAX);
    z->next_in = (z_const Bytef *)in.at;
    z->avail_in = (uInt)in.size;
    z->next_out = step->out;
    z->avail_out = (uInt)room;
    status = inflate(z, Z_NO_FLUSH);
    step->in = span_skip(step->in, in.size - z->avail_in);
    step->made = room - z->avail_out;
    gzip->between = status == Z_STREAM_END;
    if (gzip->between)
        return UNPACK_BETWEEN;
    if (status == Z_OK || status == Z_BUF_ERROR)
        return UNPACK_INSIDE;
    step->why = z->msg ? z->msg : zError(status);
    return UNPACK_BROKEN;
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;

    (void)inflateEnd(&gzip->stream);
    free(gzip);
}

static bool is_magic(struct span head, uint32_t magic, uint32_t mask)
{
    struct reader reader = reader_on(head);

    return (read_le32(&reader) & mask) == magic && !reader.overrun;
}

static bool zstd_knows(struct span head)
{
    return is_magic(head, (uint32_t)ZSTD_MAGIC, UINT32_MAX) ||
           is_magic(head, SKIPPABLE_MAGIC, 0xfffffff0);
}

static void *zstd_open(void)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();

    assert(zstd);
    return zstd;
}

static enum unpack_result zstd_step(void *state, struct unpack_step *step)
{
    ZSTD_inBuffer in = {step->in.at, step->in.size, 0};
    ZSTD_outBuffer out = {step->out, step->room, 0};
    size_t status = ZSTD_decompressStream(state, &out, &in);

    step->in = span_skip(step->in, in.pos);
    step->made = out.pos;
    if (!ZSTD_isError(status))
        return status == 0 ? UNPACK_BETWEEN : UNPACK_INSIDE;
    step->why = ZSTD_getErrorName(status);
    return UNPACK_BROKEN;
}

static void zstd_close(void *state)
{
    (void)ZSTD_freeDCtx(state);
}

static bool lz4_knows(struct span head)
{
    return is_magic(head, LZ4_MAGIC, UINT32_MAX);
}

static void *lz4_open(void)
{
    LZ4F_dctx *lz4 = NULL;
    LZ4F_errorCode_t status =
        LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION);

    assert(!LZ4F_isError(status));
    (void)status;
    return lz4;
}

static enum unpack_result lz4_step(void *state, struct unpack_step *step)
{
    size_t taken = step->in.size;
    size_t status;

    step->made = step->room;
    status = LZ4F_decompress(state, step->out, &step->made, step->in.at, &taken,
                             NULL);
    if (LZ4F_isError(status)) {
        step->made = 0;
        step->why = LZ4F_getErrorName(status);
        return UNPACK_BROKEN;
    }
    step->in = span_skip(step->in, taken);
    return status == 0 ? UNPACK_BETWEEN : UNPACK_INSIDE;
}

static void lz4_close(void *state)
{
    (void)LZ4F_freeDecompressionContext(state);
}

/* To add a packing: its five functions and one row. */
static const struct unpacker unpacker[] = {
    {"gzip", gzip_knows, gzip_open, gzip_step, gzip_close},
    {"zstd", zstd_knows, zstd_open, zstd_step, zstd_close},
    {"lz4",  lz4_knows,  lz4_open,  lz4_step,  lz4_close },
};

const struct unpacker *unpack_find(struct span head)
{
    for (size_t i = 0; i < sizeof(unpacker) / sizeof(*unpacker); i++) {
        if (unpacker[i].knows(head))
            return &unpacker[i];
    }
    return NULL;
}
