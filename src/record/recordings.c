#include "record/recordings.h"

#include <stdlib.h>
#include <string.h>

struct recording_file {
    uint64_t number;
    size_t uses; /* slots that point here */
    char path[];
};

static void clear(struct recordings_slot *slot)
{
    if (slot->file && --slot->file->uses == 0)
        free(slot->file);
    slot->file = NULL;
}

void recordings_add(struct recordings *recordings,
                    const struct recording *recording, uint64_t number)
{
    size_t size = strlen(recording->path) + 1;
    struct recording_file *file;

    if (recording->findings == 0)
        return;
    if (!recordings->slot)
        recordings->slot =
            must_calloc(RECORDINGS_KEPT, sizeof *recordings->slot);
    file = must_calloc(1, sizeof *file + size);
    file->number = number;
    memcpy(file->path, recording->path, size);
    for (size_t i = 0; i < recording->findings; i++) {
        uint64_t finding = recording->finding[i];
        struct recordings_slot *slot =
            &recordings->slot[finding % RECORDINGS_KEPT];

        file->uses++;
        clear(slot);
        *slot = (struct recordings_slot){finding, file};
    }
}

const char *recordings_find(const struct recordings *recordings,
                            uint64_t finding, uint64_t *number)
{
    const struct recordings_slot *slot;

    if (!recordings->slot)
        return NULL;
    slot = &recordings->slot[finding % RECORDINGS_KEPT];
    if (!slot->file || slot->finding != finding)
        return NULL;
    *number = slot->file->number;
    return slot->file->path;
}

void recordings_release(struct recordings *recordings)
{
    for (size_t i = 0; recordings->slot && i < RECORDINGS_KEPT; i++)
        clear(&recordings->slot[i]);
    free(recordings->slot);
    recordings->slot = NULL;
}
