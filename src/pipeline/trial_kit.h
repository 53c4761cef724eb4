/*
 * For the tests of this folder: a property tried on every scene. Where it does
 * not hold, the scene, the frame and what was said are told, as comments in
 * TAP.
 */
#ifndef PIPELINE_TRIAL_KIT_H
#define PIPELINE_TRIAL_KIT_H

#include "pipeline/frames_kit.h"

enum {
    SIGNATURE_SIZE = 1 << 14,
    HONESTY_FRAMES = 200,
    SHOWN_MAX = 12 /* of one scene's violations */
};

bool same_connection(const struct view *a, const struct view *b);

/* A scene under a property: what is true of it, and how often it failed. */
struct trial {
    struct tape tape;
    struct reel reel;
    struct run whole;   /* the scene as it is, */
    struct text before; /* and its findings */
    struct text after;
    unsigned variants;
    unsigned violations;
};

int by_text(const void *left, const void *right);

/* The findings in an order that does not depend on times. */
void tell_signature(const struct report *report, struct text *out);

/* A new line of comment, for readers of TAP. */
__attribute__((format(printf, 2, 3))) void complain(struct trial *trial,
                                                    const char *format, ...);

/* Runs the reel: the findings must be those of the scene as it is. */
void must_be_same(struct trial *trial, const char *what, size_t at,
                  size_t part);

typedef void property(struct trial *trial);

void for_each_scene(property *holds);
void for_each_recording(property *holds);

#endif
