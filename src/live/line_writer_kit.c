#include "live/line_writer_kit.h"

/* Line `number`: the number, and fill that follows from it, up to `fill`. */
static struct span make_line(char text[static LINE_ROOM], unsigned number,
                             unsigned fill)
{
    unsigned length = fill ? number * 7919 % fill : 0;
    int size = snprintf(text, LINE_ROOM, "%u ", number);

    memset(text + size, 'a' + (int)(number % 26), length);
    text[(unsigned)size + length] = '\n';
    return (struct span){(uint8_t *)text, (unsigned)size + length + 1};
}

void send_lines(struct line_writer *writer, unsigned from, unsigned to,
                unsigned fill)
{
    char text[LINE_ROOM];

    for (unsigned i = from; i < to; i++)
        line_writer_line(writer, make_line(text, i, fill));
}

void read_most(struct reader *reader, size_t most)
{
    ssize_t size = 0;

    (void)fcntl(reader->descriptor, F_SETFL, O_NONBLOCK);
    do {
        reader->size += (size_t)size;
        most -= (size_t)size;
        reader->text = must_realloc(reader->text, reader->size + most + 1, 1);
        size = read(reader->descriptor, reader->text + reader->size, most);
    } while (size > 0);
    reader->text[reader->size] = '\0';
}

/* A terminal hands over what was written to it a little later. */
static bool is_more(const struct reader *reader)
{
    struct pollfd more = {.fd = reader->descriptor, .events = POLLIN};

    return poll(&more, 1, 50) == 1 && more.revents & POLLIN;
}

void read_out(struct reader *reader, struct line_writer *writer)
{
    do {
        line_writer_flush(writer);
        read_most(reader, 1 << 20);
    } while (line_writer_is_waiting(writer) || is_more(reader));
}

unsigned count_lines(const struct reader *reader, unsigned fill)
{
    const char *at = reader->text;
    unsigned last = 0;
    unsigned lines = 0;

    for (; *at; lines++) {
        char text[LINE_ROOM];
        unsigned number = (unsigned)strtoul(at, NULL, 10);
        struct span line = make_line(text, number, fill);

        assert_true(lines == 0 || number > last);
        assert_int_equal(strncmp(at, text, line.size), 0);
        at += line.size;
        last = number;
    }
    return lines;
}

struct reader open_pipe(int *write_end)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    *write_end = ends[1];
    return (struct reader){.descriptor = ends[0]};
}

void close_reader(struct reader *reader)
{
    (void)close(reader->descriptor);
    free(reader->text);
}
