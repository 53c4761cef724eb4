#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "capture/link_type.h"

enum {
    SNAP_LENGTH = 262144
};

struct program {
    uint32_t link_type;
    bool works;
    struct bpf_program code;
};

struct filter {
    const char *expression;
    struct program *program;
    size_t programs;
    size_t latest; /* most captures have one link type only */
    char why[PCAP_ERRBUF_SIZE];
};

/*
 * Whether an expression is one at all is only known for a link type; when it
 * is right for none of these, it is wrong.
 */
static const uint32_t usual[] = {1, 101, 113, 0, 105, 127, 189, 201};

static bool compile(struct filter *filter, struct program *program)
{
    pcap_t *dead =
        pcap_open_dead(link_type_to_dlt(program->link_type), SNAP_LENGTH);
    int status = -1;

    if (dead)
        status = pcap_compile(dead, &program->code, filter->expression, 1,
                              PCAP_NETMASK_UNKNOWN);
    if (status != 0)
        (void)snprintf(filter->why, sizeof(filter->why), "%s",
                       dead ? pcap_geterr(dead) : "no memory for it");
    if (dead)
        pcap_close(dead);
    program->works = status == 0;
    return program->works;
}

static bool is_right_for_any(struct filter *filter)
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        struct program program = {.link_type = usual[i]};

        if (compile(filter, &program)) {
            pcap_freecode(&program.code);
            return true;
        }
    }
    return false;
}

struct filter *filter_open(const char *expression, struct fail *fail)
{
    struct filter *filter = must_calloc(1, sizeof(*filter));
    struct program ethernet = {.link_type = usual[0]};

    filter->expression = expression;
    if (is_right_for_any(filter))
        return filter;
    (void)compile(filter, &ethernet);
    (void)fail_set(fail, "bad filter '%s': %s", expression, filter->why);
    filter_close(filter);
    return NULL;
}

void filter_close(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->programs; i++)
        pcap_freecode(&filter->program[i].code);
    free(filter->program);
    free(filter);
}

static struct program *find_program(struct filter *filter, uint32_t link_type)
{
    struct program *program;

    if (filter->latest < filter->programs &&
        filter->program[filter->latest].link_type == link_type)
        return &filter->program[filter->latest];
    for (size_t i = 0; i < filter->programs; i++) {
        if (filter->program[i].link_type == link_type) {
            filter->latest = i;
            return &filter->program[i];
        }
    }
    filter->program = must_realloc(filter->program, filter->programs + 1,
                                   sizeof(*filter->program));
    filter->latest = filter->programs++;
    program = &filter->program[filter->latest];
    *program = (struct program){.link_type = link_type};
    (void)compile(filter, program);
    return program;
}

enum filter_answer filter_ask(struct filter *filter, const struct frame *frame)
{
    const struct program *program = find_program(filter, frame->link_type);
    struct pcap_pkthdr header = {
        .caplen = (bpf_u_int32)frame->data.size,
        .len = frame->length,
    };

    if (!program->works)
        return FILTER_CANNOT;
    if (pcap_offline_filter(&program->code, &header, frame->data.at) == 0)
        return FILTER_REFUSE;
    return FILTER_PASS;
}

const char *filter_why(const struct filter *filter)
{
    return filter->why;
}
