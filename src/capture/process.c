#include "capture/process.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    OPTION_COMMENT = 1,
    PACKET_FLAGS = 2,
    PACKET_PROCESS = 0x8001,
    PACKET_ON_BEHALF_OF = 0x8003,
    PROCESS_NAME = 2,
    SECTION_APPLICATION = 4,
    ETHERNET = 1, /* LINKTYPE_ETHERNET */
    ETHERNET_HEADER = 14,
    ETHERNET_LEAST = 60,
    IPV6_HEADER = 40
};

#define BEHIND_MAGIC UINT32_C(0xcc0c4cfc)

void processes_release(struct processes *processes)
{
    free(processes->process);
    *processes = (struct processes){.process = NULL};
}

void processes_begin(struct processes *processes, const struct blocks *blocks,
                     struct reader *reader)
{
    struct block_option option;

    processes->count = 0;
    processes->behind = false;
    read_skip(reader, sizeof(uint64_t));
    while (!reader->overrun && blocks_next_option(blocks, reader, &option))
        processes->behind |= option.code == SECTION_APPLICATION &&
                             span_starts_with(option.value, "ecapture");
}

static void set_name(struct process *process, struct span name)
{
    size_t size = name.size;

    if (size >= sizeof process->name)
        size = sizeof process->name - 1;
    memcpy(process->name, name.at, size);
    process->name[size] = '\0';
}

void processes_take(struct processes *processes, const struct blocks *blocks,
                    struct reader *reader)
{
    struct process process = {.pid = blocks_u32(blocks, reader)};
    struct block_option option;

    if (reader->overrun || processes->count == PROCESSES_KEPT)
        return;
    while (blocks_next_option(blocks, reader, &option)) {
        if (option.code == PROCESS_NAME)
            set_name(&process, option.value);
    }
    if (processes->count == processes->room) {
        processes->room = processes->room ? 2 * processes->room : 8;
        processes->process = must_realloc(processes->process, processes->room,
                                          sizeof *processes->process);
    }
    processes->process[processes->count++] = process;
}

/* A line's rest behind a word, without what comes behind the line. */
static bool next_line(struct span *text, const char *word, struct span *rest)
{
    const uint8_t *end;

    if (!span_starts_with(*text, word))
        return false;
    *rest = span_skip(*text, strlen(word));
    end = memchr(rest->at, '\n', rest->size);
    if (end)
        *rest = span_head(*rest, (size_t)(end - rest->at));
    *text = span_skip(*text, strlen(word) + rest->size + 1);
    return true;
}

static bool read_pid(struct span digits, uint32_t *pid)
{
    uint64_t number = 0;

    for (size_t i = 0; i < digits.size; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (digits.at[i] - (uint64_t)'0');
    }
    *pid = (uint32_t)number;
    return number > 0 && number <= UINT32_MAX;
}

/* The last part of a path. */
static struct span base_of(struct span path)
{
    size_t at = path.size;

    while (at > 0 && path.at[at - 1] != '/')
        at--;
    return span_skip(path, at);
}

/* Arguments come behind; they may be anything, and are not looked at. */
static void read_comment(struct span text, struct process *process)
{
    struct process found = {.pid = 0};
    struct span pid;
    struct span command;

    if (!next_line(&text, "PID: ", &pid) ||
        !next_line(&text, "Cmd: ", &command) || !read_pid(pid, &found.pid))
        return;
    set_name(&found, base_of(command));
    *process = found;
}

static uint32_t number_of(const struct blocks *blocks, struct span value)
{
    struct reader reader = reader_on(value);

    return blocks_u32(blocks, &reader);
}

/* Draft, 4.3.1: the lowest two bits. */
static enum packet_way way_of(uint32_t flags)
{
    static const enum packet_way way[] = {WAY_UNKNOWN, WAY_IN, WAY_OUT,
                                          WAY_UNKNOWN};

    return way[flags & 3];
}

static void take_option(struct processes *processes,
                        const struct blocks *blocks,
                        const struct block_option *option)
{
    struct packet_process *packet = &processes->packet;
    uint32_t number;

    if (option->code == OPTION_COMMENT && packet->process.pid == 0)
        read_comment(option->value, &packet->process);
    if (option->value.size != sizeof number)
        return;
    number = number_of(blocks, option->value);
    if (option->code == PACKET_FLAGS)
        packet->way = way_of(number);
    if (option->code != PACKET_PROCESS &&
        (option->code != PACKET_ON_BEHALF_OF || packet->process.pid))
        return;
    if (number < processes->count)
        packet->process = processes->process[number];
}

/* Where the IP packet of an Ethernet frame ends; 0: it has none. */
static size_t end_of_packet(struct span data)
{
    struct reader reader = reader_on(span_skip(data, ETHERNET_HEADER - 2));
    uint16_t type = read_be16(&reader);

    if (type == 0x0800) {
        read_skip(&reader, sizeof(uint16_t));
        return ETHERNET_HEADER + (size_t)read_be16(&reader);
    }
    if (type != 0x86dd)
        return 0;
    read_skip(&reader, sizeof(uint32_t));
    return ETHERNET_HEADER + IPV6_HEADER + (size_t)read_be16(&reader);
}

static bool read_behind(struct span data, size_t at, struct process *process)
{
    struct reader reader = reader_on(span_skip(data, at));
    uint32_t magic = read_be32(&reader);
    uint32_t pid = read_be32(&reader);
    struct span name = read_span(&reader, read_u8(&reader));

    if (reader.overrun || magic != BEHIND_MAGIC)
        return false;
    process->pid = pid;
    set_name(process, name);
    return true;
}

static void look_behind(const struct frame *frame, struct process *process)
{
    size_t end = frame->link_type == ETHERNET ? end_of_packet(frame->data) : 0;

    if (end && !read_behind(frame->data, end, process) && end < ETHERNET_LEAST)
        (void)read_behind(frame->data, ETHERNET_LEAST, process);
}

const struct packet_process *processes_of(struct processes *processes,
                                          const struct blocks *blocks,
                                          struct reader *reader,
                                          const struct frame *frame)
{
    struct block_option option;

    processes->packet = (struct packet_process){.way = WAY_UNKNOWN};
    while (reader->rest.size && blocks_next_option(blocks, reader, &option))
        take_option(processes, blocks, &option);
    if (processes->behind && processes->packet.process.pid == 0)
        look_behind(frame, &processes->packet.process);
    return processes->packet.process.pid ? &processes->packet : NULL;
}
