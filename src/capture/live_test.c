#include "capture/live_kit.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

enum {
    ETHERTYPE_OURS = 0x88b5, /* for experiments, IEEE 802 */
    FRAME_SIZE = 60,
    PATIENCE_SECONDS = 15 /* on the busiest machine */
};

/* Sends `count` frames of `size` bytes into vb, numbered in byte 14. */
static void send_frames(unsigned count, size_t size)
{
    uint8_t bytes[2000] = {
        [12] = ETHERTYPE_OURS >> 8, [13] = ETHERTYPE_OURS & 0xff};
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_ifindex = (int)if_nametoindex("vb"),
                             .sll_halen = ETH_ALEN};
    int sender = socket(AF_PACKET, SOCK_RAW, 0);

    assert_true(sender >= 0);
    memset(bytes, 0xff, ETH_ALEN);
    for (unsigned i = 0; i < count; i++) {
        bytes[14] = (uint8_t)i;
        assert_int_equal(sendto(sender, bytes, size, 0,
                                (const struct sockaddr *)&to, sizeof(to)),
                         size);
    }
    (void)close(sender);
}

/*
 * The cable is up a while after both its ends are: the kernel hands the news
 * on when it finds the time, and loses what is sent before.
 */
static void wait_for_cable(void)
{
    nanos end = live_clock() + PATIENCE_SECONDS * NANOS_PER_SECOND;
    struct ifreq vb = {.ifr_name = "vb"};
    int asker = socket(AF_INET, SOCK_DGRAM, 0);

    do {
        (void)usleep(20000);
        assert_int_equal(ioctl(asker, SIOCGIFFLAGS, &vb), 0);
    } while (!(vb.ifr_flags & IFF_RUNNING) && live_clock() < end);
    assert_true(vb.ifr_flags & IFF_RUNNING);
    (void)close(asker);
}

static struct live *must_open(const struct live_options *options)
{
    struct fail fail = {0};
    struct live *live = live_open(options, &fail);

    assert_string_equal(fail.text, "");
    assert_non_null(live);
    return live;
}

/*
 * Reads until `until` is answered, for PATIENCE_SECONDS at most; how many
 * frames came meanwhile. The last of them is left in `frame`.
 */
static unsigned read_until(struct live *live, enum live_answer until,
                           unsigned frames, struct frame *frame)
{
    nanos end = live_clock() + PATIENCE_SECONDS * NANOS_PER_SECOND;
    unsigned count = 0;

    while (live_clock() < end) {
        struct pollfd ready = {.fd = live_descriptor(live), .events = POLLIN};
        enum live_answer answer = live_next(live, frame);

        if (answer == LIVE_FRAME)
            count++;
        if (answer == until && count >= frames)
            return count;
        if (answer != LIVE_FRAME)
            (void)poll(&ready, 1, 50);
    }
    fail_msg("waited in vain");
    return count;
}

static void test_frames(void **state)
{
    struct live_options options = {.interface = "va"};
    struct capture_input facts;
    struct live_drops drops;
    struct frame frame;
    struct timespec now;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    assert_string_equal(live_warning(live), "");
    assert_int_equal(live_next(live, &frame), LIVE_EMPTY);
    live_facts(live, &facts);
    assert_int_equal(facts.packets, 0);
    assert_true(facts.first_time == NANOS_NEVER);

    send_frames(3, FRAME_SIZE);
    assert_int_equal(read_until(live, LIVE_FRAME, 3, &frame), 3);
    assert_int_equal(frame.number, 3);
    assert_int_equal(frame.file_number, 3);
    assert_int_equal(frame.link_type, 1);
    assert_int_equal(frame.length, FRAME_SIZE);
    assert_int_equal(frame.data.size, FRAME_SIZE);
    assert_int_equal(frame.data.at[14], 2);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    assert_in_range(now.tv_sec - frame.time / NANOS_PER_SECOND, 0, 5);

    live_facts(live, &facts);
    assert_string_equal(facts.path, "va");
    assert_string_equal(facts.format, "live");
    assert_int_equal(facts.packets, 3);
    assert_int_equal(facts.bytes, 3 * FRAME_SIZE);
    assert_int_equal(facts.link_types, 1);
    assert_int_equal(facts.link_type[0], 1);
    assert_true(facts.first_time <= facts.last_time);
    assert_true(facts.last_time == frame.time);
    assert_int_equal(facts.trouble, CAPTURE_SOUND);
    assert_true(facts.has_drops);
    assert_int_equal(facts.interface_drops, 0);
    assert_int_equal(facts.snapped, 0);
    assert_true(live_drops(live, &drops));
    assert_int_equal(drops.received, 3);
    assert_int_equal(drops.kernel, 0);
    assert_string_equal(live_problem(live), "");
    live_close(live);
}

static void test_snaplen(void **state)
{
    struct live_options options = {.interface = "va", .snaplen = 100};
    struct capture_input facts;
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    send_frames(2, 1000);
    send_frames(1, FRAME_SIZE);
    (void)read_until(live, LIVE_FRAME, 2, &frame);
    assert_int_equal(frame.length, 1000);
    assert_int_equal(frame.data.size, 100);
    (void)read_until(live, LIVE_FRAME, 1, &frame);
    live_facts(live, &facts);
    assert_int_equal(facts.snapped, 2);
    assert_int_equal(facts.bytes, 260);
    live_close(live);
}

static void test_filter(void **state)
{
    struct live_options options = {.interface = "va",
                                   .filter = "ether[14] = 1"};
    struct live_drops drops;
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    send_frames(3, FRAME_SIZE);
    assert_int_equal(read_until(live, LIVE_FRAME, 1, &frame), 1);
    assert_int_equal(frame.data.at[14], 1);
    assert_true(live_drops(live, &drops));
    assert_int_equal(drops.received, 1);
    live_close(live);
}

/* One block holds 1 MiB at least, so send more than the ring has room for. */
static void test_kernel_drops(void **state)
{
    struct live_options options = {.interface = "va", .buffer = 1 << 20};
    struct live_drops drops, later;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    send_frames(3000, 1500);
    assert_true(live_drops(live, &drops));
    assert_int_equal(drops.received, 3000);
    assert_in_range(drops.kernel, 1, 2999);
    assert_true(live_drops(live, &later));
    assert_int_equal(later.received, 3000);
    assert_int_equal(later.kernel, drops.kernel);
    live_close(live);
}

/* The cooked header names the interface (LINKTYPE_LINUX_SLL2, 276). */
static void test_any(void **state)
{
    struct live_options options = {.interface = "any"};
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    send_frames(1, FRAME_SIZE);
    /* out of vb and into va */
    assert_int_equal(read_until(live, LIVE_FRAME, 2, &frame), 2);
    assert_int_equal(frame.link_type, 276);
    assert_int_equal(frame.data.at[7], if_nametoindex("va"));
    assert_int_equal(live_next(live, &frame), LIVE_EMPTY);
    live_close(live);
}

static void test_down_and_up(void **state)
{
    struct live_options options = {.interface = "va"};
    struct capture_input facts;
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    for (unsigned i = 0; i < 3; i++) {
        send_frames(2, FRAME_SIZE);
        assert_true(run("ip link set va down"));
        /* What came before it went down is still delivered. */
        assert_int_equal(read_until(live, LIVE_DOWN, 0, &frame), 2);
        assert_true(run("ip link set va up"));
        assert_int_equal(read_until(live, LIVE_EMPTY, 0, &frame), 0);
        wait_for_cable();
    }
    send_frames(1, FRAME_SIZE);
    assert_int_equal(read_until(live, LIVE_FRAME, 1, &frame), 1);
    live_facts(live, &facts);
    assert_int_equal(facts.packets, 7);
    assert_int_equal(facts.trouble, CAPTURE_SOUND);
    live_close(live);
}

static void test_renamed(void **state)
{
    struct live_options options = {.interface = "va"};
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    assert_true(run("ip link set va down"));
    assert_true(run("ip link set va name vc"));
    assert_int_equal(read_until(live, LIVE_DOWN, 0, &frame), 0);
    assert_true(run("ip link set vc up"));
    assert_int_equal(read_until(live, LIVE_EMPTY, 0, &frame), 0);
    wait_for_cable();
    send_frames(1, FRAME_SIZE);
    assert_int_equal(read_until(live, LIVE_FRAME, 1, &frame), 1);
    live_close(live);
}

/* Another one of the same name is not it. */
static void test_removed(void **state)
{
    struct live_options options = {.interface = "va"};
    struct capture_input facts;
    struct frame frame;
    struct live *live;

    (void)state;
    NEED_CABLE();
    live = must_open(&options);
    send_frames(1, FRAME_SIZE);
    assert_true(run("ip link del va"));
    assert_true(run("ip link add va type veth peer name vb"));
    assert_int_equal(read_until(live, LIVE_GONE, 0, &frame), 1);
    assert_string_equal(live_problem(live), "interface 'va' was removed");
    assert_int_equal(live_next(live, &frame), LIVE_GONE);
    live_facts(live, &facts);
    assert_int_equal(facts.packets, 1);
    assert_int_equal(facts.trouble, CAPTURE_TRUNCATED);
    assert_string_equal(facts.problem, "interface 'va' was removed");
    live_close(live);
}

static void test_clock(void **state)
{
    nanos before = live_clock();
    nanos after;

    (void)state;
    (void)usleep(20000);
    after = live_clock();
    assert_in_range(after - before, 20 * NANOS_PER_MILLI,
                    20 * NANOS_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),  cmocka_unit_test(test_snaplen),
        cmocka_unit_test(test_filter),  cmocka_unit_test(test_kernel_drops),
        cmocka_unit_test(test_any),     cmocka_unit_test(test_down_and_up),
        cmocka_unit_test(test_renamed), cmocka_unit_test(test_removed),
        cmocka_unit_test(test_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
