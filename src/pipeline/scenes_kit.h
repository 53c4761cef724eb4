/*
 * For the tests of this folder: a scene played into a tape of frames, which a
 * test may alter, and a tape run through the pipeline.
 *
 *     testdata/.../NAME.scene --scene_build--> pcapng --capture--> tape
 *     tape --[altered]--> pipeline --> report --> findings as text
 */
#ifndef PIPELINE_SCENES_KIT_H
#define PIPELINE_SCENES_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "scene/scene.h"

enum {
    SCENE_SIZE_MAX = 1 << 20,
    TAPE_FRAMES_MAX = 4096,
    TAPE_PATH_SIZE = 64
};

/* A scene as recorded. Frames own their bytes in the arena. */
struct tape {
    const char *name; /* the file's, without its folder; borrowed */
    struct scene scene;
    struct capture_input input;
    struct frame *frame;
    size_t frames;
    struct arena arena;
    struct keylog *keylog; /* of the secrets that the scene has */
};

struct run {
    struct pipeline *pipeline;
    const struct report *report;
};

void kit_read_file(const char *path, struct text *text);
void tape_add(struct tape *tape, const struct frame *frame);

/* False: it is no capture, or too long a one for a tape. */
bool tape_read(struct tape *tape, const char *path);

/* The capture stage reads files: this one has no name on the disk. */
void tape_record(struct tape *tape);
void tape_init(struct tape *tape, const char *path);

/* The caller gives it to tape_release. */
void tape_open(struct tape *tape, const char *path);
void tape_release(struct tape *tape);

/* Runs frames through a pipeline as the program sets it up when nothing is
 * said, with secrets or NULL. They are numbered as they come. */
struct run run_frames(struct keylog *keylog, const struct frame *frame,
                      size_t frames, const struct capture_input *input);
struct run tape_run(const struct tape *tape);
void run_release(struct run *run);

/* The report's findings, a line each: "code severity confidence". */
void tell_findings(const struct report *report, struct text *out);

static const char *const scene_patterns[] = {
    "testdata/verdicts/*.scene",
    "testdata/near-miss/*.scene",
    "testdata/seed/*.scene",
};

/* Every scene there is, in order of name; given to globfree. */
void find_scenes(glob_t *found);

#endif
