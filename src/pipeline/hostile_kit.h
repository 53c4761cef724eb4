/*
 * For the tests of this folder that feed the program what no sound capture
 * holds: a capture in memory that can be cut and altered, run from its bytes
 * to its findings within a bounded time.
 */
#ifndef PIPELINE_HOSTILE_KIT_H
#define PIPELINE_HOSTILE_KIT_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/pipeline.h"
#include "report/render.h"

enum {
    MEMORY_PATH_SIZE = 64,
    RUN_SECONDS_MAX = 60 /* far beyond what any of them needs */
};

/* A capture without a name on the disk. */
struct memory {
    int file;
    char path[MEMORY_PATH_SIZE];
};

void memory_open(struct memory *memory);
void memory_fill(const struct memory *memory, const void *bytes, size_t size);
void memory_cut(const struct memory *memory, size_t size);
void memory_close(const struct memory *memory);

/* What a run came to. */
struct yield {
    uint64_t frames;
    enum capture_trouble trouble;
    bool said[VERDICT_COUNT];
    bool error[VERDICT_COUNT];
    /* the other explanations that the errors with this code leave open */
    bool doubted[VERDICT_COUNT][VERDICT_COUNT];
    /* their connections are open at the end of the capture */
    bool open[VERDICT_COUNT];
};

struct capture *memory_capture(const struct memory *memory);

/* Only the capture stage: how many frames there are, and how it ends. */
struct yield memory_count(const struct memory *memory);

/* Who writes each exchange as it ends, in every way. */
struct teller {
    struct report_options *how;
    struct pipeline *pipeline;
    FILE *out; /* NULL: nowhere */
    FILE *spool;
};

/* All stages; `out`, where not NULL, gets the report as text and as JSON. */
struct yield memory_run(const struct memory *memory, FILE *out);

/* 1, or more to do only every so many of them (WHYEOF_HOSTILE). */
unsigned hostile_step(void);

/* The same numbers in every run (Vigna's splitmix64). */
uint64_t next_random(uint64_t *state);

/* Ends the process by a signal once it has used so much more processor time: a
 * busy machine is no hang. 0: not any more. */
void limit_cpu(unsigned seconds);

/* The process's own, so far. */
double cpu_seconds(void);

/* The most memory that the process ever had, in bytes. */
size_t memory_peak(void);

#endif
