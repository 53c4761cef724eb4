/*
 * The inputs are merged through a heap of those that have a frame to give,
 * each holding its next one. The input on top gives its frame and reads its
 * next one only when asked again: so the bytes stay where its reader put
 * them, and nothing is copied.
 *
 * Of many files, as a recorder leaves them that begins a new one each minute,
 * few have frames of the same time, and a process may not have so many open.
 * They are opened for the time of their first frame and closed again; on top
 * of the heap one is opened anew, for good.
 *
 *     open --first frame--> closed --on top of the heap--> open --end--> closed
 */
#include "capture/capture.h"

#include <stdlib.h>

#include "base/arena.h"
#include "capture/filter.h"
#include "capture/input.h"

enum {
    OPEN_AT_ONCE = 64 /* inputs; more are opened in turn */
};

/* An input in the heap. */
struct waiting {
    struct input input;
    struct frame frame; /* its next one */
    bool closed;        /* of the frame only time and file are known */
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
    struct capture_refused refused;
    struct capture_secrets secrets;
    const volatile sig_atomic_t *interrupted;
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

static void open_input(struct capture *capture, size_t i)
{
    const struct patience patience = {.interrupted = capture->interrupted};

    input_open(&capture->waiting[i].input, &capture->facts[i],
               &capture->interfaces, &capture->secrets, &patience);
}

/* Only a regular file begins anew when it is opened again. */
static bool may_close(const struct capture *capture, size_t i)
{
    return capture->count > OPEN_AT_ONCE &&
           capture->waiting[i].input.stored > 0;
}

/* Everything but its first frame's time is forgotten of it again. */
static void close_for_now(struct capture *capture, size_t i,
                          uint32_t interfaces)
{
    input_close(&capture->waiting[i].input);
    capture->facts[i] = (struct capture_input){.path = capture->facts[i].path};
    capture->interfaces = interfaces;
    capture->waiting[i].closed = true;
}

static bool open_again(struct capture *capture, struct waiting *waiting)
{
    waiting->closed = false;
    open_input(capture, waiting->input.file);
    return input_next(&waiting->input, &waiting->frame);
}

static void open_inputs(struct capture *capture, const char *const path[])
{
    capture->waiting = must_calloc(capture->count, sizeof(*capture->waiting));
    capture->facts = must_calloc(capture->count, sizeof(*capture->facts));
    capture->heap = must_calloc(capture->count, sizeof(void *));
    for (size_t i = 0; i < capture->count; i++) {
        struct waiting *waiting = &capture->waiting[i];
        uint32_t interfaces = capture->interfaces;

        capture->facts[i].path = path[i];
        waiting->input.file = (uint32_t)i;
        open_input(capture, i);
        if (!input_next(&waiting->input, &waiting->frame)) {
            capture->numbers += waiting->frame.number;
            continue;
        }
        capture->heap[capture->heaped++] = waiting;
        if (may_close(capture, i))
            close_for_now(capture, i, interfaces);
    }
}

static void order_heap(struct capture *capture)
{
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
    if (options) {
        capture->secrets = options->secrets;
        capture->refused = options->refused;
        capture->interrupted = options->interrupted;
    }
    capture->count = count;
    open_inputs(capture, path);
    order_heap(capture);
    return capture;
}

/* Its next frame took the place of the one before, or there is none. */
static void settle_top(struct capture *capture, bool has_next)
{
    if (!has_next) {
        capture->numbers += capture->heap[0]->frame.number;
        capture->heap[0] = capture->heap[--capture->heaped];
    }
    if (capture->heaped > 0)
        sink(capture, 0);
}

/* Replaces the frame that was given out by the next of the same input. */
static void replace_top(struct capture *capture)
{
    struct waiting *top = capture->heap[0];

    capture->given = false;
    settle_top(capture, input_next(&top->input, &top->frame));
}

/* Makes sure that the frame on top is there; false: no input has one. */
static bool has_top(struct capture *capture)
{
    while (capture->heaped > 0 && capture->heap[0]->closed)
        settle_top(capture, open_again(capture, capture->heap[0]));
    return capture->heaped > 0;
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
    if (answer != FILTER_PASS && capture->refused.take)
        capture->refused.take(capture->refused.context, frame);
    return answer == FILTER_PASS;
}

/* The next of all; of the last input that has any there is nothing to sort. */
static bool take_next(struct capture *capture, struct frame *frame)
{
    if (capture->given && capture->heaped == 1)
        return input_next(&capture->heap[0]->input, frame);
    if (capture->given)
        replace_top(capture);
    if (!has_top(capture))
        return false;
    *frame = capture->heap[0]->frame;
    capture->given = true;
    return true;
}

bool capture_next(struct capture *capture, struct frame *frame)
{
    do {
        if (!take_next(capture, frame))
            return false;
        capture->numbers += frame->number;
        frame->number = capture->numbers;
    } while (!passes(capture, frame));
    return true;
}

const struct capture_input *capture_inputs(const struct capture *capture,
                                           size_t *count)
{
    *count = capture->count;
    return capture->facts;
}

bool capture_has_ended(const struct capture *capture, size_t input)
{
    const struct waiting *waiting = &capture->waiting[input];

    return !waiting->closed && !waiting->input.format;
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
