#include "capture/input.h"

#include <stdio.h>

#include "capture/classic.h"
#include "capture/look.h"
#include "capture/pcapng.h"

/* To add a format: its struct format and a row. NULL ends the table. */
static const struct format *const format[] = {
    &classic_format,
    &pcapng_format,
    NULL,
};

static const struct format *find_format(struct span head)
{
    for (size_t i = 0; format[i]; i++) {
        if (format[i]->knows(head))
            return format[i];
    }
    return NULL;
}

static void name_format(struct input *input, struct span head)
{
    const char *packing = source_packing(input->intake.source);

    (void)snprintf(input->format_name, INPUT_FORMAT_SIZE, "%s%s%s%s",
                   input->format->name(head), packing ? " (" : "",
                   packing ? packing : "", packing ? ")" : "");
    input->intake.facts->format = input->format_name;
}

static bool open_reader(struct input *input)
{
    struct source *source = input->intake.source;
    struct span head;

    if (!source)
        return false;
    input->stored = source_stored(source);
    head = source_peek(source, FORMAT_HEAD_SIZE);
    input->format = find_format(head);
    if (!input->format)
        return look_complain(source, input->intake.facts);
    name_format(input, head);
    input->reader = input->format->open(&input->intake);
    return input->reader != NULL;
}

void input_open(struct input *input, struct capture_input *facts,
                uint32_t *interfaces, const struct capture_secrets *secrets,
                const struct patience *patience)
{
    facts->format = "";
    facts->first_time = NANOS_NEVER;
    facts->last_time = NANOS_NEVER;
    facts->end_time = NANOS_NEVER;
    input->intake = (struct intake){
        .source = source_open(facts->path, facts, patience),
        .facts = facts,
        .interfaces = interfaces,
        .secrets = secrets,
    };
    if (!open_reader(input))
        input_close(input);
}

void input_close(struct input *input)
{
    if (input->reader)
        input->format->close(input->reader);
    source_close(input->intake.source);
    input->reader = NULL;
    input->format = NULL;
    input->intake.source = NULL;
}

bool input_next(struct input *input, struct frame *frame)
{
    struct capture_input *facts = input->intake.facts;
    uint64_t before = facts->packets;

    frame->number = 0;
    if (!input->format)
        return false;
    frame->process = NULL;
    if (!input->format->next(input->reader, frame)) {
        frame->number = facts->packets - before;
        input_close(input);
        return false;
    }
    facts_frame(facts, frame);
    frame->file = input->file;
    frame->file_number = facts->packets;
    frame->number = facts->packets - before;
    return true;
}
