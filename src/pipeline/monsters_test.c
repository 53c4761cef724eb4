/*
 * Captures made to exhaust: each must be read to its end in little memory and
 * little time, and where something was given up the report says so.
 *
 * Each monster runs in a process of its own, so that its memory is its own.
 */
#include "pipeline/hostile_kit.h"
#include "pipeline/stage_kit.h"

#include <sys/wait.h>
#include <zlib.h>

#define MEGABYTE    ((size_t)1 << 20)
#define GROWTH_MAX  (96 * MEGABYTE)
#define SECONDS_MAX 30.0

/* What the child tells the parent. */
struct told {
    size_t growth;
    double seconds;
    bool done;
    bool warned;
    bool ignored;
    uint64_t packets;
    uint64_t connections;
};

static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/* The server's bytes jump ahead by 4 GB in three steps, all acknowledged. */
static void monster_gap(struct stage *stage)
{
    stage_open(stage);
    stage_say(stage, 0, get);
    stage_say(stage, 1,
              "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        stage->seq[1] += 0x55555555;
        stage_say(stage, 1, "more of it");
        stage_send(stage, 0, TCP_ACK, 0);
    }
}

static void monster_syns(struct stage *stage)
{
    for (uint32_t i = 0; i < 1000000; i++) {
        stage->client = CLIENT_ADDRESS + i;
        stage_send(stage, 0, TCP_SYN, 0);
    }
}

static void monster_headers(struct stage *stage)
{
    const size_t piece = 32000;

    stage_open(stage);
    stage_say(stage, 0, get);
    stage_say(stage, 1, "HTTP/1.1 200 OK\r\nX-Filler: ");
    for (size_t sent = 0; sent < 100 * MEGABYTE; sent += piece) {
        memset(payload(stage), 'x', piece);
        memcpy(payload(stage) + piece / 2, "\r\nX-Filler: ", 12);
        stage_send(stage, 1, TCP_ACK, piece);
    }
}

static void monster_pipelined(struct stage *stage)
{
    const size_t size = sizeof get - 1;

    stage_open(stage);
    for (int i = 0; i < 1000; i++) {
        for (size_t j = 0; j < 1000; j++)
            memcpy(payload(stage) + j * size, get, size);
        stage_send(stage, 0, TCP_ACK, 1000 * size);
    }
}

static void monster_held(struct stage *stage)
{
    for (uint32_t i = 0; i < 100000; i++) {
        stage->client = CLIENT_ADDRESS + i / 1000;
        stage->port = (uint16_t)(20000 + i % 1000);
        stage_open(stage);
        stage->seq[0] += 1000;
        memset(payload(stage), 'x', 1400);
        stage_send(stage, 0, TCP_ACK, 1400);
    }
}

/* Whole exchanges on one connection, while the clock stands still or goes
 * back, in steps and then over the edge of its range. */
static void exchange_often(struct stage *stage, int times)
{
    stage_open(stage);
    for (int i = 0; i < times; i++) {
        stage_say(stage, 0, get);
        stage_say(stage, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
}

static void monster_clock_stands(struct stage *stage)
{
    stage->step = 0;
    exchange_often(stage, 500000);
}

static void monster_clock_goes_back(struct stage *stage)
{
    stage->step = -NANOS_PER_SECOND;
    exchange_often(stage, 500000);
}

static void monster_clock_jumps(struct stage *stage)
{
    static const nanos time[] = {INT64_MAX, INT64_MIN + 1, 0, -1};

    stage->step = 0;
    stage_open(stage);
    for (int i = 0; i < 100000; i++) {
        stage->frame.time = time[i % 4];
        stage_say(stage, 0, get);
        stage_say(stage, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
}

/* IP in IP, and VLAN in VLAN, a thousand deep. */
static void monster_tunnels(struct stage *stage)
{
    const size_t depth = 1000;

    for (int i = 0; i < 2000; i++) {
        stage->frame.link_type = LINK_RAW;
        for (size_t j = 0; j < depth; j++)
            put_ip(stage, stage->byte + j * IPV4_SIZE, 4,
                   (depth - j) * IPV4_SIZE);
        stage_give(stage, (depth + 1) * IPV4_SIZE);
        stage->frame.link_type = LINK_ETHERNET;
        memset(stage->byte, 0, 12);
        for (size_t j = 0; j < depth; j++)
            put32(stage->byte + 12 + 4 * j, 0x81000001);
        stage_give(stage, 12 + 4 * depth);
    }
    stage->frame.link_type = LINK_RAW;
}

/* First fragments, each of a datagram of its own. */
static void monster_fragments(struct stage *stage)
{
    for (uint32_t i = 0; i < 300000; i++) {
        stage->client = CLIENT_ADDRESS + i / 50000;
        put_ip(stage, stage->byte, 6, 1400);
        put16(stage->byte + 6, 0x2000);
        stage_give(stage, IPV4_SIZE + 1400);
    }
}

static void read_memory(struct stage *stage, const struct memory *memory)
{
    struct capture *capture = memory_capture(memory);
    struct frame frame;

    while (capture_next(capture, &frame))
        pipeline_take(stage->pipeline, &frame);
    capture_close(capture);
    memory_close(memory);
}

/* A section, then a block that claims to be as long as can be. */
static void monster_block(struct stage *stage)
{
    static const uint32_t block[] = {0x0a0d0d0a, 28,         0x1a2b3c4d, 1,
                                     UINT32_MAX, UINT32_MAX, 28,         6,
                                     0xfffffffc, 0,          0,          0,
                                     0,          0,          0};
    struct memory memory;

    memory_open(&memory);
    memory_fill(&memory, block, sizeof block);
    read_memory(stage, &memory);
}

/* A capture's header and a gigabyte of zeros, compressed: records of no bytes
 * at the beginning of time. */
static void monster_bomb(struct stage *stage)
{
    static const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0,
                                      0,          65535,      LINK_RAW};
    static const uint8_t zeros[1 << 20];
    struct memory memory;
    gzFile file;

    memory_open(&memory);
    file = gzopen(memory.path, "wb1");
    (void)gzwrite(file, header, sizeof header);
    for (int i = 0; i < 1024; i++)
        (void)gzwrite(file, zeros, sizeof zeros);
    (void)gzclose(file);
    read_memory(stage, &memory);
}

static void render_all(const struct report *report)
{
    const struct report_options how = {.width = 80};
    FILE *nowhere = fopen("/dev/null", "w");

    (void)text_renderer.render(report, &how, nowhere);
    (void)json_renderer.render(report, &how, nowhere);
    (void)fclose(nowhere);
}

static void run_child(void (*monster)(struct stage *), struct told *told)
{
    struct pipeline_options options = {.judge.settings = diagnose_defaults()};
    struct capture_input input = {.path = "monster", .format = "pcap"};
    double began = cpu_seconds();
    size_t before = memory_peak();
    struct stage *stage = calloc(1, sizeof *stage);
    const struct report *report;

    limit_cpu(RUN_SECONDS_MAX * 5);
    *stage = (struct stage){.pipeline = pipeline_new(&options),
                            .step = NANOS_PER_MILLI,
                            .client = CLIENT_ADDRESS,
                            .port = PORT_CLIENT};
    stage->frame.link_type = LINK_RAW;
    monster(stage);
    report = pipeline_finish(stage->pipeline, &input, 1);
    render_all(report);
    for (size_t i = 0; i < report->warnings; i++)
        print_message("  %s\n", report->warning[i]);
    for (size_t i = 0; i < report->ignoreds; i++)
        print_message("  ignored: %" PRIu64 " %s\n", report->ignored[i].packets,
                      report->ignored[i].reason);
    told->growth = memory_peak() - before;
    told->seconds = cpu_seconds() - began;
    told->warned = report->warnings > 0;
    told->ignored = report->ignoreds > 0;
    told->packets = report->packets;
    told->connections = report->counts.connections;
    told->done = true;
    pipeline_free(stage->pipeline);
    free(stage);
}

/* Memory has no meaning where the sanitizer keeps what was freed. */
#ifdef __SANITIZE_ADDRESS__
static const bool counts_memory = false;
#else
static const bool counts_memory = true;
#endif

static struct told face(void (*monster)(struct stage *))
{
    struct told *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct told copy;
    pid_t child;
    int status;

    assert_true(told != MAP_FAILED);
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_child(monster, told);
        (void)fflush(NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    copy = *told;
    assert_int_equal(munmap(told, sizeof *told), 0);
    assert_int_equal(status, 0);
    assert_true(copy.done);
    print_message("  %.1f s, %zu kB, %" PRIu64 " packets, %" PRIu64
                  " connections\n",
                  copy.seconds, copy.growth / 1024, copy.packets,
                  copy.connections);
    if (counts_memory) {
        assert_true(copy.growth < GROWTH_MAX);
        assert_true(copy.seconds < SECONDS_MAX);
    }
    return copy;
}

static void test_gap(void **state)
{
    (void)state;
    assert_int_equal(face(monster_gap).connections, 1);
}

static void test_syns(void **state)
{
    struct told told = face(monster_syns);

    (void)state;
    assert_int_equal(told.connections, 1000000);
    assert_true(told.warned);
}

static void test_headers(void **state)
{
    (void)state;
    assert_int_equal(face(monster_headers).connections, 1);
}

static void test_pipelined(void **state)
{
    (void)state;
    assert_true(face(monster_pipelined).warned);
}

static void test_held(void **state)
{
    struct told told = face(monster_held);

    (void)state;
    assert_int_equal(told.connections, 100000);
    assert_true(told.warned);
}

static void test_clocks(void **state)
{
    (void)state;
    assert_int_equal(face(monster_clock_stands).connections, 1);
    assert_int_equal(face(monster_clock_goes_back).connections, 1);
    assert_int_equal(face(monster_clock_jumps).connections, 1);
}

static void test_tunnels(void **state)
{
    (void)state;
    assert_true(face(monster_tunnels).ignored);
}

static void test_fragments(void **state)
{
    (void)state;
    assert_true(face(monster_fragments).ignored);
}

static void test_block(void **state)
{
    (void)state;
    assert_int_equal(face(monster_block).packets, 0);
}

static void test_bomb(void **state)
{
    (void)state;
    assert_true(face(monster_bomb).packets > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap),     cmocka_unit_test(test_syns),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_held),    cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_tunnels), cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_block),   cmocka_unit_test(test_bomb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
