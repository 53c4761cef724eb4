/* The input is the text of a scene. */
#include "scene/scene.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fail fail = {0};
    struct scene scene;
    bool built = scene_build((struct span){data, size}, &scene, &fail);

    assert(built != fail.set);
    assert(!built || scene.pcapng.size >= 28);
    scene_release(&scene);
    return 0;
}
