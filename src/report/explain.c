#include "report/explain.h"

#include "report/message.h"
#include "report/near.h"
#include "report/page.h"
#include "report/symptoms.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct explanation explanation[] = {
#define VERDICT(id, slug, severity, title, symptoms, seen, means, doing,       \
                doubts)                                                        \
    [VERDICT_##id] = {seen, means, doing, doubts, symptoms},
#include "diagnose/verdicts.def"
#undef VERDICT
};

static_assert(sizeof explanation / sizeof *explanation == VERDICT_COUNT,
              "every verdict has its explanation");

const struct explanation *explanation_of(enum verdict code)
{
    return &explanation[code];
}

static void explain_code(FILE *out, enum verdict code)
{
    const struct explanation *e = &explanation[code];
    struct page page = {.out = out, .width = 80};

    (void)fprintf(out, "%s (%s)\n", verdict_slug(code),
                  severity_name(verdict_severity(code)));
    page_paragraph(&page, 2, "", verdict_title(code));
    (void)fputc('\n', out);
    page_paragraph(&page, 18, "  in the packets", e->seen);
    page_paragraph(&page, 18, "  what it means", e->means);
    page_paragraph(&page, 18, "  what to do", e->doing);
    page_paragraph(&page, 18, "  if in doubt", e->doubts);
}

/* What of a source is of use to a reader: that we saw it is not. */
static size_t sourced(const char *source)
{
    static const char seen[] = "seen";
    size_t size = strlen(source);

    if (size < sizeof seen - 1 ||
        strcmp(source + size - (sizeof seen - 1), seen) != 0)
        return size;
    size -= sizeof seen - 1;
    while (size > 0 && strchr("; ,", source[size - 1]))
        size--;
    return size;
}

static void show_said(const struct page *page, const struct said *said)
{
    size_t size = said->who ? sourced(said->source) : 0;
    char line[256];

    if (!said->who)
        return;
    (void)snprintf(line, sizeof line, "%s (%.*s)", said->who, (int)size,
                   said->source);
    page_paragraph(page, 13, "Printed by", size ? line : said->who);
}

/* The same words, but for what the limit is called. */
static bool is_alike(const char *note, const char *other)
{
    return other && strncmp(note, other, strcspn(note, "(") + 1) == 0;
}

/* Of those alike the first, of the most telling message. */
static void show_notes(const struct page *page,
                       const struct message_codes *codes)
{
    for (size_t i = 0; i < codes->saids; i++) {
        const char *note = codes->said[i].note;
        bool is_new = note != NULL;

        for (size_t j = 0; j < i && is_new; j++)
            is_new = !is_alike(note, codes->said[j].note);
        if (is_new)
            page_paragraph(page, 13, "Note", note);
    }
}

static void show_others(const struct page *page,
                        const struct message_codes *codes, size_t first)
{
    char *text = NULL;
    size_t size = 0;
    FILE *line = open_memstream(&text, &size);

    if (!line)
        return;
    for (size_t i = first; i < codes->count; i++)
        (void)fprintf(line, "%s%s", i == first ? "" : ", ",
                      verdict_slug(codes->code[i]));
    (void)fclose(line);
    page_paragraph(page, 13, "  or from", text);
    free(text);
}

static const char capture_one[] =
    "  tcpdump --immediate-mode -U -B 16384 -i any -w capture.pcap "
    "'tcp port 8080'\n"
    "\n"
    "- Run it as root, with the server's port in place of 8080.\n"
    "- Of a proxy capture both sides, its own port and that of what is behind "
    "it:\n"
    "  'tcp port 8080 or tcp port 9000'.\n";

/* Of a gateway that says that what is behind it failed. */
static const char capture_both[] =
    "  tcpdump --immediate-mode -U -B 16384 -i any -w capture.pcap \\\n"
    "      'tcp port 8080 or tcp port 9000'\n"
    "\n"
    "- Run it as root on the gateway's host, with the gateway's own port in "
    "place of\n"
    "  8080 and the port of the server behind it in place of 9000: the cause "
    "lies\n"
    "  between these two.\n";

static const char capture_rules[] =
    "- Let it run until the client has reported its error, and a second "
    "longer.\n"
    "- Keep --immediate-mode, or the last packets are lost, and -B, or bursts "
    "are\n"
    "  lost.\n"
    "- A hang is only seen while packets of some kind still come: leave other "
    "traffic\n"
    "  in, or TCP keep-alive probes on.\n"
    "- Where several hosts are involved, capture at the client and at the "
    "server:\n"
    "  each shows what the other cannot see.\n"
    "\n"
    "Then:\n"
    "\n"
    "  whyeof capture.pcap\n"
    "\n"
    "Or, as root, without a file and as it happens:\n"
    "\n";

static void show_capture(FILE *out, bool of_gateway)
{
    (void)fputs(of_gateway ? capture_both : capture_one, out);
    (void)fputs(capture_rules, out);
    (void)fputs(of_gateway
                    ? "  whyeof -i any 'tcp port 8080 or tcp port 9000'\n"
                    : "  whyeof -i any tcp port 8080\n",
                out);
}

void explain_capture(FILE *out)
{
    show_capture(out, false);
}

/* Is it said by a gateway about what is behind it? */
static bool is_of_gateway(const struct message_codes *codes, size_t first)
{
    for (size_t i = 0; i < first; i++) {
        if (codes->code[i] == VERDICT_GATEWAY_TIMEOUT)
            return true;
    }
    return false;
}

/* The likeliest codes with their titles, the others by name. */
static void list_codes(FILE *out, const char *what,
                       const struct message_codes *codes)
{
    const struct page page = {.out = out, .width = 80};
    size_t first = codes->count;

    if (first > MESSAGE_CODES_FIRST)
        first = MESSAGE_CODES_FIRST;
    if (codes->saids > 0)
        show_said(&page, &codes->said[0]);
    show_notes(&page, codes);
    if (codes->count == 0)
        return;
    if (codes->saids > 0 && codes->said[0].who)
        (void)fputc('\n', out);
    (void)fprintf(out, "This %s may come from%s:\n\n", what,
                  codes->ranked > 1 ? ", the likeliest first" : "");
    for (size_t i = 0; i < first; i++) {
        char label[48];

        (void)snprintf(label, sizeof label, "  %-26s ",
                       verdict_slug(codes->code[i]));
        page_paragraph(&page, 30, label, verdict_title(codes->code[i]));
    }
    if (first < codes->count) {
        (void)fputc('\n', out);
        show_others(&page, codes, first);
    }
    (void)fputs(
        "\nwhyeof --explain CODE says what a code means and what to "
        "do.\n\nWhich of them it was is in the packets. Capture them:\n\n",
        out);
    show_capture(out, is_of_gateway(codes, first));
}

/* A symptom by its name; SYMPTOM_COUNT: there is none of it. */
static enum symptom symptom_by_name(const char *text)
{
    unsigned i = 0;

    while (i < SYMPTOM_COUNT &&
           strcmp(symptom_name((enum symptom)i), text) != 0)
        i++;
    return (enum symptom)i;
}

static bool explain_symptom(FILE *out, const char *text)
{
    enum symptom symptom = symptom_by_name(text);
    struct message_codes codes;

    if (symptom == SYMPTOM_COUNT)
        return false;
    message_of_symptom(&codes, symptom);
    list_codes(out, "symptom", &codes);
    return true;
}

/* Codes that are written nearly so, one in full, several by name. */
static bool explain_near(FILE *out, const char *text)
{
    enum verdict near[VERDICT_COUNT];
    size_t count = near_codes(near, text);

    if (count == 0)
        return false;
    (void)fputs("Did you mean ", out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%s%s",
                      i == 0          ? ""
                      : i + 1 < count ? ", "
                                      : " or ",
                      verdict_slug(near[i]));
    (void)fputs("?\n", out);
    if (count == 1) {
        (void)fputc('\n', out);
        explain_code(out, near[0]);
    }
    return true;
}

/* "502" */
static bool is_status(const char *text)
{
    return strlen(text) == 3 && strspn(text, "0123456789") == 3;
}

/* A status alone is one of HTTP. */
static bool look_up(struct message_codes *codes, const char *text)
{
    char status[16];

    (void)snprintf(status, sizeof status, "HTTP %.3s", text);
    return message_look_up(codes, is_status(text) ? status : text);
}

bool explain_knows(const char *text)
{
    struct message_codes codes;

    return verdict_by_slug(text) != VERDICT_NONE ||
           symptom_by_name(text) != SYMPTOM_COUNT || look_up(&codes, text);
}

bool explain(FILE *out, const char *text)
{
    enum verdict code = verdict_by_slug(text);
    struct message_codes codes;

    if (code != VERDICT_NONE) {
        explain_code(out, code);
        return true;
    }
    if (explain_symptom(out, text) || explain_near(out, text))
        return true;
    if (!look_up(&codes, text))
        return false;
    list_codes(out, "message", &codes);
    return true;
}

void explain_list(FILE *out)
{
    const struct page page = {.out = out, .width = 80};

    for (size_t i = 0; i < VERDICT_COUNT; i++) {
        char label[48];

        (void)snprintf(label, sizeof label, "%-26s %-7s ",
                       verdict_slug((enum verdict)i),
                       severity_name(verdict_severity((enum verdict)i)));
        page_paragraph(&page, 36, label, verdict_title((enum verdict)i));
    }
}
