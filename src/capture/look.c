#include "capture/look.h"

#include <ctype.h>
#include <stdio.h>

#include "base/reader.h"

enum {
    TAR_MAGIC_AT = 257,
    STARTS_SHOWN = 8
};

#define CONVERTIBLE ", which 'editcap -F pcapng' converts"

/*
 * By its first bytes. To add a row: a string only, since no NUL is compared;
 * the more telling one first.
 */
static const struct start {
    const char *bytes;
    const char *name;
} start[] = {
    {"\x1f\x8b",              "gzip data inside packed data"                             },
    {"\x28\xb5\x2f\xfd",      "zstd data inside packed data"                             },
    {"\xfd"
     "7zXZ",             "xz data: unpack it first"                                 },
    {"BZh",                   "bzip2 data: unpack it first"                              },
    {"PK\x03\x04",            "a zip archive: unpack it first"                           },
    {"7z\xbc\xaf\x27\x1c",    "a 7z archive: unpack it first"                            },
    {"Rar!",                  "a rar archive: unpack it first"                           },
    {"snoop",                 "a Solaris snoop capture" CONVERTIBLE                      },
    {"RTSS",                  "a Network Monitor capture" CONVERTIBLE                    },
    {"GMBU",                  "a Network Monitor capture" CONVERTIBLE                    },
    {"TRSNIFF",               "a Sniffer capture" CONVERTIBLE                            },
    {"XCP",                   "a NetXRay capture" CONVERTIBLE                            },
    {"iptrace",               "an AIX iptrace capture" CONVERTIBLE                       },
    {"btsnoop",               "a Bluetooth log"                                          },
    {"\x7f"
     "ELF",              "an ELF program"                                           },
    {"MZ",                    "a Windows program"                                        },
    {"#!",                    "a script"                                                 },
    {"%PDF",                  "a PDF document"                                           },
    {"\x89PNG",               "a PNG image"                                              },
    {"<pdml",                 "Wireshark's PDML export: export packets as pcapng instead"},
    {"<psml",                 "Wireshark's PSML export: export packets as pcapng instead"},
    {"<!DOCTYPE",             "a web page"                                               },
    {"<html",                 "a web page"                                               },
    {"<?xml",                 "XML text"                                                 },
    {"No. ",                  "Wireshark's text export: export packets as pcapng instead"},
    {"Frame 1:",              "Wireshark's text export: export packets as pcapng instead"},
    {"\"No.\",",              "Wireshark's CSV export: export packets as pcapng instead" },
    {"CLIENT_",               "a TLS key log"                                            },
    {"SERVER_",               "a TLS key log"                                            },
    {"# SSL/TLS secrets log", "a TLS key log"                                            },
};

static bool contains(struct span head, const char *text)
{
    return memmem(head.at, head.size, text, strlen(text)) != NULL;
}

static bool is_text(struct span head)
{
    for (size_t i = 0; i < head.size; i++) {
        unsigned char c = head.at[i];

        if (c < ' ' && !isspace(c))
            return false;
    }
    return head.size > 0;
}

static bool is_zeros(struct span head)
{
    for (size_t i = 0; i < head.size; i++) {
        if (head.at[i] != 0)
            return false;
    }
    return head.size > 0;
}

/*
 * An ERF record: 8 bytes of time, type, flags, and two lengths, of which the
 * record's is at least its header. There is no magic, so doubt is in order.
 */
static bool is_erf(struct span head)
{
    struct reader reader = reader_on(head);
    uint32_t seconds;
    uint8_t type;
    uint16_t record;
    uint16_t lost;

    read_skip(&reader, 4);
    seconds = read_le32(&reader);
    type = read_u8(&reader) & 0x7f;
    read_skip(&reader, 1);
    record = read_be16(&reader);
    lost = read_be16(&reader);
    return !reader.overrun && type > 0 && type <= 48 && record >= 16 &&
           record < 0x4000 && lost == 0 && seconds > UINT32_C(0x30000000) &&
           seconds < UINT32_C(0x90000000);
}

/* "12:34:56.789012 IP ..." as tcpdump prints it. */
static bool is_tcpdump_text(struct span head)
{
    static const char form[] = "dd:dd:dd.dddddd ";
    size_t size = sizeof(form) - 1;

    for (size_t i = 0; i < size && i < head.size; i++) {
        bool fits = form[i] == 'd' ? isdigit(head.at[i]) != 0
                                   : head.at[i] == (uint8_t)form[i];

        if (!fits)
            return false;
    }
    return head.size >= size;
}

static const char *name_text(struct span head)
{
    size_t blanks = 0;
    const uint8_t *line_end = memchr(head.at, '\n', head.size);
    struct span line = head;

    while (blanks < head.size && isspace(head.at[blanks]))
        blanks++;
    if (span_starts_with(span_skip(head, blanks), "{") ||
        span_starts_with(span_skip(head, blanks), "[")) {
        if (contains(head, "\"log\"") && contains(head, "\"version\""))
            return "a HAR file, which holds messages but no packets";
        if (contains(head, "\"_index\"") && contains(head, "\"_source\""))
            return "tshark's JSON export: write packets with -w instead";
        return "JSON text";
    }
    if (is_tcpdump_text(head))
        return "text printed by tcpdump: write packets with -w instead";
    if (contains(head, "\xe2\x86\x92"))
        return "the packet list that tshark prints: write with -w instead";
    if (line_end)
        line.size = (size_t)(line_end - head.at);
    if (contains(line, ",") || contains(line, ";"))
        return "CSV text";
    return "text";
}

const char *look_name(struct span head)
{
    for (size_t i = 0; i < sizeof(start) / sizeof(*start); i++) {
        if (span_starts_with(head, start[i].bytes))
            return start[i].name;
    }
    if (span_starts_with(span_skip(head, TAR_MAGIC_AT), "ustar"))
        return "a tar archive: unpack it first";
    if (is_text(head))
        return name_text(head);
    if (is_zeros(head))
        return "zeros, as an unfinished copy leaves them";
    if (is_erf(head))
        return "an ERF capture" CONVERTIBLE;
    return NULL;
}

bool look_complain(struct source *source, struct capture_input *facts)
{
    struct span head = source_peek(source, SOURCE_PEEK_MOST);
    const char *name = look_name(head);
    char shown[3 * STARTS_SHOWN + 1] = "";

    if (name)
        return facts_trouble(
            facts, CAPTURE_UNREADABLE,
            "%s is not a pcap or pcapng capture: it looks like %s",
            source_subject(source), name);
    for (size_t i = 0; i < head.size && i < STARTS_SHOWN; i++)
        (void)snprintf(shown + 3 * i, 4, " %02x", head.at[i]);
    return facts_trouble(facts, CAPTURE_UNREADABLE,
                         "%s is not a pcap or pcapng capture: it starts with%s",
                         source_subject(source), shown);
}
