#include "base/path.h"

#include <stdio.h>

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

struct span path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return span_of_text(".");
    return (struct span){(const uint8_t *)path,
                         slash == path ? 1 : (size_t)(slash - path)};
}

const char *path_print_folder(char text[static PATH_SIZE_MAX], const char *path)
{
    struct span folder = path_folder(path);

    (void)snprintf(text, PATH_SIZE_MAX, "%.*s", (int)folder.size,
                   (const char *)folder.at);
    return text;
}
