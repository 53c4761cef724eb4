#include "report/html_figures.h"

#include "wire/endpoint.h"

#include <math.h>

/* In the SVG's own units. */
enum {
    LADDER_WIDTH = 420,
    LADDER_CLIENT = 120,
    LADDER_SERVER = 320,
    LADDER_TOP = 34,
    LADDER_STEP = 30,
    BAR_WIDTH = 420,
    BAR_HEIGHT = 22,
    LEGEND_STEP = 18,
    PLOT_WIDTH = 640,
    PLOT_LEFT = 10,
    PLOT_RIGHT = 630,
    PLOT_GOOD = 24,
    PLOT_BAD = 52,
    PLOT_AXIS = 72,
    PLOT_HEIGHT = 96
};

void html_figure_begin(const struct html *html, int width, int height,
                       const char *words)
{
    (void)fprintf(html->out,
                  "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                  "role=\"img\" aria-label=\"",
                  width, height, width, height);
    html_text(html, words);
    (void)fputs("\">", html->out);
}

void html_figure_text(const struct html *html, double x, double y,
                      const char *anchor, const char *text)
{
    (void)fprintf(html->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
                  x, y, anchor);
    html_text(html, text);
    (void)fputs("</text>", html->out);
}

/* An arrow from one side to the other, or a mark between them. */
static void draw_evidence(const struct html *html, const struct evidence *e,
                          int y)
{
    bool to_server = e->from == FROM_CLIENT;
    int from = to_server ? LADDER_CLIENT : LADDER_SERVER;
    int to = to_server ? LADDER_SERVER : LADDER_CLIENT;
    int back = to_server ? -8 : 8;
    char text[64];

    if (e->from != FROM_CLIENT && e->from != FROM_SERVER) {
        (void)fprintf(html->out,
                      "<circle class=\"head\" cx=\"%d\" cy=\"%d\" r=\"4\"/>",
                      (LADDER_CLIENT + LADDER_SERVER) / 2, y);
    } else {
        (void)fprintf(html->out,
                      "<path class=\"arrow\" d=\"M%d %dH%d\"/>"
                      "<path class=\"head\" d=\"M%d %dl%d -4v8z\"/>",
                      from, y, to, to, y, back);
    }
    (void)snprintf(text, sizeof text, "#%" PRIu64, mark_frame(e->at));
    html_figure_text(html, (LADDER_CLIENT + LADDER_SERVER) / 2.0, y - 5,
                     "middle", text);
    (void)snprintf(text, sizeof text, "%.6f s",
                   nanos_seconds(
                       nanos_between(html->report->zero, e->at.time)));
    html_figure_text(html, LADDER_CLIENT - 12, y + 4, "end", text);
}

/* How long nothing of it came before, where that is a second or more. */
static void draw_silence(const struct html *html, const struct evidence *before,
                         const struct evidence *e, int y)
{
    nanos silence = nanos_between(before->at.time, e->at.time);
    char duration[NANOS_TEXT_SIZE];
    char text[64];

    if (silence < NANOS_PER_SECOND)
        return;
    (void)snprintf(text, sizeof text, "%s later",
                   nanos_print_duration(duration, silence));
    html_figure_text(html, LADDER_SERVER + 12, y + 4, "start", text);
}

void html_ladder(const struct html *html, const struct finding *finding)
{
    int height = LADDER_TOP + (int)finding->evidences * LADDER_STEP + 8;

    if (!finding->evidences)
        return;
    html_figure_begin(
        html, LADDER_WIDTH, height,
        "the packets that decide, in order; the table below has them "
        "in words");
    html_figure_text(html, LADDER_CLIENT, 14, "middle", "client");
    html_figure_text(html, LADDER_SERVER, 14, "middle", "server");
    (void)fprintf(html->out, "<path class=\"life\" d=\"M%d 20V%dM%d 20V%d\"/>",
                  LADDER_CLIENT, height, LADDER_SERVER, height);
    for (size_t i = 0; i < finding->evidences; i++) {
        int y = LADDER_TOP + (int)i * LADDER_STEP + LADDER_STEP / 2;

        draw_evidence(html, &finding->evidence[i], y);
        if (i > 0)
            draw_silence(html, &finding->evidence[i - 1], &finding->evidence[i],
                         y);
    }
    (void)fputs("</svg>\n", html->out);
}

static unsigned count_turns(const struct turns *turns, nanos least)
{
    unsigned count = 0;

    for (unsigned i = 0; i < HOLDER_COUNT; i++)
        count += turns->of[i] > least;
    return count;
}

void html_turns(const struct html *html, const struct finding *finding)
{
    const struct turns *turns = &finding->turns;
    nanos total = turns_total(turns);
    nanos least = total / 100;
    unsigned rows = count_turns(turns, least);
    double x = 0;
    unsigned row = 0;

    if (total < NANOS_PER_SECOND)
        return;
    html_figure_begin(html, BAR_WIDTH, BAR_HEIGHT + 6 + (int)rows * LEGEND_STEP,
                      "who was waited for");
    for (unsigned i = 0; i < HOLDER_COUNT; i++) {
        double width = (double)turns->of[i] / (double)total * BAR_WIDTH;
        char duration[NANOS_TEXT_SIZE];
        char text[96];
        int y = BAR_HEIGHT + 18 + (int)row * LEGEND_STEP;

        if (turns->of[i] <= least)
            continue;
        (void)snprintf(text, sizeof text, "%s %s", holder_name((enum holder)i),
                       nanos_print_duration(duration, turns->of[i]));
        (void)fprintf(html->out,
                      "<rect class=\"t%u\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
                      "height=\"%d\"/><rect class=\"t%u\" x=\"0\" y=\"%d\" "
                      "width=\"10\" height=\"10\"/>",
                      i, x, width, BAR_HEIGHT, i, y - 10);
        html_figure_text(html, 16, y, "start", text);
        x += width;
        row++;
    }
    (void)fputs("</svg>\n", html->out);
}

/* The axis of times: from `least` to `most`, each ten times as wide. */
struct axis {
    double least; /* log10 of seconds */
    double most;
};

static double log_of(nanos time)
{
    return log10(nanos_seconds(time < 1000 ? 1000 : time));
}

static double place_of(const struct axis *axis, nanos time)
{
    double part = (log_of(time) - axis->least) / (axis->most - axis->least);

    return PLOT_LEFT + part * (PLOT_RIGHT - PLOT_LEFT);
}

static void widen(struct axis *axis, nanos time)
{
    double at = log_of(time);

    if (at < axis->least)
        axis->least = at;
    if (at > axis->most)
        axis->most = at;
}

static bool is_of(const struct finding *finding,
                  const struct server_facts *server)
{
    return finding->exchange && finding->severity > SEVERITY_INFO &&
           endpoint_same(&finding->connection.server, &server->server);
}

static struct axis axis_for(const struct html *html,
                            const struct server_facts *server,
                            const struct sketch *answers)
{
    struct axis axis = {.least = 10, .most = -10};

    if (answers->samples) {
        widen(&axis, answers->least);
        widen(&axis, answers->most);
    }
    if (server->cut.samples)
        widen(&axis, server->cut.shortest);
    for (size_t i = 0; i < html->report->findings; i++) {
        if (is_of(html->report->finding[i], server))
            widen(&axis, html->report->finding[i]->wait);
    }
    axis.least = floor(axis.least);
    axis.most = ceil(axis.most + 0.01);
    return axis;
}

static void draw_axis(const struct html *html, const struct axis *axis)
{
    (void)fprintf(html->out, "<path class=\"axis\" d=\"M%d %dH%d\"/>",
                  PLOT_LEFT, PLOT_AXIS, PLOT_RIGHT);
    for (int power = (int)axis->least; power <= (int)axis->most; power++) {
        nanos time = (nanos)(pow(10, power) * (double)NANOS_PER_SECOND);
        double x = place_of(axis, time);
        char text[NANOS_TEXT_SIZE];

        (void)fprintf(html->out, "<path class=\"axis\" d=\"M%.1f %dv5\"/>", x,
                      PLOT_AXIS);
        html_figure_text(html, x, PLOT_AXIS + 20,
                         power == (int)axis->least  ? "start"
                         : power == (int)axis->most ? "end"
                                                    : "middle",
                         nanos_print_duration(text, time));
    }
}

/* One dot for all of a bucket: larger where there are more. */
static void draw_answers(const struct html *html, const struct axis *axis,
                         const struct sketch *answers)
{
    for (unsigned bucket = 0; bucket < SKETCH_BUCKETS; bucket++) {
        uint64_t count = sketch_count(answers, bucket);
        double radius = 2 + log10((double)(count ? count : 1)) * 1.5;

        if (count)
            (void)fprintf(html->out,
                          "<circle class=\"good\" cx=\"%.1f\" cy=\"%d\" "
                          "r=\"%.1f\"/>",
                          place_of(axis, sketch_middle(bucket)), PLOT_GOOD,
                          radius);
    }
}

static void draw_band(const struct html *html, const struct axis *axis,
                      const struct server_facts *server)
{
    struct mark at;
    nanos below = server_longest_below(server, &at);
    double from;
    double to;

    if (!server->cut.samples || !below || server_refutes_timeout(server))
        return;
    from = place_of(axis, below);
    to = place_of(axis, server->cut.shortest);
    (void)fprintf(html->out,
                  "<rect class=\"band\" x=\"%.1f\" y=\"8\" width=\"%.1f\" "
                  "height=\"%d\"/>",
                  from, to - from > 2 ? to - from : 2, PLOT_AXIS - 8);
}

/* Those of one place are one dot: a page stays small however many there are. */
static void draw_failures(const struct html *html, const struct axis *axis,
                          const struct server_facts *server)
{
    bool drawn[PLOT_WIDTH] = {false};

    for (size_t i = 0; i < html->report->findings; i++) {
        const struct finding *finding = html->report->finding[i];
        double x;

        if (!is_of(finding, server))
            continue;
        x = place_of(axis, finding->wait);
        if (x < 0 || x >= PLOT_WIDTH || drawn[(unsigned)x])
            continue;
        drawn[(unsigned)x] = true;
        (void)fprintf(html->out,
                      "<circle class=\"bad\" cx=\"%.1f\" cy=\"%d\" "
                      "r=\"3\"/>",
                      x, PLOT_BAD);
    }
}

void html_answers(const struct html *html, const struct server_facts *server)
{
    struct latency latency = routes_latency(server->routes);
    struct axis axis = axis_for(html, server, &latency.end);

    if (axis.most > axis.least) {
        html_figure_begin(
            html, PLOT_WIDTH, PLOT_HEIGHT,
            "how long answers took, above; what failed, below; the "
            "band is where a write timeout would be");
        draw_band(html, &axis, server);
        draw_answers(html, &axis, &latency.end);
        draw_failures(html, &axis, server);
        draw_axis(html, &axis);
        (void)fputs("</svg>\n", html->out);
    }
    latency_release(&latency);
}
