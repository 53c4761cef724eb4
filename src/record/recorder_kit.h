/*
 * For the tests of the recorder: a recorder on a folder of its own, packets
 * and findings for it, and a file read back as text.
 */
#ifndef RECORD_RECORDER_KIT_H
#define RECORD_RECORDER_KIT_H

#include "record/folder_kit.h"

#include "base/arena.h"
#include "base/reader.h"
#include "record/recorder.h"

enum {
    RIG_HEADERS = 54,
    RIG_TEXT_MOST = 1 << 17
};

/* 2026-11-25T03:30:00Z: date -u -d @1795577400 */
#define RIG_ZERO (INT64_C(1795577400) * NANOS_PER_SECOND)

struct rig {
    struct folder folder;
    struct recorder *recorder;
    uint64_t frame; /* the number of the latest packet */
    uint32_t link_type;
    nanos now;
    struct text said; /* complaints, a line each */
};

void rig_note(void *context, const char *text);

/* The folder is the rig's, if none is given. */
void rig_open(struct rig *rig, struct recorder_options options);
void rig_close(struct rig *rig);

/* A packet a millisecond after the one before; all its bytes are `conn`. */
uint64_t rig_take(struct rig *rig, uint64_t conn, size_t payload);

/* A finding that cites no frames yet. */
struct told {
    struct finding finding;
};

void told_init(struct told *told, const struct rig *rig, uint64_t conn,
               uint64_t first);
void told_cite(struct told *told, uint64_t frame, const char *what);

/* Tells the recorder. */
void rig_tell(struct rig *rig, struct told *told, uint64_t id,
              unsigned revision);
void rig_withdraw(struct rig *rig, struct told *told, uint64_t id,
                  unsigned revision);
void expect_file(struct rig *rig, const char *name, const char *expected);
bool file_says(struct rig *rig, const char *name, const char *part);

#endif
