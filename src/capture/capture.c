/*
 * The inputs are merged through a heap of those that have a frame to give,
 * each holding its next one. The input on top gives its frame and reads its
 * next one only when asked again: so the bytes stay where its reader put
 * them, and nothing is copied.
 */
#include "capture/capture.h"

#include <stdlib.h>

#include "base/arena.h"
#include "capture/filter.h"
#include "capture/input.h"

/* An input in the heap. */
struct waiting {
    struct input input;
    struct frame frame; /* its next one */
};

struct capture {
    struct waiting *waiting;
    struct capture_input *facts; /* of the input of the same index */
    size_t count;
    struct waiting **heap;
    size_t heaped;
    bool given;       /* the frame on top of the heap was given out */
    uint64_t numbers; /* given to frames so far */
    uint32_t interfaces;
    struct filter *filter;
};

/* By time; of equal times, the input named first. */
static bool is_earlier(const struct waiting *a, const struct waiting *b)
{
    if (a->frame.time != b->frame.time)
        return a->frame.time < b->frame.time;
    return a->frame.file < b->frame.file;
}

/* Puts the input at `at` where it belongs, given that those below it are. */
static void sink(struct capture *capture, size_t at)
{
    struct waiting **heap = capture->heap;
    struct waiting *sinking = heap[at];

    while (2 * at + 1 < capture->heaped) {
        size_t below = 2 * at + 1;

        if (below + 1 < capture->heaped &&
            is_earlier(heap[below + 1], heap[below]))
            below++;
        if (!is_earlier(heap[below], sinking))
            break;
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = sinking;
}

static void open_inputs(struct capture *capture, const char *const path[])
{
    capture->waiting = must_calloc(capture->count, sizeof(*capture->waiting));
    capture->facts = must_calloc(capture->count, sizeof(*capture->facts));
    capture->heap = must_calloc(capture->count, sizeof(void *));
    for (size_t i = 0; i < capture->count; i++) {
        struct waiting *waiting = &capture->waiting[i];

        capture->facts[i].path = path[i];
        waiting->input.file = (uint32_t)i;
        input_open(&waiting->input, &capture->facts[i], &capture->interfaces,
                   NULL);
    }
}

static void fill_heap(struct capture *capture)
{
    for (size_t i = 0; i < capture->count; i++) {
        struct waiting *waiting = &capture->waiting[i];

        if (input_next(&waiting->input, &waiting->frame))
            capture->heap[capture->heaped++] = waiting;
    }
    for (size_t i = capture->heaped / 2; i-- > 0;)
        sink(capture, i);
}

struct capture *capture_open(const char *const path[], size_t count,
                             const struct capture_options *options,
                             struct fail *fail)
{
    struct filter *filter = NULL;
    struct capture *capture;

    if (options && options->filter) {
        filter = filter_open(options->filter, fail);
        if (!filter)
            return NULL;
    }
    capture = must_calloc(1, sizeof(*capture));
    capture->filter = filter;
    capture->count = count;
    open_inputs(capture, path);
    fill_heap(capture);
    return capture;
}

/* Replaces the frame that was given out by the next of the same input. */
static void replace_top(struct capture *capture)
{
    struct waiting *top = capture->heap[0];

    capture->given = false;
    if (!input_next(&top->input, &top->frame)) {
        capture->heap[0] = capture->heap[--capture->heaped];
        if (capture->heaped == 0)
            return;
    }
    sink(capture, 0);
}

static bool passes(struct capture *capture, const struct frame *frame)
{
    enum filter_answer answer;

    if (!capture->filter)
        return true;
    answer = filter_ask(capture->filter, frame);
    if (answer == FILTER_CANNOT)
        (void)facts_trouble(&capture->facts[frame->file], CAPTURE_UNFILTERED,
                            "the filter cannot be used for link type %u of "
                            "'%s', whose frames are left out: %s",
                            frame->link_type, capture->facts[frame->file].path,
                            filter_why(capture->filter));
    return answer == FILTER_PASS;
}

bool capture_next(struct capture *capture, struct frame *frame)
{
    do {
        if (capture->given)
            replace_top(capture);
        if (capture->heaped == 0)
            return false;
        *frame = capture->heap[0]->frame;
        capture->numbers += frame->number;
        frame->number = capture->numbers;
        capture->given = true;
    } while (!passes(capture, frame));
    return true;
}

const struct capture_input *capture_inputs(const struct capture *capture,
                                           size_t *count)
{
    *count = capture->count;
    return capture->facts;
}

void capture_progress(const struct capture *capture, uint64_t *done,
                      uint64_t *total)
{
    bool known = true;

    *done = 0;
    *total = 0;
    for (size_t i = 0; i < capture->count; i++) {
        uint64_t stored = capture->waiting[i].input.stored;
        bool readable = capture->facts[i].trouble != CAPTURE_UNREADABLE;

        *done += capture->facts[i].bytes;
        *total += stored;
        known &= stored > 0 || !readable;
    }
    if (!known)
        *total = 0;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    for (size_t i = 0; i < capture->count; i++)
        input_close(&capture->waiting[i].input);
    filter_close(capture->filter);
    free(capture->waiting);
    free(capture->facts);
    free(capture->heap);
    free(capture);
}
