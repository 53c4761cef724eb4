/*
 * How a session begins: what it takes to be root for, the user, the files, and
 * then there is no way back.
 */
#include "live/session_inner.h"

#include "sandbox/confine.h"
#include "sandbox/safe_folder.h"

#include <assert.h>
#include <unistd.h>

static void complain(void *context, const char *text)
{
    const struct session *session = context;

    session_say(session, "%s", text);
}

static void tell_recording(void *context, const struct recording *recording)
{
    struct session *session = context;

    live_outputs_record(&session->live_outputs, recording);
}

/* The file at hand is read to its present end. */
static bool wait_a_moment(void *context, int file)
{
    struct session *session = context;

    session->seen = live_clock();
    return session_wait(session, file, SESSION_NAP);
}

/* Whoever reads files may need to be root for it, as for reading them once. */
static const char *user_of(const struct session *session)
{
    const struct watch_options *watch = &session->options->watch;

    return !watch->user && watch->follow && geteuid() == 0 ? "root"
                                                           : watch->user;
}

static bool open_follow(struct session *session, struct fail *fail)
{
    const struct options *options = session->options;
    struct follow_options follow = {
        .path = options->path,
        .paths = options->paths,
        .filter = options->capture.filter,
        .patience = {.context = session,         .wait = wait_a_moment    },
        .secrets = {.context = session->keylog, .take = keylog_take_block},
    };

    if (options->watch.follow)
        session->follow = follow_open(&follow, fail);
    return session->follow || !options->watch.follow;
}

static bool open_live(struct session *session, struct fail *fail)
{
    const struct options *options = session->options;
    const struct watch_options *watch = &options->watch;
    struct live_options live = {
        .interface = watch->interface,
        .filter = options->capture.filter,
        .snaplen = (uint32_t)watch->snaplen,
        .buffer = (size_t)watch->buffer,
    };

    if (watch->follow)
        return true;
    session->live = live_open(&live, fail);
    if (session->live && live_warning(session->live)[0])
        session_say(session, "%s", live_warning(session->live));
    return session->live != NULL;
}

/* A folder that is made here is the user's who is to write there. */
static bool find_recordings(struct session *session,
                            const struct confine_user *user, struct fail *fail)
{
    const char *path = session->options->watch.record;
    struct safe_folder folder;
    struct fail why = {0};
    bool made;

    if (!path)
        return true;
    if (!safe_folder_make(&folder, path, &made, &why))
        return fail_set(fail, "cannot record into '%s': %s", path, why.text);
    session->recordings = folder.descriptor;
    return !made || confine_give(user, folder.descriptor, fail);
}

/*
 * What it takes to be root for, if it is: the packet socket, and a look at
 * where things are. Folders are found and nothing is opened in them, unless
 * they are root's alone.
 */
static bool find_all(struct session *session, const struct confine_user *user,
                     struct fail *fail)
{
    const struct options *options = session->options;
    const struct watch_options *watch = &options->watch;
    bool is_root = geteuid() == 0 && user->is_other;

    if (!open_live(session, fail) ||
        !live_outputs_find(&session->live_outputs, options, is_root, fail) ||
        !find_recordings(session, user, fail))
        return false;
    if (watch->metrics)
        session->metrics_file = metrics_file_open(watch->metrics, fail);
    return session->metrics_file || !watch->metrics;
}

static struct confine_folder folder_of(const char *path, int descriptor)
{
    return (struct confine_folder){
        .path = path, .write = true, .is_open = true, .descriptor = descriptor};
}

static bool open_recorder(struct session *session, const char *user,
                          struct fail *fail)
{
    struct recorder_options recording = options_recorder(session->options);
    struct confine_folder folder =
        folder_of(recording.folder, session->recordings);

    if (!recording.folder)
        return true;
    if (!confine_try(user, &folder, fail))
        return false;
    recording.opened = &session->recordings;
    recording.context = session;
    recording.complain = complain;
    recording.written = tell_recording;
    if (!session->options->watch.no_secrets)
        recording.keylog = session->keylog;
    session->recorder = recorder_open(&recording, fail);
    return session->recorder != NULL;
}

static bool open_all(struct session *session, const char *user,
                     struct fail *fail)
{
    session->keylog = options_keylog(session->options, fail);
    return session->keylog && open_follow(session, fail) &&
           live_outputs_open(&session->live_outputs, fail) &&
           open_recorder(session, user, fail);
}

/* A folder that something is still opened in. */
static struct confine_folder *add_folder(struct confine_options *confine,
                                         struct confine_folder folder)
{
    assert(confine->folders < CONFINE_FOLDERS);
    confine->folder[confine->folders] = folder;
    return &confine->folder[confine->folders++];
}

static void add_folders(const struct session *session,
                        struct confine_options *confine)
{
    const struct watch_options *watch = &session->options->watch;
    size_t folders = 0;
    const char *const *path = NULL;

    if (session->follow)
        path = follow_folders(session->follow, &folders);
    for (size_t i = 0; i < folders; i++)
        (void)add_folder(confine, (struct confine_folder){.path = path[i]});
    if (watch->record)
        (void)add_folder(confine,
                         folder_of(watch->record, session->recordings));
    if (watch->metrics)
        (void)add_folder(confine,
                         folder_of(watch->metrics,
                                   metrics_file_folder(session->metrics_file)));
    for (size_t i = 0; i < session->live_outputs.count; i++) {
        const struct live_output *live_output =
            &session->live_outputs.live_output[i];

        if (live_output->folder >= 0 && live_output->writer &&
            !live_output->is_device)
            add_folder(confine,
                       folder_of(live_output->name, live_output->folder))
                ->is_proven = true;
    }
}

static void tell_start(const struct session *session,
                       const struct confined *confined)
{
    const struct options *options = session->options;

    session_say(session, "%s '%s'%s%s%s%s%s%s; Ctrl-C ends it",
                session->live ? "watching" : "following",
                session->live ? options->watch.interface : options->path[0],
                options->capture.filter ? ", filter '" : "",
                options->capture.filter ? options->capture.filter : "",
                options->capture.filter ? "'" : "",
                confined->user[0] ? ", as " : "", confined->user,
                confined->seccomp ? ", confined" : "");
}

/* The rest is given up when all is open. */
static bool give_up_privileges(struct session *session,
                               struct confined *confined, struct fail *fail)
{
    struct confine_options confine_to = {.by_path = session->follow != NULL};

    add_folders(session, &confine_to);
    if (session->live)
        confine_to.packet_socket = live_descriptor(session->live);
    if (!confine(&confine_to, confined, fail))
        return false;
    tell_start(session, confined);
    return true;
}

bool session_start(struct session *session, struct fail *fail)
{
    struct confine_user user;
    struct confined confined;

    if (!confine_find_user(&user, user_of(session), fail) ||
        !find_all(session, &user, fail) ||
        !confine_become(&user, &confined, fail) ||
        !open_all(session, confined.user, fail))
        return false;
    session_open_pipeline(session);
    if (!give_up_privileges(session, &confined, fail))
        return false;
    live_outputs_begin(&session->live_outputs, session_report(session));
    return true;
}
