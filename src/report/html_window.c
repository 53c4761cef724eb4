/* The window of HTTP/2 that was used up, as a plot of steps over time. */
#include "report/html_figures.h"

#include "base/text.h"

enum {
    WIDTH = 640,
    LEFT = 10,
    RIGHT = 630,
    BESIDE = 150, /* of what was before, and of what came after */
    TOP = 22,
    BOTTOM = 112,
    HEIGHT = 168,
    WORDS_SIZE = 512,
    STEPS_ROOM = 2 * H2_POINTS_KEPT,
    TIMES_OF_SPAN = 4 /* a beginning further off would leave no room for it */
};

/* What is drawn: the steps, and when nothing could be sent. */
struct plot {
    struct h2_point step[STEPS_ROOM];
    size_t steps;
    struct h2_point start; /* what was left before its first byte, where that
                              is near enough; else of time 0 */
    nanos first;           /* the ends of the axis */
    nanos last;
    nanos from; /* it blocked from here */
    nanos until;
    int64_t most;   /* the height of it */
    int64_t opened; /* what was left when it did not block any more */
    bool goes_on;   /* it was blocked until the end */
};

static void add_steps(struct plot *plot, const struct h2_points *points)
{
    for (size_t i = 0; i < h2_points_kept(points); i++)
        plot->step[plot->steps++] = h2_points_at(points, i);
}

/* A first time that blocks has no step before it: how it came to that is not
 * kept, only from what. */
static void add_start(struct plot *plot, const struct h2_window *window)
{
    nanos span = nanos_between(plot->from, plot->until);
    bool is_first = plot->steps == 0 || plot->step[0].time == plot->from;

    if (is_first && window->begun && window->begun < plot->from &&
        nanos_between(window->begun, plot->from) / TIMES_OF_SPAN <= span)
        plot->start = (struct h2_point){window->begun, window->start};
}

static struct plot plot_of(const struct finding *finding)
{
    const struct h2_window *window = &finding->window;
    const struct h2_blocking *blocking = &window->blocking;
    struct plot plot = {.from = finding->blocked_from.time,
                        .until = finding->blocked_until.time,
                        .goes_on = !mark_is_set(finding->blocked_until)};

    if (plot.goes_on) {
        plot.until =
            finding->ended.time > plot.from ? finding->ended.time : plot.from;
        add_steps(&plot, &blocking->recent);
    } else {
        add_steps(&plot, &blocking->before);
        add_steps(&plot, &blocking->after);
        if (blocking->after.count)
            plot.opened = h2_points_at(&blocking->after, 0).left;
    }
    add_start(&plot, window);
    plot.first = plot.start.time ? plot.start.time
                 : plot.steps    ? plot.step[0].time
                                 : plot.from;
    plot.last = plot.until;
    if (plot.steps && plot.step[plot.steps - 1].time > plot.last)
        plot.last = plot.step[plot.steps - 1].time;
    plot.most = plot.start.left > 1 ? plot.start.left : 1;
    for (size_t i = 0; i < plot.steps; i++) {
        if (plot.step[i].left > plot.most)
            plot.most = plot.step[i].left;
    }
    return plot;
}

/* Where a time is between two that are at `left` and `right`. */
static double between(nanos from, nanos until, nanos time, double left,
                      double right)
{
    double all = (double)nanos_between(from, until);

    return left + (all > 0 ? (double)nanos_between(from, time) / all : 0) *
                      (right - left);
}

/* Before it blocked, meanwhile, and after: each part has a scale of its own,
 * since a stall may be a thousand times as long as what led to it. */
static double across(const struct plot *plot, nanos time)
{
    double from = plot->first < plot->from ? LEFT + BESIDE : LEFT;
    double until = plot->last > plot->until ? RIGHT - BESIDE : RIGHT;

    if (time < plot->from)
        return between(plot->first, plot->from, time, LEFT, from);
    if (time <= plot->until)
        return between(plot->from, plot->until, time, from, until);
    return between(plot->until, plot->last, time, until, RIGHT);
}

/* Less than nothing is on the axis, too: it may not be sent either. */
static double height_of(const struct plot *plot, int64_t left)
{
    double part = left > 0 ? (double)left / (double)plot->most : 0;

    return BOTTOM - part * (BOTTOM - TOP);
}

static void draw_span(const struct html *html, const struct plot *plot)
{
    double from = across(plot, plot->from);
    double width = across(plot, plot->until) - from;

    (void)fprintf(html->out,
                  "<rect class=\"band\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
                  "height=\"%d\"/>",
                  from, TOP, width > 2 ? width : 2, BOTTOM - TOP);
}

static void draw_steps(const struct html *html, const struct plot *plot)
{
    if (!plot->steps)
        return;
    (void)fprintf(html->out, "<path class=\"step\" d=\"M%.1f %.1f",
                  across(plot, plot->step[0].time),
                  height_of(plot, plot->step[0].left));
    for (size_t i = 1; i < plot->steps; i++)
        (void)fprintf(html->out, "H%.1fV%.1f", across(plot, plot->step[i].time),
                      height_of(plot, plot->step[i].left));
    (void)fprintf(html->out, "H%.1f\"/>", across(plot, plot->last));
}

/* From what it began with to nothing; the steps between are not kept. */
static void draw_start(const struct html *html, const struct plot *plot)
{
    if (plot->start.time)
        (void)fprintf(html->out,
                      "<path class=\"step\" stroke-dasharray=\"5 4\" "
                      "d=\"M%.1f %.1fL%.1f %.1f\"/>",
                      across(plot, plot->start.time),
                      height_of(plot, plot->start.left),
                      across(plot, plot->from), height_of(plot, 0));
}

static void draw_time(const struct html *html, const struct plot *plot,
                      nanos time, const char *anchor)
{
    double x = across(plot, time);
    char text[64];

    (void)fprintf(html->out, "<path class=\"axis\" d=\"M%.1f %dv5\"/>", x,
                  BOTTOM);
    (void)snprintf(text, sizeof text, "%.6f s",
                   nanos_seconds(nanos_between(html->report->zero, time)));
    html_figure_text(html, x, BOTTOM + 18, anchor, text);
}

static void draw_axis(const struct html *html, const struct plot *plot)
{
    char text[64];

    (void)fprintf(html->out, "<path class=\"axis\" d=\"M%d %dH%d\"/>", LEFT,
                  BOTTOM, RIGHT);
    if (plot->first < plot->from)
        draw_time(html, plot, plot->first, "start");
    draw_time(html, plot, plot->from,
              plot->first < plot->from ? "middle" : "start");
    draw_time(html, plot, plot->until,
              plot->last > plot->until ? "middle" : "end");
    if (plot->last > plot->until)
        draw_time(html, plot, plot->last, "end");
    (void)snprintf(text, sizeof text, "%" PRId64 " bytes", plot->most);
    html_figure_text(html, LEFT, TOP - 8, "start", text);
}

/* "stream window, in bytes left: none from 0.010100 s to 3.200000 s (3.19 s),
 * then 65535" */
static void add_words(struct text *text, const struct html *html,
                      const struct finding *finding, const struct plot *plot)
{
    nanos zero = html->report->zero;
    char lasted[NANOS_TEXT_SIZE];

    text_addf(
        text, "%s window, in bytes left: none from %.6f s to %.6f s (%s)",
        finding->window_of, nanos_seconds(nanos_between(zero, plot->from)),
        nanos_seconds(nanos_between(zero, plot->until)),
        nanos_print_duration(lasted, nanos_between(plot->from, plot->until)));
    if (plot->goes_on)
        text_add(text, ", the end");
    else if (plot->opened > 0)
        text_addf(text, ", then %" PRId64, plot->opened);
}

void html_window(const struct html *html, const struct finding *finding)
{
    const struct h2_window *window = &finding->window;
    struct text text;
    struct plot plot;

    if (!finding->has_window || !mark_is_set(finding->blocked_from))
        return;
    plot = plot_of(finding);
    text_init(&text, WORDS_SIZE);
    add_words(&text, html, finding, &plot);
    html_figure_begin(html, WIDTH, HEIGHT, text_string(&text));
    draw_span(html, &plot);
    draw_start(html, &plot);
    draw_steps(html, &plot);
    draw_axis(html, &plot);
    html_figure_text(html, LEFT, BOTTOM + 34, "start", text_string(&text));
    text_clear(&text);
    text_addf(&text,
              "by then %" PRIu64 " bytes sent of %" PRId64
              " allowed; time has a scale of its own in each part",
              window->sent, window->start + (int64_t)window->credited);
    if (plot.start.time)
        text_add(&text, "; dashed: steps that are not kept");
    html_figure_text(html, LEFT, BOTTOM + 50, "start", text_string(&text));
    (void)fputs("</svg>\n", html->out);
    text_release(&text);
}
