/* The input is a file: pcap, pcapng, compressed, or anything else. */
#include "base/reader.h"
#include "capture/capture.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PATH_SIZE = 64,
    FRAMES_MAX = 1 << 16 /* a compressed input can be long */
};

/* Touches every byte, so that a sanitizer sees it. */
static unsigned sum_of(struct span span)
{
    struct reader r = reader_on(span);
    unsigned sum = 0;

    while (r.rest.size)
        sum += read_u8(&r);
    return sum;
}

/* Records without a packet take numbers too. */
static void check_input(const struct capture_input *input, uint64_t frames,
                        uint64_t number)
{
    assert(input->packets >= number && number >= frames);
    assert((input->trouble == CAPTURE_SOUND) == (input->problem[0] == '\0'));
    assert(input->link_types <= CAPTURE_LINK_TYPES_KEPT);
    assert((input->first_time == NANOS_NEVER) == (frames == 0));
    assert(input->trouble != CAPTURE_UNREADABLE || frames == 0);
    assert(memchr(input->problem, '\0', sizeof input->problem));
}

static void read_all(struct capture *capture)
{
    struct frame frame;
    uint64_t frames = 0;
    uint64_t number = 0;
    size_t inputs;
    const struct capture_input *input;

    while (frames < FRAMES_MAX && capture_next(capture, &frame)) {
        frames++;
        assert(frame.number > number);
        number = frame.number;
        assert(frame.file_number == number);
        assert(frame.file == 0);
        assert(frame.length >= frame.data.size);
        (void)sum_of(frame.data);
    }
    input = capture_inputs(capture, &inputs);
    assert(inputs == 1);
    if (frames < FRAMES_MAX)
        check_input(input, frames, number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("capture", 0);
    char path[PATH_SIZE];
    const char *const paths[] = {path};
    struct fail fail = {0};
    struct capture *capture;

    assert(file >= 0);
    assert(write(file, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    capture = capture_open(paths, 1, NULL, &fail);
    assert(capture && !fail.set);
    read_all(capture);
    capture_close(capture);
    (void)close(file);
    return 0;
}
