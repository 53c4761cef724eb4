/*
 * draft-ietf-opsawg-pcapng. Each kind of block that matters has a row in
 * `kind[]`; every other block is passed over unread.
 *
 *     section --> interface, interface, ... --> packets, statistics
 *        ^                                          |
 *        +------------------------------------------+
 */
#include "capture/pcapng.h"

#include <stdlib.h>

#include "base/arena.h"
#include "capture/block.h"
#include "capture/interface.h"
#include "capture/link_type.h"
#include "capture/process.h"

enum {
    VERSION_MAJOR = 1,
    MOST_INTERFACES = 1 << 16,
    IF_TSRESOL = 9,
    IF_TSOFFSET = 14,
    ISB_ENDTIME = 3,
    ISB_IFDROP = 5,
    ISB_OSDROP = 7
};

struct pcapng {
    struct intake intake;
    struct blocks blocks;
    struct interface *interface; /* of the current section */
    size_t interfaces;
    size_t room;
    struct processes processes; /* of the current section */
    nanos last_time;
};

enum outcome {
    OUTCOME_FRAME, /* the frame is filled */
    OUTCOME_NONE,  /* read on */
    OUTCOME_STOP   /* what follows cannot be understood */
};

/* A section's drops are counted once it ends, for its interfaces go too. */
static void end_section(struct pcapng *pcapng)
{
    struct capture_input *facts = pcapng->intake.facts;

    for (size_t i = 0; i < pcapng->interfaces; i++) {
        const struct interface *interface = &pcapng->interface[i];

        facts->has_drops |= interface->has_drops;
        facts->interface_drops += interface->drops;
    }
    pcapng->interfaces = 0;
}

/* A block that makes no sense, but ends: left out, and the first is told. */
static enum outcome odd(struct pcapng *pcapng, const struct block *block,
                        const char *what)
{
    const struct intake *intake = &pcapng->intake;

    (void)facts_trouble(intake->facts, CAPTURE_CORRUPT,
                        "%s has %s at byte %" PRIu64 "%s (after packet "
                        "%" PRIu64 "), which is left out",
                        source_subject(intake->source), what, block->offset,
                        source_offset_note(intake->source),
                        intake->facts->packets);
    return OUTCOME_NONE;
}

static enum outcome take_section(struct pcapng *pcapng,
                                 const struct block *block,
                                 struct reader *reader, struct frame *frame)
{
    const struct intake *intake = &pcapng->intake;
    uint16_t major;
    uint16_t minor;

    (void)frame;
    end_section(pcapng);
    read_skip(reader, sizeof(uint32_t));
    major = blocks_u16(&pcapng->blocks, reader);
    minor = blocks_u16(&pcapng->blocks, reader);
    processes_begin(&pcapng->processes, &pcapng->blocks, reader);
    if (major == VERSION_MAJOR)
        return OUTCOME_NONE;
    (void)facts_trouble(
        intake->facts, CAPTURE_CORRUPT,
        "%s has a section of unknown pcapng version %u.%u at byte %" PRIu64
        "%s (after packet %" PRIu64 ")",
        source_subject(intake->source), major, minor, block->offset,
        source_offset_note(intake->source), intake->facts->packets);
    return OUTCOME_STOP;
}

static struct interface *add_interface(struct pcapng *pcapng)
{
    struct interface *interface;

    if (pcapng->interfaces == pcapng->room) {
        pcapng->room = pcapng->room ? pcapng->room * 2 : 4;
        pcapng->interface = must_realloc(pcapng->interface, pcapng->room,
                                         sizeof(*pcapng->interface));
    }
    interface = &pcapng->interface[pcapng->interfaces++];
    *interface = (struct interface){.number = (*pcapng->intake.interfaces)++};
    interface_set_resolution(interface, RESOLUTION_MICRO);
    return interface;
}

static enum outcome take_interface(struct pcapng *pcapng,
                                   const struct block *block,
                                   struct reader *reader, struct frame *frame)
{
    const struct blocks *blocks = &pcapng->blocks;
    struct interface *interface;
    struct block_option option;

    (void)frame;
    if (pcapng->interfaces == MOST_INTERFACES)
        return odd(pcapng, block, "more than 65536 interfaces");
    interface = add_interface(pcapng);
    interface->link_type = link_type_of_file(blocks_u16(blocks, reader));
    read_skip(reader, sizeof(uint16_t));
    interface->snap_length = blocks_u32(blocks, reader);
    facts_link_type(pcapng->intake.facts, interface->link_type);
    while (blocks_next_option(blocks, reader, &option)) {
        if (option.code == IF_TSRESOL && option.value.size == 1)
            interface_set_resolution(interface, option.value.at[0]);
        if (option.code == IF_TSOFFSET && option.value.size == 8)
            interface->offset = (int64_t)blocks_option_u64(blocks, &option);
    }
    return OUTCOME_NONE;
}

/* What all packet blocks share: the frame, once its parts are read. */
static void fill_frame(struct pcapng *pcapng, struct frame *frame,
                       const struct interface *interface, struct span data)
{
    frame->data = data;
    if (frame->length < data.size)
        frame->length = (uint32_t)data.size;
    frame->interface = interface->number;
    frame->link_type = interface->link_type;
    frame->time = pcapng->last_time;
}

/* From the timestamp on, new and old packet blocks are alike. */
static enum outcome take_packet(struct pcapng *pcapng,
                                const struct block *block,
                                struct reader *reader, uint32_t number,
                                struct frame *frame)
{
    const struct blocks *blocks = &pcapng->blocks;
    uint64_t high = blocks_u32(blocks, reader);
    uint64_t ticks = high << 32 | blocks_u32(blocks, reader);
    uint32_t size = blocks_u32(blocks, reader);
    struct span data;

    frame->length = blocks_u32(blocks, reader);
    data = read_span(reader, size);
    if (reader->overrun)
        return odd(pcapng, block, "a packet longer than its block");
    if (number >= pcapng->interfaces)
        return odd(pcapng, block, "a packet of an undescribed interface");
    pcapng->last_time = interface_time(&pcapng->interface[number], ticks);
    fill_frame(pcapng, frame, &pcapng->interface[number], data);
    read_skip(reader, -(size_t)size & 3);
    frame->process = processes_of(&pcapng->processes, blocks, reader, frame);
    return OUTCOME_FRAME;
}

static enum outcome take_enhanced(struct pcapng *pcapng,
                                  const struct block *block,
                                  struct reader *reader, struct frame *frame)
{
    uint32_t number = blocks_u32(&pcapng->blocks, reader);

    return take_packet(pcapng, block, reader, number, frame);
}

/* The obsolete packet block, with its count of drops after the interface. */
static enum outcome take_obsolete(struct pcapng *pcapng,
                                  const struct block *block,
                                  struct reader *reader, struct frame *frame)
{
    uint16_t number = blocks_u16(&pcapng->blocks, reader);

    read_skip(reader, sizeof(uint16_t));
    return take_packet(pcapng, block, reader, number, frame);
}

/* No time and no recorded length: both follow from what is known. */
static enum outcome take_simple(struct pcapng *pcapng,
                                const struct block *block,
                                struct reader *reader, struct frame *frame)
{
    uint32_t size = blocks_u32(&pcapng->blocks, reader);
    const struct interface *interface = pcapng->interface;

    frame->length = size;
    if (reader->overrun)
        return odd(pcapng, block, "a packet longer than its block");
    if (pcapng->interfaces == 0)
        return odd(pcapng, block, "a packet of an undescribed interface");
    if (interface->snap_length != 0 && interface->snap_length < size)
        size = interface->snap_length;
    fill_frame(pcapng, frame, interface, span_head(reader->rest, size));
    return OUTCOME_FRAME;
}

/* When the recorder stopped: until then it would have seen more packets. */
static void note_end(struct pcapng *pcapng, const struct interface *interface,
                     struct span value)
{
    struct capture_input *facts = pcapng->intake.facts;
    struct reader reader = reader_on(value);
    uint64_t ticks = (uint64_t)blocks_u32(&pcapng->blocks, &reader) << 32;

    ticks |= blocks_u32(&pcapng->blocks, &reader);
    if (interface_time(interface, ticks) > facts->end_time)
        facts->end_time = interface_time(interface, ticks);
}

/* Statistics count from the start: of several, the last one holds. */
static enum outcome take_statistics(struct pcapng *pcapng,
                                    const struct block *block,
                                    struct reader *reader, struct frame *frame)
{
    const struct blocks *blocks = &pcapng->blocks;
    uint32_t number = blocks_u32(blocks, reader);
    struct interface *interface;
    struct block_option option;

    (void)frame;
    if (number >= pcapng->interfaces)
        return odd(pcapng, block, "statistics of an undescribed interface");
    interface = &pcapng->interface[number];
    interface->drops = 0;
    read_skip(reader, sizeof(uint64_t));
    while (blocks_next_option(blocks, reader, &option)) {
        if (option.code == ISB_ENDTIME && option.value.size == 8)
            note_end(pcapng, interface, option.value);
        if (option.code != ISB_IFDROP && option.code != ISB_OSDROP)
            continue;
        interface->has_drops = true;
        interface->drops += blocks_option_u64(blocks, &option);
    }
    return OUTCOME_NONE;
}

/* Decryption Secrets Block: a type, the size, and so many bytes. */
static enum outcome take_secrets(struct pcapng *pcapng,
                                 const struct block *block,
                                 struct reader *reader, struct frame *frame)
{
    const struct capture_secrets *secrets = pcapng->intake.secrets;
    uint32_t type = blocks_u32(&pcapng->blocks, reader);
    struct span bytes = read_span(reader, blocks_u32(&pcapng->blocks, reader));

    (void)frame;
    if (reader->overrun)
        return odd(pcapng, block, "secrets that end behind their block");
    if (secrets && secrets->take)
        secrets->take(secrets->context, type, bytes);
    return OUTCOME_NONE;
}

static enum outcome take_process(struct pcapng *pcapng,
                                 const struct block *block,
                                 struct reader *reader, struct frame *frame)
{
    (void)block;
    (void)frame;
    processes_take(&pcapng->processes, &pcapng->blocks, reader);
    return OUTCOME_NONE;
}

/* To add a kind of block: what reads it, and a row. */
static const struct kind {
    uint32_t type;
    enum outcome (*take)(struct pcapng *pcapng, const struct block *block,
                         struct reader *reader, struct frame *frame);
} kind[] = {
    {6,             take_enhanced  },
    {3,             take_simple    },
    {2,             take_obsolete  },
    {1,             take_interface },
    {5,             take_statistics},
    {10,            take_secrets   },
    {0x80000001,    take_process   },
    {BLOCK_SECTION, take_section   },
};

static const struct kind *find_kind(uint32_t type)
{
    for (size_t i = 0; i < sizeof(kind) / sizeof(*kind); i++)
        if (kind[i].type == type)
            return &kind[i];
    return NULL;
}

/*
 * Wireshark shows these as frames of their own, so they take a number, or
 * every later frame would be cited by a wrong one.
 */
static bool is_numbered(uint32_t type)
{
    enum {
        JOURNAL = 9,
        CUSTOM = 0xbad,
        CUSTOM_NOT_COPIED = 0x40000bad
    };

    return type == JOURNAL || type == CUSTOM || type == CUSTOM_NOT_COPIED;
}

static enum outcome pass_block(struct pcapng *pcapng, const struct block *block)
{
    if (!blocks_skip(&pcapng->blocks, block))
        return OUTCOME_STOP;
    if (is_numbered(block->type))
        facts_record(pcapng->intake.facts);
    return OUTCOME_NONE;
}

static enum outcome take_block(struct pcapng *pcapng, struct frame *frame)
{
    struct block block;
    const struct kind *known;
    struct reader reader;
    struct span body;

    if (!blocks_head(&pcapng->blocks, &block))
        return OUTCOME_STOP;
    known = find_kind(block.type);
    if (!known || intake_passes(&pcapng->intake, block.type))
        return pass_block(pcapng, &block);
    if (!blocks_body(&pcapng->blocks, &block, &body))
        return OUTCOME_STOP;
    reader = reader_on(body);
    frame->offset = block.offset;
    return known->take(pcapng, &block, &reader, frame);
}

static bool pcapng_next(void *reader, struct frame *frame)
{
    struct pcapng *pcapng = reader;
    enum outcome outcome;

    do
        outcome = take_block(pcapng, frame);
    while (outcome == OUTCOME_NONE);
    if (outcome == OUTCOME_STOP)
        end_section(pcapng);
    return outcome == OUTCOME_FRAME;
}

static bool pcapng_knows(struct span head)
{
    struct reader reader = reader_on(head);

    return read_be32(&reader) == BLOCK_SECTION;
}

static const char *pcapng_name(struct span head)
{
    (void)head;
    return "pcapng";
}

static void *pcapng_open(const struct intake *intake)
{
    struct pcapng *pcapng = must_calloc(1, sizeof(*pcapng));

    pcapng->intake = *intake;
    blocks_init(&pcapng->blocks, &pcapng->intake);
    return pcapng;
}

static void pcapng_close(void *reader)
{
    struct pcapng *pcapng = reader;

    blocks_release(&pcapng->blocks);
    free(pcapng->interface);
    processes_release(&pcapng->processes);
    free(pcapng);
}

const struct format pcapng_format = {
    .knows = pcapng_knows,
    .name = pcapng_name,
    .open = pcapng_open,
    .next = pcapng_next,
    .close = pcapng_close,
};
