#include "capture/live.h"

#include <errno.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "capture/device.h"
#include "capture/facts.h"
#include "capture/link_type.h"
#include "capture/nic.h"

enum {
    TIMEOUT_MILLIS = 100,
    /* Errors in a row, of an interface that is there, until it is given up. */
    ERRORS_BORNE = 16
};

#define LOOK_EVERY (250 * NANOS_PER_MILLI)

/* The kernel still hands over what came before: twice TIMEOUT_MILLIS. */
#define GONE_PATIENCE (200 * NANOS_PER_MILLI)

struct live {
    pcap_t *pcap;
    int descriptor;
    uint32_t link_type;
    nanos fraction; /* of a second, in one unit of tv_usec */
    struct capture_input facts;
    struct nic nic;
    enum nic_state state;
    bool is_down; /* as was told */
    nanos looked; /* when the state was asked for */
    nanos gone;   /* since when it is NIC_GONE; NANOS_NEVER before */
    unsigned errors;
    uint64_t hardware_drops; /* of the nic, when opened */
    struct pcap_stat counted;
    struct live_drops drops;
    bool has_drops;
    char warning[PCAP_ERRBUF_SIZE];
    struct arena arena; /* the texts that the facts point to */
};

nanos live_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (nanos)now.tv_sec * NANOS_PER_SECOND + now.tv_nsec;
}

/* What is asked for before activation cannot fail on a fresh handle. */
static void set_options(struct live *live, const struct live_options *options)
{
    uint32_t snaplen = options->snaplen ? options->snaplen : LIVE_SNAPLEN_FULL;
    size_t buffer = options->buffer ? options->buffer : LIVE_BUFFER_DEFAULT;

    if (snaplen > LIVE_SNAPLEN_FULL)
        snaplen = LIVE_SNAPLEN_FULL;
    if (buffer > INT_MAX)
        buffer = INT_MAX;
    (void)pcap_set_snaplen(live->pcap, (int)snaplen);
    (void)pcap_set_buffer_size(live->pcap, (int)buffer);
    (void)pcap_set_promisc(live->pcap, 0);
    (void)pcap_set_timeout(live->pcap, TIMEOUT_MILLIS);
    live->fraction = 1;
    if (pcap_set_tstamp_precision(live->pcap, PCAP_TSTAMP_PRECISION_NANO) != 0)
        live->fraction = 1000;
}

static bool activate(struct live *live, struct fail *fail)
{
    int status = pcap_activate(live->pcap);

    if (status < 0)
        return device_complain(live->facts.path, status,
                               pcap_geterr(live->pcap), fail);
    if (status > 0)
        (void)snprintf(live->warning, sizeof(live->warning), "%s",
                       status == PCAP_WARNING ? pcap_geterr(live->pcap)
                                              : pcap_statustostr(status));
    /* The newer cooked header names the interface: a copy seen at another
       one can be told from a retransmission. */
    if (pcap_datalink(live->pcap) == DLT_LINUX_SLL)
        (void)pcap_set_datalink(live->pcap, DLT_LINUX_SLL2);
    live->link_type = link_type_of_dlt(pcap_datalink(live->pcap));
    facts_link_type(&live->facts, live->link_type);
    return true;
}

static bool set_filter(struct live *live, const char *filter, struct fail *fail)
{
    struct bpf_program code;
    int status;

    if (!filter)
        return true;
    if (pcap_compile(live->pcap, &code, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return fail_set(fail, "bad filter '%s': %s", filter,
                        pcap_geterr(live->pcap));
    status = pcap_setfilter(live->pcap, &code);
    pcap_freecode(&code);
    if (status != 0)
        return fail_set(fail, "cannot set the filter '%s': %s", filter,
                        pcap_geterr(live->pcap));
    return true;
}

static bool start(struct live *live, const struct live_options *options,
                  struct fail *fail)
{
    const char *name = live->facts.path;
    char words[PCAP_ERRBUF_SIZE] = "";

    live->pcap = pcap_create(name, words);
    if (!live->pcap)
        return fail_set(fail, "cannot capture on '%s': %s", name, words);
    set_options(live, options);
    if (!activate(live, fail) || !set_filter(live, options->filter, fail))
        return false;
    /*
     * Without the kernel's timer, TPACKET_V3 would wait for ever on a quiet
     * link (pcap(3PCAP) promises no timeout): so it never waits, and the
     * caller does.
     */
    live->descriptor = pcap_get_selectable_fd(live->pcap);
    if (live->descriptor < 0 || pcap_setnonblock(live->pcap, 1, words) != 0)
        return fail_set(fail, "cannot wait for packets of '%s': %s", name,
                        words[0] ? words : "libpcap has no descriptor for it");
    return true;
}

struct live *live_open(const struct live_options *options, struct fail *fail)
{
    struct live *live = must_calloc(1, sizeof(*live));

    arena_init(&live->arena);
    live->facts = (struct capture_input){
        .path = arena_keep(&live->arena, span_of_text(options->interface)),
        .format = "live",
        .first_time = NANOS_NEVER,
        .last_time = NANOS_NEVER,
    };
    nic_open(&live->nic, live->facts.path);
    live->state = nic_ask(&live->nic, &live->hardware_drops);
    live->looked = live_clock();
    live->gone = NANOS_NEVER;
    if (start(live, options, fail))
        return live;
    live_close(live);
    return NULL;
}

void live_close(struct live *live)
{
    if (!live)
        return;
    if (live->pcap)
        pcap_close(live->pcap);
    nic_close(&live->nic);
    arena_release(&live->arena);
    free(live);
}

const char *live_warning(const struct live *live)
{
    return live->warning;
}

const char *live_problem(const struct live *live)
{
    return live->facts.problem;
}

int live_descriptor(const struct live *live)
{
    return live->descriptor;
}

static enum live_answer say_gone(struct live *live, nanos now)
{
    if (live->gone == NANOS_NEVER)
        live->gone = now;
    if (now - live->gone < GONE_PATIENCE)
        return live->is_down ? LIVE_DOWN : LIVE_EMPTY;
    (void)facts_trouble(&live->facts, CAPTURE_TRUNCATED,
                        "interface '%s' was removed", live->facts.path);
    return LIVE_GONE;
}

/*
 * Nothing was there to read. libpcap 1.10 takes ENETDOWN for a pause and says
 * nothing of it, so the system is asked, now and then. The socket stays bound
 * while the interface is down, and the kernel hooks it up again when it comes
 * up (packet_notifier in Linux's af_packet.c).
 */
static enum live_answer look(struct live *live, bool at_once)
{
    nanos now = live_clock();
    uint64_t drops;

    if (at_once || now - live->looked >= LOOK_EVERY) {
        live->state = nic_ask(&live->nic, &drops);
        live->looked = now;
    }
    if (live->state == NIC_GONE)
        return say_gone(live, now);
    live->is_down = live->state == NIC_DOWN;
    return live->is_down ? LIVE_DOWN : LIVE_EMPTY;
}

/*
 * What libpcap calls an error may be an interface that went down. If it is
 * there all the time, it is an error indeed, but one may pass.
 */
static enum live_answer bear_error(struct live *live)
{
    enum live_answer answer = look(live, true);

    if (answer != LIVE_EMPTY || ++live->errors < ERRORS_BORNE)
        return answer;
    (void)facts_trouble(&live->facts, CAPTURE_TRUNCATED, "cannot read '%s': %s",
                        live->facts.path, pcap_geterr(live->pcap));
    return LIVE_GONE;
}

enum live_answer live_next(struct live *live, struct frame *frame)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int status;

    if (live->facts.trouble != CAPTURE_SOUND)
        return LIVE_GONE;
    status = pcap_next_ex(live->pcap, &header, &data);
    if (status < 0)
        return bear_error(live);
    live->errors = 0;
    if (status == 0)
        return look(live, false);
    *frame = (struct frame){
        .time = (nanos)header->ts.tv_sec * NANOS_PER_SECOND +
                header->ts.tv_usec * live->fraction,
        .link_type = live->link_type,
        .length = header->len > header->caplen ? header->len : header->caplen,
        .data = {data, header->caplen},
    };
    facts_frame(&live->facts, frame);
    live->facts.bytes += header->caplen;
    frame->number = live->facts.packets;
    frame->file_number = live->facts.packets;
    return LIVE_FRAME;
}

/* libpcap counts in 32 bits, which a busy link fills within the hour. */
static void add_counted(struct live *live, const struct pcap_stat *now)
{
    live->drops.received += now->ps_recv - live->counted.ps_recv;
    live->drops.kernel += now->ps_drop - live->counted.ps_drop;
    live->drops.interface += now->ps_ifdrop - live->counted.ps_ifdrop;
    live->counted = *now;
}

/*
 * The interface's drops come from one of two places, never from both: on Linux
 * from the nic (libpcap has them there only of a promiscuous capture), on
 * other systems from libpcap.
 */
bool live_drops(struct live *live, struct live_drops *drops)
{
    uint64_t hardware = live->hardware_drops;
    struct pcap_stat now;

    if (pcap_stats(live->pcap, &now) == 0) {
        add_counted(live, &now);
        live->has_drops = true;
    }
    (void)nic_ask(&live->nic, &hardware);
    if (hardware > live->hardware_drops)
        live->drops.interface += hardware - live->hardware_drops;
    live->hardware_drops = hardware;
    *drops = live->drops;
    return live->has_drops;
}

void live_facts(struct live *live, struct capture_input *facts)
{
    struct live_drops drops;

    live->facts.has_drops = live_drops(live, &drops);
    live->facts.interface_drops = drops.kernel + drops.interface;
    *facts = live->facts;
}
