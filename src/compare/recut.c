/*
 * Cards and kernels cut what a host sends into segments, and join what comes
 * in: a capture may have one segment where the other has ten. What has no
 * segment of its size at the other end is cut at every edge of all such
 * segments, and the pieces are joined like segments.
 *
 *     sent   |------------------------|        |----------|
 *     came   |---------|     |---------|-------|     |----|
 *     pieces |---------|-----|--------|-|------|-----|----|
 */
#include "compare/passage.h"

#include "base/arena.h"

#include <stdlib.h>

enum {
    PIECES_EACH_MOST = 16, /* of a segment, on average */
    NEAR_MOST = 16         /* segments of one beginning that are looked at */
};

struct piece {
    int64_t start;
    struct passage_item *item;
};

struct recut {
    struct passage *passage;
    int64_t *edge; /* owned; sorted */
    size_t edges;
    struct piece *piece; /* owned */
    size_t pieces;
};

static bool is_left(const struct passage_item *item)
{
    return !item->is_joined && !item->is_other && item->end > item->start;
}

/* Both begin at the same byte, and not with the same bytes. */
static bool begins_otherwise(const struct passage *passage,
                             const struct passage_item *came,
                             const struct passage_item *sent)
{
    const struct trace_segment *a = passage_segment(passage, came);
    const struct trace_segment *b = passage_segment(passage, sent);
    uint32_t least = a->length < b->length ? a->length : b->length;

    return sent->at == SENT && sent->start == came->start && a->has_head &&
           b->has_head && a->head != b->head &&
           (a->length == b->length || least >= TRACE_HEAD);
}

static void find_others(struct passage *passage)
{
    for (size_t i = 0; i < passage->items; i++) {
        struct passage_item *came = &passage->item[i];
        size_t from = i > NEAR_MOST ? i - NEAR_MOST : 0;

        if (came->at != CAME || !is_left(came))
            continue;
        for (size_t j = from; j < passage->items && j <= i + NEAR_MOST; j++)
            came->is_other |=
                begins_otherwise(passage, came, &passage->item[j]);
    }
}

static int by_number(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return (*a > *b) - (*a < *b);
}

static int by_start(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->item->at != b->item->at)
        return a->item->at < b->item->at ? -1 : 1;
    return (a->item->segment > b->item->segment) -
           (a->item->segment < b->item->segment);
}

/* Gives how many segments of each end are left. */
static void find_edges(struct recut *recut, size_t left[2])
{
    const struct passage *passage = recut->passage;
    size_t kept = 0;

    recut->edge = must_calloc(passage->items * 2 + 1, sizeof *recut->edge);
    for (size_t i = 0; i < passage->items; i++) {
        if (!is_left(&passage->item[i]))
            continue;
        left[passage->item[i].at]++;
        recut->edge[recut->edges++] = passage->item[i].start;
        recut->edge[recut->edges++] = passage->item[i].end;
    }
    if (!recut->edges)
        return;
    qsort(recut->edge, recut->edges, sizeof *recut->edge, by_number);
    for (size_t i = 0; i < recut->edges; i++) {
        if (kept == 0 || recut->edge[i] != recut->edge[kept - 1])
            recut->edge[kept++] = recut->edge[i];
    }
    recut->edges = kept;
}

/* False: there are too many. */
static bool cut(struct recut *recut, struct passage_item *item, size_t most)
{
    const int64_t *at = bsearch(&item->start, recut->edge, recut->edges,
                                sizeof *recut->edge, by_number);

    for (; *at < item->end; at++) {
        if (recut->pieces == most)
            return false;
        recut->piece[recut->pieces++] = (struct piece){*at, item};
    }
    return true;
}

static bool cut_all(struct recut *recut, size_t left)
{
    const struct passage *passage = recut->passage;
    size_t most = left * PIECES_EACH_MOST;

    recut->piece = must_calloc(most, sizeof *recut->piece);
    for (size_t i = 0; i < passage->items; i++) {
        if (is_left(&passage->item[i]) && !cut(recut, &passage->item[i], most))
            return false;
    }
    qsort(recut->piece, recut->pieces, sizeof *recut->piece, by_start);
    return true;
}

/* All pieces of one beginning are as long. */
static uint32_t size_of(const struct recut *recut, const struct piece *piece)
{
    const int64_t *at = bsearch(&piece->start, recut->edge, recut->edges,
                                sizeof *recut->edge, by_number);

    return (uint32_t)(at[1] - at[0]);
}

static void join_pieces(struct recut *recut, struct piece *piece, size_t count)
{
    size_t sents = 0;
    size_t s, c;

    while (sents < count && piece[sents].item->at == SENT)
        sents++;
    for (s = sents, c = count; s > 0 && c > sents; c--) {
        struct passage_item *came = piece[c - 1].item;
        struct passage_item *sent;

        while (s > 0 &&
               !passage_is_causal(recut->passage, piece[s - 1].item, came))
            s--;
        if (s == 0)
            return;
        sent = piece[--s].item;
        sent->missing -= size_of(recut, piece);
        came->missing -= size_of(recut, piece);
        passage_segment(recut->passage, sent)->peer = came->segment;
        passage_segment(recut->passage, came)->peer = sent->segment;
    }
}

static void settle(struct passage *passage)
{
    for (size_t i = 0; i < passage->items; i++) {
        struct passage_item *item = &passage->item[i];

        if (!is_left(item) || item->missing)
            continue;
        item->is_joined = true;
        passage_segment(passage, item)->fate = FATE_RECUT;
    }
}

/* The pieces that begin at one place, together. */
static void join_all(struct recut *recut)
{
    size_t count;

    for (size_t i = 0; i < recut->pieces; i += count) {
        count = 1;
        while (i + count < recut->pieces &&
               recut->piece[i + count].start == recut->piece[i].start)
            count++;
        join_pieces(recut, &recut->piece[i], count);
    }
}

void passage_join_recut(struct passage *passage)
{
    struct recut recut = {.passage = passage};
    size_t left[2] = {0, 0};

    find_others(passage);
    find_edges(&recut, left);
    if (left[SENT] && left[CAME]) {
        if (cut_all(&recut, left[SENT] + left[CAME])) {
            join_all(&recut);
            settle(passage);
        } else {
            passage->is_tangled = true;
        }
    }
    free(recut.piece);
    free(recut.edge);
}
