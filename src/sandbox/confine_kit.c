#include "sandbox/confine_kit.h"

static void make_folder(char path[KIT_PATH_SIZE])
{
    char file[KIT_PATH_SIZE + 8];
    FILE *out;

    (void)snprintf(path, KIT_PATH_SIZE, "/tmp/whyeof-confine-XXXXXX");
    assert_non_null(mkdtemp(path));
    assert_int_equal(chmod(path, 0777), 0);
    (void)snprintf(file, sizeof(file), "%s/old", path);
    out = fopen(file, "w");
    assert_non_null(out);
    (void)fputs("old\n", out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file, 0666), 0);
}

int set_up(void **state)
{
    struct place *place = must_calloc(1, sizeof(*place));

    make_folder(place->readable);
    make_folder(place->writable);
    *state = place;
    return 0;
}

int tear_down(void **state)
{
    struct place *place = *state;
    char command[3 * KIT_PATH_SIZE];

    (void)snprintf(command, sizeof(command), "rm -r %s %s", place->readable,
                   place->writable);
    assert_true(run(command));
    free(place);
    return 0;
}

/* In a child: where its complaints go, one a line. */
static int complaints;

void want(bool right, const char *what)
{
    if (!right)
        (void)dprintf(complaints, "%s\n", what);
}

bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

void child_confine(const struct confine_options *options)
{
    bool landlock = has_landlock();
    struct confined confined;
    struct confine_user become;
    struct fail fail = {0};
    const char *user = geteuid() == 0 ? "nobody" : "";

    WANT(confine_find_user(&become, NULL, &fail));
    WANT(confine_become(&become, &confined, &fail));
    WANT(confine(options, &confined, &fail));
    want(!fail.set, fail.text);
    WANT(confined.seccomp);
    WANT(confined.capabilities);
    WANT(confined.landlock == landlock);
    WANT(strcmp(confined.user, user) == 0);
}

char *in_child(void (*body)(const struct place *), struct place *place,
               int *status)
{
    char *text;
    size_t size = 0;
    ssize_t got = 1;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        complaints = ends[1];
        body(place);
        _exit(0);
    }
    /* Not before: it would be a leak of the child's. */
    text = must_calloc(1, KIT_ROOM);
    (void)close(ends[1]);
    while (got > 0 && size < KIT_ROOM - 1) {
        got = read(ends[0], text + size, KIT_ROOM - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, status, 0), child);
    return text;
}

void assert_no_complaints(void (*body)(const struct place *), void **state)
{
    int status;
    char *text = in_child(body, *state, &status);

    assert_string_equal(text, "");
    assert_int_equal(status, 0);
    free(text);
}

struct confine_options both_folders(const struct place *place)
{
    return (struct confine_options){
        .folder = {{.path = place->readable},
                   {.path = place->writable, .write = true}},
        .folders = 2,
    };
}
