/*
 * mkscene FILE.scene > FILE.pcapng: makes the capture that a scene describes
 * (the language: src/scene/scene.h). A helper of the tests, not installed.
 */
#include "scene/scene.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SCENE_SIZE_MAX = 64 << 20
};

static bool make(const char *path, struct fail *fail)
{
    struct text text;
    struct scene scene = {0};
    struct span span;
    bool made;

    text_init(&text, SCENE_SIZE_MAX);
    made = (text_add_file(&text, path) && !text.cut) ||
           fail_set(fail, text.cut ? "too large" : "cannot read it");
    span = (struct span){(const uint8_t *)text_string(&text), text.size};
    made = made && scene_build(span, &scene, fail);
    if (made && fwrite(text_string(&scene.pcapng), 1, scene.pcapng.size,
                       stdout) != scene.pcapng.size)
        made = fail_set(fail, "cannot write the capture");
    if (made && fflush(stdout) != 0)
        made = fail_set(fail, "cannot write the capture");
    scene_release(&scene);
    text_release(&text);
    return made;
}

int main(int count, char *word[])
{
    struct fail fail = {0};

    if (count != 2) {
        (void)fputs("usage: mkscene FILE.scene > FILE.pcapng\n", stderr);
        return 2;
    }
    if (!make(word[1], &fail)) {
        (void)fprintf(stderr, "mkscene: '%s': %s\n", word[1], fail.text);
        return 1;
    }
    return 0;
}
