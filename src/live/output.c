#include "live/output.h"

#include "base/path.h"
#include "sandbox/safe_file.h"
#include "sandbox/safe_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long the end of a capture waits for a reader to take the last lines. */
#define PATIENCE (5 * NANOS_PER_SECOND)

static bool open_late(struct voice *voice, struct fail *fail)
{
    struct fail why = {0};

    voice->late = safe_file_stream(voice->folder, path_name(voice->name), &why);
    return voice->late ||
           fail_set(fail, "cannot write '%s': %s", voice->name, why.text);
}

static bool open_file(struct voice *voice, struct fail *fail)
{
    struct stat about = {0};

    if (!voice->format->live)
        return open_late(voice, fail);
    voice->outlet =
        outlet_open_file(voice->folder, path_name(voice->name), 0, fail);
    if (!voice->outlet)
        return false;
    (void)fstat(outlet_descriptor(voice->outlet), &about);
    voice->is_device = S_ISCHR(about.st_mode);
    return true;
}

static bool is_open(const struct voice *voice)
{
    return voice->outlet || voice->late;
}

/* Of the process since its start: nothing is opened. */
static bool open_descriptor(struct voice *voice, int descriptor,
                            struct fail *why)
{
    if (voice->format->live)
        voice->outlet = outlet_open_descriptor(descriptor, voice->name, 0);
    else
        voice->late = safe_file_stream_at(voice->name, why);
    return is_open(voice);
}

/*
 * By way of its folder: that one, and no other of its name, is written in when
 * the file is reopened. A folder that only root can write in is no way for
 * anybody else to lead root astray: a file there may be opened while that can
 * be. What is wrong with it then is told when the user tries.
 */
static bool find_voice(struct voice *voice, bool is_root, struct fail *fail)
{
    int descriptor = safe_file_descriptor(voice->name);
    struct safe_folder folder;
    struct fail why = {0};
    struct fail later = {0};
    bool found;

    if (descriptor >= 0)
        found = open_descriptor(voice, descriptor, &why);
    else
        found = safe_folder_above(&folder, voice->name, &why);
    if (!found)
        return fail_set(fail, "cannot write '%s': %s", voice->name, why.text);
    if (descriptor >= 0)
        return true;
    voice->folder = folder.descriptor;
    if (is_root && folder.only_root)
        (void)open_file(voice, &later);
    return true;
}

static void find_stdout(struct voice *voice)
{
    voice->name = "standard output";
    if (voice->format->live)
        voice->outlet = outlet_open_descriptor(STDOUT_FILENO, voice->name, 0);
    else
        voice->late = stdout;
}

bool voices_find(struct voices *voices, const struct options *options,
                 bool is_root, struct fail *fail)
{
    bool good = true;

    *voices = (struct voices){.count = 1, .voice[0].folder = -1};
    voices->voice[0].format = options->format;
    voices->voice[0].report = options->report;
    find_stdout(&voices->voice[0]);
    for (size_t i = 0; i < options->outputs && good; i++) {
        struct voice *voice = &voices->voice[voices->count++];

        voice->folder = -1;
        voice->name = options->output[i].path;
        voice->format = options->output[i].format;
        voice->report = options->report;
        voice->report.color = options->color == WHEN_ALWAYS;
        voice->report.width = 80;
        good = find_voice(voice, is_root, fail);
    }
    return good;
}

bool voices_open(struct voices *voices, struct fail *fail)
{
    for (size_t i = 0; i < voices->count; i++) {
        struct voice *voice = &voices->voice[i];

        if (!is_open(voice) && !open_file(voice, fail))
            return false;
    }
    return true;
}

void voices_close(struct voices *voices)
{
    for (size_t i = 0; i < voices->count; i++) {
        if (voices->voice[i].outlet)
            outlet_close(voices->voice[i].outlet);
        if (voices->voice[i].late && voices->voice[i].late != stdout)
            (void)fclose(voices->voice[i].late);
        if (voices->voice[i].folder >= 0)
            (void)close(voices->voice[i].folder);
    }
    voices->count = 0;
}

/* One thing to say: what is set of it. */
struct speech {
    const struct report *report;
    const struct finding *finding;
    const struct listed_exchange *exchange;
    const char *warning;
    bool is_end; /* else, with nothing set, the beginning */
};

static void speak(struct voice *voice, const struct speech *speech, FILE *out)
{
    const struct live_format *live = voice->format->live;

    if (speech->finding)
        live->finding(&voice->memory, speech->report, &voice->report,
                      speech->finding, out);
    else if (speech->exchange)
        live->exchange(speech->report, &voice->report, speech->exchange, out);
    else if (speech->warning)
        live->warning(speech->warning, out);
    else if (speech->is_end)
        live->end(speech->report, &voice->report, out);
    else if (live->begin)
        live->begin(speech->report, &voice->report, out);
}

/* What the format makes of it is collected, and passed on whole. */
static void pass_on(struct voice *voice, const struct speech *speech)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    speak(voice, speech, out);
    if (fclose(out) == 0 && size)
        outlet_line(voice->outlet, (struct span){(const uint8_t *)text, size});
    free(text);
}

static void say_to_all(struct voices *voices, const struct speech *speech)
{
    for (size_t i = 0; i < voices->count; i++) {
        if (voices->voice[i].outlet)
            pass_on(&voices->voice[i], speech);
    }
}

void voices_begin(struct voices *voices, const struct report *report)
{
    say_to_all(voices, &(struct speech){.report = report});
}

void voices_tell(struct voices *voices, const struct report *report,
                 const struct finding *finding)
{
    say_to_all(voices, &(struct speech){.report = report, .finding = finding});
}

void voices_tell_exchange(struct voices *voices, const struct report *report,
                          const struct listed_exchange *exchange)
{
    say_to_all(voices,
               &(struct speech){.report = report, .exchange = exchange});
}

void voices_warn(struct voices *voices, const char *text)
{
    say_to_all(voices, &(struct speech){.warning = text});
}

static bool end_late(struct voice *voice, const struct report *report,
                     struct fail *fail)
{
    bool written;

    errno = 0;
    written = voice->format->render(report, &voice->report, voice->late);
    if (voice->late == stdout)
        written &= fflush(stdout) == 0;
    else
        written &= fclose(voice->late) == 0;
    voice->late = NULL;
    return written || errno == EPIPE ||
           fail_set(fail, "cannot write '%s': %s", voice->name,
                    strerror(errno));
}

static bool end_outlet(struct voice *voice, const struct report *report,
                       struct fail *fail)
{
    const char *trouble;

    pass_on(voice, &(struct speech){.report = report, .is_end = true});
    if (outlet_drain(voice->outlet, PATIENCE))
        return true;
    trouble = outlet_trouble(voice->outlet);
    if (trouble)
        return fail_set(fail, "%s", trouble);
    return fail_set(fail, "'%s': the last lines were not taken in time",
                    voice->name);
}

bool voices_end(struct voices *voices, const struct report *report,
                struct fail *fail)
{
    bool good = true;

    for (size_t i = 0; i < voices->count; i++) {
        struct voice *voice = &voices->voice[i];

        if (voice->outlet)
            good &= end_outlet(voice, report, fail);
        else
            good &= end_late(voice, report, fail);
    }
    return good;
}

bool voices_reopen(struct voices *voices, struct fail *fail)
{
    bool good = true;

    for (size_t i = 0; i < voices->count; i++) {
        if (voices->voice[i].outlet && !voices->voice[i].is_device)
            good &= outlet_reopen(voices->voice[i].outlet, fail);
    }
    return good;
}

size_t voices_poll(const struct voices *voices, struct pollfd *places)
{
    size_t count = 0;

    for (size_t i = 0; i < voices->count; i++) {
        const struct outlet *outlet = voices->voice[i].outlet;

        if (outlet && !outlet_is_closed(outlet) && outlet_is_waiting(outlet))
            places[count++] = (struct pollfd){.fd = outlet_descriptor(outlet),
                                              .events = POLLOUT};
    }
    return count;
}

void voices_flush(struct voices *voices)
{
    for (size_t i = 0; i < voices->count; i++) {
        if (voices->voice[i].outlet)
            outlet_flush(voices->voice[i].outlet);
    }
}

bool voices_are_alone(const struct voices *voices)
{
    struct pollfd reader = {.fd = STDOUT_FILENO};

    if (voices->voice[0].outlet)
        return outlet_is_closed(voices->voice[0].outlet);
    return poll(&reader, 1, 0) == 1 && reader.revents & POLLERR;
}

const char *voices_failure(struct voices *voices, const char **name)
{
    for (size_t i = 0; i < voices->count; i++) {
        const char *said = voices->voice[i].outlet
                               ? outlet_failure(voices->voice[i].outlet)
                               : NULL;

        *name = voices->voice[i].name;
        if (said)
            return said;
    }
    return NULL;
}

uint64_t voices_dropped(const struct voices *voices)
{
    uint64_t dropped = 0;

    for (size_t i = 0; i < voices->count; i++) {
        if (voices->voice[i].outlet)
            dropped += outlet_dropped(voices->voice[i].outlet);
    }
    return dropped;
}
