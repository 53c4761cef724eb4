#include "capture/classic.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/reader.h"
#include "capture/link_type.h"

/*
 * libpcap wants a FILE, so it gets the source's own, or one whose bytes are the
 * source's. The buffer is large enough to make few system calls and small
 * enough to stay in a processor's cache.
 */
enum {
    BUFFER_SIZE = 1 << 16,
    FILE_HEADER_SIZE = 24,
    RECORD_HEADER_SIZE = 16,
    MODIFIED_HEADER_SIZE = 24
};

#define MAGIC_MICRO    UINT32_C(0xa1b2c3d4)
#define MAGIC_NANO     UINT32_C(0xa1b23c4d)
#define MAGIC_MODIFIED UINT32_C(0xa1b2cd34)

struct classic {
    struct intake intake;
    pcap_t *pcap;
    FILE *file;
    off_t start; /* of the bytes, in the file */
    bool counts; /* the source does not know what is read */
    uint32_t interface;
    uint32_t link_type;
    uint32_t record_header;
    char *buffer; /* of the file; must outlive it */
};

static bool has_magic(struct span head, uint32_t magic)
{
    struct reader reader = reader_on(head);
    struct reader swapped = reader;

    return read_be32(&reader) == magic || read_le32(&swapped) == magic;
}

static bool classic_knows(struct span head)
{
    return has_magic(head, MAGIC_MICRO) || has_magic(head, MAGIC_NANO) ||
           has_magic(head, MAGIC_MODIFIED);
}

static const char *classic_name(struct span head)
{
    return has_magic(head, MAGIC_NANO) ? "pcap (nanoseconds)" : "pcap";
}

static ssize_t file_read(void *cookie, char *to, size_t room)
{
    return (ssize_t)source_read(cookie, to, room);
}

/* Only so that ftello can tell where libpcap is: nobody seeks. */
static int file_tell(void *cookie, off64_t *offset, int whence)
{
    if (whence != SEEK_CUR || *offset != 0)
        return -1;
    *offset = (off64_t)source_delivered(cookie);
    return 0;
}

static void open_file(struct classic *classic)
{
    struct source *source = classic->intake.source;
    cookie_io_functions_t functions = {.read = file_read, .seek = file_tell};

    classic->file = source_file(source);
    classic->counts = classic->file != NULL;
    if (!classic->counts)
        classic->file = fopencookie(source, "r", functions);
    else
        classic->start = ftello(classic->file);
}

static uint64_t position(const struct classic *classic)
{
    return (uint64_t)(ftello(classic->file) - classic->start);
}

static bool open_pcap(struct classic *classic)
{
    struct source *source = classic->intake.source;
    char words[PCAP_ERRBUF_SIZE] = "";

    open_file(classic);
    if (!classic->file)
        return facts_trouble(classic->intake.facts, CAPTURE_UNREADABLE,
                             "cannot read %s: no memory for it",
                             source_subject(source));
    classic->buffer = must_realloc(NULL, BUFFER_SIZE, 1);
    (void)setvbuf(classic->file, classic->buffer, _IOFBF, BUFFER_SIZE);
    (void)__fsetlocking(classic->file, FSETLOCKING_BYCALLER);
    classic->pcap = pcap_fopen_offline_with_tstamp_precision(
        classic->file, PCAP_TSTAMP_PRECISION_NANO, words);
    if (!classic->pcap)
        return facts_trouble(classic->intake.facts, CAPTURE_CORRUPT,
                             "%s has a broken pcap file header: %s",
                             source_subject(source), words);
    return true;
}

static void classic_close(void *reader)
{
    struct classic *classic = reader;

    if (classic->pcap)
        pcap_close(classic->pcap);
    else if (classic->file)
        (void)fclose(classic->file);
    free(classic->buffer);
    free(classic);
}

static void *classic_open(const struct intake *intake)
{
    struct span head = source_peek(intake->source, FILE_HEADER_SIZE);
    struct classic *classic;

    if (head.size < FILE_HEADER_SIZE) {
        (void)facts_trouble(intake->facts, CAPTURE_TRUNCATED,
                            "%s ends inside its file header at byte %zu%s",
                            source_subject(intake->source), head.size,
                            source_offset_note(intake->source));
        return NULL;
    }
    classic = must_calloc(1, sizeof(*classic));
    classic->intake = *intake;
    classic->record_header = has_magic(head, MAGIC_MODIFIED)
                                 ? MODIFIED_HEADER_SIZE
                                 : RECORD_HEADER_SIZE;
    if (!open_pcap(classic)) {
        classic_close(classic);
        return NULL;
    }
    classic->link_type = link_type_of_dlt(pcap_datalink(classic->pcap));
    classic->interface = (*intake->interfaces)++;
    facts_link_type(intake->facts, classic->link_type);
    if (classic->counts)
        intake->facts->bytes = FILE_HEADER_SIZE;
    return classic;
}

/*
 * libpcap's words for a cut record and for a senseless one differ only in
 * text, but only the cut one meets the end of the file.
 */
static bool classic_ended(struct classic *classic, int status)
{
    struct source *source = classic->intake.source;
    struct capture_input *facts = classic->intake.facts;
    const char *note = source_offset_note(source);
    uint64_t packet = facts->packets + 1;
    uint64_t offset;

    if (classic->counts)
        facts->bytes = position(classic);
    if (status == PCAP_ERROR_BREAK)
        return false;
    if (ferror(classic->file))
        return source_cannot_read(source);
    if (feof(classic->file))
        return facts_trouble(facts, CAPTURE_TRUNCATED,
                             "%s ends inside a record at byte %" PRIu64
                             "%s (packet %" PRIu64 ")",
                             source_subject(source), position(classic), note,
                             packet);
    /* libpcap refuses a record as soon as it has read the header. */
    offset = position(classic) - classic->record_header;
    return facts_trouble(facts, CAPTURE_CORRUPT,
                         "%s has a broken record at byte %" PRIu64
                         "%s (packet %" PRIu64 "): %s",
                         source_subject(source), offset, note, packet,
                         pcap_geterr(classic->pcap));
}

static bool classic_next(void *reader, struct frame *frame)
{
    struct classic *classic = reader;
    struct pcap_pkthdr *header;
    const u_char *data;
    int status = pcap_next_ex(classic->pcap, &header, &data);

    if (status != 1)
        return classic_ended(classic, status);
    if (classic->counts)
        classic->intake.facts->bytes += classic->record_header + header->caplen;
    /*
     * Seconds are unsigned in the file, until 2106; libpcap has them signed.
     * The precision asked for makes tv_usec nanoseconds.
     */
    frame->time = (nanos)(uint32_t)header->ts.tv_sec * NANOS_PER_SECOND +
                  header->ts.tv_usec;
    frame->interface = classic->interface;
    frame->link_type = classic->link_type;
    frame->length = header->len > header->caplen ? header->len : header->caplen;
    frame->data = (struct span){data, header->caplen};
    return true;
}

const struct format classic_format = {
    .knows = classic_knows,
    .name = classic_name,
    .open = classic_open,
    .next = classic_next,
    .close = classic_close,
};
