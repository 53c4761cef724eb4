#include "live/line_writer_kit.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include "capture/live.h"

static int ignore_signal(void **state)
{
    (void)state;
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR;
}

/* A reader that does not read costs lines, but no time. */
static void check_stalled(struct reader *reader, int write_end)
{
    struct line_writer *writer =
        line_writer_open_descriptor(write_end, "out", 1 << 20);
    int flags = fcntl(write_end, F_GETFL);
    nanos start = live_clock();
    uint64_t dropped;

    send_lines(writer, 0, MANY, 100);
    assert_true(live_clock() - start < 5 * NANOS_PER_SECOND);
    dropped = line_writer_dropped(writer);
    assert_in_range(dropped, 1, MANY - 1);
    assert_true(line_writer_is_waiting(writer));
    assert_false(line_writer_is_closed(writer));
    assert_null(line_writer_failure(writer));
    assert_int_equal(fcntl(write_end, F_GETFL), flags);

    read_out(reader, writer);
    assert_int_equal(count_lines(reader, 100), MANY - dropped);
    assert_true(reader->size > 1 << 20);

    /* It goes on as if nothing had been. */
    send_lines(writer, MANY, MANY + 10, 100);
    read_out(reader, writer);
    assert_int_equal(count_lines(reader, 100), MANY + 10 - dropped);
    assert_int_equal(line_writer_dropped(writer), dropped);
    line_writer_close(writer);
}

static void test_pipe_stalls(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);

    (void)state;
    check_stalled(&reader, write_end);
    close_reader(&reader);
    (void)close(write_end);
}

static void test_socket_stalls(void **state)
{
    struct reader reader = {0};
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    reader.descriptor = ends[0];
    check_stalled(&reader, ends[1]);
    close_reader(&reader);
    (void)close(ends[1]);
}

static void test_terminal_stalls(void **state)
{
    struct reader reader = {.descriptor = posix_openpt(O_RDWR | O_NOCTTY)};
    struct termios raw;
    int terminal;

    (void)state;
    if (reader.descriptor < 0)
        skip();
    assert_int_equal(grantpt(reader.descriptor), 0);
    assert_int_equal(unlockpt(reader.descriptor), 0);
    terminal = open(ptsname(reader.descriptor), O_RDWR | O_NOCTTY);
    assert_int_equal(tcgetattr(terminal, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(terminal, TCSANOW, &raw), 0);
    check_stalled(&reader, terminal);
    close_reader(&reader);
    (void)close(terminal);
}

/* As somebody who may not open root's pipe again. */
static void test_pipe_not_reopened(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(seteuid(65534), 0);
    check_stalled(&reader, write_end);
    assert_int_equal(seteuid(0), 0);
    close_reader(&reader);
    (void)close(write_end);
}

/*
 * A small queue and a small pipe, read now and then in odd pieces: lines go
 * around the end of the queue and are written in parts.
 */
static void test_small_queue(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);
    struct line_writer *writer =
        line_writer_open_descriptor(write_end, "out", 5000);

    (void)state;
    (void)fcntl(write_end, F_SETPIPE_SZ, 4096);
    for (unsigned i = 0; i < 2000; i++) {
        send_lines(writer, i, i + 1, 6000);
        if (i % 3 == 0)
            read_most(&reader, i * 31 % 4096);
        if (i % 5 == 0)
            line_writer_flush(writer);
    }
    read_out(&reader, writer);
    assert_in_range(line_writer_dropped(writer), 100, 1900);
    assert_int_equal(count_lines(&reader, 6000),
                     2000 - line_writer_dropped(writer));
    line_writer_close(writer);
    close_reader(&reader);
    (void)close(write_end);
}

static void test_reader_gone(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);
    struct line_writer *writer =
        line_writer_open_descriptor(write_end, "out", 0);
    struct line_writer *silent =
        line_writer_open_descriptor(write_end, "out", 0);

    (void)state;
    send_lines(writer, 0, MANY, 0);
    assert_true(line_writer_is_waiting(writer));
    line_writer_flush(silent);
    assert_false(line_writer_is_closed(silent));
    (void)close(reader.descriptor);
    send_lines(writer, 0, 1, 0);
    assert_true(line_writer_is_closed(writer));
    assert_false(line_writer_is_waiting(writer));
    send_lines(writer, 0, 1, 0);
    assert_int_equal(line_writer_dropped(writer), 0);
    assert_null(line_writer_failure(writer));
    assert_true(line_writer_drain(writer, 0));
    /* It is also found when there is nothing to write. */
    line_writer_flush(silent);
    assert_true(line_writer_is_closed(silent));
    line_writer_close(writer);

    /* One that was gone before. */
    writer = line_writer_open_descriptor(write_end, "out", 0);
    send_lines(writer, 0, 1, 0);
    assert_true(line_writer_is_closed(writer));
    line_writer_close(writer);
    line_writer_close(silent);
    (void)close(write_end);
}

/* Reads after 50 ms; how many lines came. */
static int read_late(struct reader *reader)
{
    FILE *file = fdopen(reader->descriptor, "r");
    int lines = 0;
    int c;

    (void)usleep(50000);
    while ((c = getc(file)) != EOF)
        lines += c == '\n';
    return lines;
}

static void test_drain(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);
    struct line_writer *writer =
        line_writer_open_descriptor(write_end, "out", 0);
    nanos start;
    int status;
    pid_t child;

    (void)state;
    send_lines(writer, 0, MANY, 0);
    start = live_clock();
    child = fork();
    if (child == 0) {
        (void)close(write_end);
        (void)close(line_writer_descriptor(writer));
        _exit(read_late(&reader) == MANY ? 0 : 1);
    }
    assert_true(line_writer_drain(writer, 20 * NANOS_PER_SECOND));
    assert_in_range(live_clock() - start, 0, 10 * NANOS_PER_SECOND);
    assert_int_equal(line_writer_dropped(writer), 0);
    line_writer_close(writer);
    (void)close(write_end);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close_reader(&reader);
}

static void test_drain_in_vain(void **state)
{
    int write_end;
    struct reader reader = open_pipe(&write_end);
    struct line_writer *writer =
        line_writer_open_descriptor(write_end, "out", 0);
    nanos start = live_clock();

    (void)state;
    send_lines(writer, 0, MANY, 0);
    assert_false(line_writer_drain(writer, 50 * NANOS_PER_MILLI));
    assert_in_range(live_clock() - start, 50 * NANOS_PER_MILLI,
                    10 * NANOS_PER_SECOND);
    assert_false(line_writer_is_waiting(writer));
    read_most(&reader, 1 << 20);
    /* The pipe ends in a line of which only a part went. */
    while (reader.size && reader.text[reader.size - 1] != '\n')
        reader.text[--reader.size] = '\0';
    assert_int_equal(count_lines(&reader, 0),
                     MANY - line_writer_dropped(writer));
    line_writer_close(writer);
    close_reader(&reader);
    (void)close(write_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe_stalls),
        cmocka_unit_test(test_socket_stalls),
        cmocka_unit_test(test_terminal_stalls),
        cmocka_unit_test(test_pipe_not_reopened),
        cmocka_unit_test(test_small_queue),
        cmocka_unit_test(test_reader_gone),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_in_vain),
    };

    return cmocka_run_group_tests(tests, ignore_signal, NULL);
}
