#include "capture/pcapng_out.h"

#include "base/block_out.h"

#include <assert.h>
#include <errno.h>

enum {
    BLOCK_MOST = 16 << 20 /* what readers take, ours among them */
};

void pcapng_out_init(struct pcapng_out *out, FILE *file)
{
    *out = (struct pcapng_out){.file = file};
    text_init(&out->block, BLOCK_MOST);
}

void pcapng_out_release(struct pcapng_out *out)
{
    text_release(&out->block);
}

static bool have_trouble(struct pcapng_out *out)
{
    if (!out->trouble)
        out->trouble = errno ? errno : EIO;
    return false;
}

/* Closes the block and hands it to the stream. */
static bool write_block(struct pcapng_out *out, struct block_out *block)
{
    block_out_close(block);
    if (out->trouble)
        return false;
    errno = 0;
    if (fwrite(out->block.at, out->block.size, 1, out->file) != 1)
        return have_trouble(out);
    out->bytes += out->block.size;
    return true;
}

bool pcapng_out_section(struct pcapng_out *out,
                        const struct pcapng_out_section *section)
{
    struct block_out block;

    text_clear(&out->block);
    block = block_out_section(&out->block);
    block_out_string(&block, BLOCK_OUT_COMMENT, section->comment);
    block_out_string(&block, BLOCK_OUT_SHB_HARDWARE, section->hardware);
    block_out_string(&block, BLOCK_OUT_SHB_OS, section->os);
    block_out_string(&block, BLOCK_OUT_SHB_PROGRAM, section->program);
    return write_block(out, &block);
}

bool pcapng_out_interface(struct pcapng_out *out, uint32_t link_type,
                          uint32_t snap_length, const char *name,
                          uint32_t *number)
{
    struct block_out block;

    text_clear(&out->block);
    block = block_out_interface(&out->block, (uint16_t)link_type, snap_length,
                                BLOCK_OUT_NANOSECONDS);
    block_out_string(&block, BLOCK_OUT_IF_NAME, name);
    *number = out->interfaces++;
    return write_block(out, &block);
}

bool pcapng_out_key_log(struct pcapng_out *out, struct span lines)
{
    struct block_out block;
    bool written;

    text_clear(&out->block);
    block = block_out_secrets(&out->block, BLOCK_OUT_TLS_KEY_LOG, lines);
    written = write_block(out, &block);
    text_wipe(&out->block);
    return written;
}

bool pcapng_out_packet(struct pcapng_out *out,
                       const struct pcapng_out_packet *packet)
{
    struct block_out block;

    assert(packet->interface < out->interfaces);
    text_clear(&out->block);
    block = block_out_packet(
        &out->block,
        &(struct block_out_packet){.interface = packet->interface,
                                   .time = packet->time < 0 ? 0 : packet->time,
                                   .length = packet->length,
                                   .data = span_head(packet->data,
                                                     PCAPNG_OUT_PACKET_MOST)});
    for (size_t i = 0; i < packet->comments; i++)
        block_out_string(&block, BLOCK_OUT_COMMENT, packet->comment[i]);
    return write_block(out, &block);
}

bool pcapng_out_span(struct pcapng_out *out, nanos from, nanos until)
{
    struct block_out block;

    from = from < 0 ? 0 : from;
    until = until < from ? from : until;
    for (uint32_t i = 0; i < out->interfaces; i++) {
        text_clear(&out->block);
        block = block_out_statistics(&out->block, i, until);
        block_out_time(&block, BLOCK_OUT_ISB_START, from);
        block_out_time(&block, BLOCK_OUT_ISB_END, until);
        if (!write_block(out, &block))
            return false;
    }
    return true;
}

bool pcapng_out_finish(struct pcapng_out *out)
{
    if (out->trouble)
        return false;
    errno = 0;
    return fflush(out->file) == 0 || have_trouble(out);
}
