#include "record/folder_kit.h"

void folder_make(struct folder *folder)
{
    (void)snprintf(folder->path, FOLDER_PATH_SIZE, "/tmp/whyeof-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

const char *folder_file(struct folder *folder, const char *name)
{
    (void)snprintf(folder->file, FOLDER_FILE_SIZE, "%s/%s", folder->path, name);
    return folder->file;
}

void folder_put(struct folder *folder, const char *name, int size)
{
    FILE *file = fopen(folder_file(folder, name), "we");

    assert_non_null(file);
    assert_int_equal(fprintf(file, "%*d", size, 1), size);
    assert_int_equal(fclose(file), 0);
}

static int no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

void folder_list(const struct folder *folder, struct text *names)
{
    struct dirent **entry;
    int count = scandir(folder->path, &entry, no_dots, alphasort);

    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        text_addf(names, "%s%s", i ? " " : "", entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

void expect_folder(const struct folder *folder, const char *expected)
{
    struct text names;

    text_init(&names, 1 << 16);
    folder_list(folder, &names);
    assert_string_equal(text_string(&names), expected);
    text_release(&names);
}

void folder_remove(struct folder *folder)
{
    struct dirent **entry;
    int count = scandir(folder->path, &entry, no_dots, alphasort);

    for (int i = 0; i < count; i++) {
        assert_int_equal(unlink(folder_file(folder, entry[i]->d_name)), 0);
        free(entry[i]);
    }
    free(entry);
    assert_int_equal(rmdir(folder->path), 0);
}
