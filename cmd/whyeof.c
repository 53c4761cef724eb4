#include "pipeline/pipeline.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct pipeline_options options = {.settings = diagnose_defaults()};
    struct capture_options co = {0};
    struct fail fail = {0};
    struct capture *capture = capture_open((const char *const *)argv + 1,
                                           (size_t)argc - 1, &co, &fail);
    struct pipeline *p = pipeline_new(&options);
    struct frame frame;
    const struct report *r;
    const struct capture_input *in;
    size_t n;

    while (capture_next(capture, &frame))
        pipeline_take(p, &frame);
    in = capture_inputs(capture, &n);
    r = pipeline_finish(p, in, n);
    printf("connections %lu exchanges %lu complete %lu\n", r->counts.connections,
           r->counts.exchanges, r->counts.complete);
    for (size_t i = 0; i < r->findings; i++) {
        const struct finding *f = r->finding[i];
        printf("%s %s %s %s tcp.stream %lu\n   %s\n", severity_name(f->severity),
               verdict_slug(f->code), confidence_name(f->confidence),
               symptom_name(f->symptom), f->incident->conn.id, f->explanation);
        for (size_t k = 0; k < f->evidences; k++)
            printf("   #%lu %.6f %s %s\n", f->evidence[k].at.frame,
                   nanos_seconds(f->evidence[k].at.time - r->zero),
                   f->evidence[k].from == FROM_CLIENT ? "client" : "server",
                   f->evidence[k].what);
    }
    for (size_t i = 0; i < r->warnings; i++)
        printf("warning: %s\n", r->warning[i]);
    pipeline_free(p);
    capture_close(capture);
    return 0;
}
