"""The server gave up on a response: write timeouts, panics, kills."""

import contextlib
import os
import signal
import time

from kit import Client, recipe, sysctl, together

BASE = "http://127.0.0.1:8080"


@recipe("go-write-timeout-late-handler", "write-timeout-eof|handler-abort",
        seconds=5,
        note="a single failure: the two causes leave the same packets")
def late_handler(lab):
    """Go, WriteTimeout 1 s; the handler answers after 3 s, curl gets an
    empty reply."""
    lab.go("-write-timeout", "1s")
    lab.capture()
    lab.curl(BASE + "/sleep?ms=3000")


@recipe("go-write-timeout-threshold",
        "write-timeout-eof write-timeout-eof write-timeout-eof near-timeout*",
        seconds=4, note="bracket: longest success 0.9 s, shortest failure "
        "1.3 s")
def threshold(lab):
    """Go, WriteTimeout 1 s; handlers of 0.1 to 0.9 s succeed, those of 1.3,
    1.7 and 2.4 s end in EOF, each on its own connection."""
    lab.go("-write-timeout", "1s")
    lab.capture()
    lab.goget("-parallel", "-no-reuse", *[
        f"{BASE}/sleep?ms={ms}"
        for ms in (100, 300, 500, 700, 900, 1300, 1700, 2400)])


@recipe("go-write-timeout-streaming", "write-timeout-truncation", seconds=5,
        note="flushed: the cut is at no multiple of 4096")
def streaming(lab):
    """Go, WriteTimeout 1 s; 10 kB every 0.3 s, flushed: the first write
    after the deadline ends the response."""
    lab.go("-write-timeout", "1s")
    lab.capture()
    lab.curl(BASE + "/stream?bytes=10240&ms=300&count=8&flush=1")


@recipe("go-write-timeout-unflushed", "write-timeout-truncation", seconds=4,
        note="what arrived, header included, is a multiple of 4096")
def unflushed(lab):
    """Go, WriteTimeout 1 s; Content-Length 20000, the handler writes 9000,
    sleeps 2 s, writes the rest: what its buffers held is lost."""
    lab.go("-write-timeout", "1s")
    lab.capture()
    # Pieces of less than 2048 bytes, or the buffers are passed by.
    lab.curl(BASE + "/pieces?total=20000&first=9000&bytes=1000&ms=2000")


@recipe("go-write-timeout-slow-reader", "write-timeout-truncation",
        seconds=6, note="window 0 before the cut; the FIN queues behind "
        "what the kernel had buffered")
def slow_reader(lab):
    """Go, WriteTimeout 1 s; one large write to a client that reads nothing
    for 3 s, then everything."""
    sysctl("net.ipv4.tcp_wmem", "4096 16384 32768")
    lab.go("-write-timeout", "1s")
    lab.capture()
    client = Client(rcvbuf=4096)
    client.ask("/big?bytes=200000")
    time.sleep(3)
    client.drain()
    client.close()


@recipe("go-write-timeout-reused", "write-timeout-eof near-timeout*",
        seconds=5, note="the successes before it give the bracket "
        "(0.8 s, 2.0 s]; handler-abort stays possible")
def reused(lab):
    """Go, WriteTimeout 1 s; on one connection three good exchanges (0.2,
    0.5, 0.8 s), then one of 2 s that ends in EOF."""
    lab.go("-write-timeout", "1s")
    lab.capture()
    client = Client()
    for ms in (200, 500, 800, 2000):
        client.get(f"/sleep?ms={ms}")
    client.close()


@recipe("go-write-timeout-keepalive-probes",
        "write-timeout-eof|handler-abort", seconds=7,
        note="probes of both sides are answered while the server is silent")
def probes(lab):
    """Go, WriteTimeout 2 s, TCP keep-alive probes of server and client each
    second; the handler takes 5 s."""
    lab.go("-write-timeout", "2s", "-probe", "1s")
    lab.capture()
    lab.goget("-probe", "1s", BASE + "/sleep?ms=5000")


@recipe("go-panic-at-once", "handler-abort")
def panic_at_once(lab):
    """Go; a good exchange, then a handler that panics at once, on its own
    connection."""
    lab.go()
    lab.capture()
    lab.curl(BASE + "/ok")
    lab.curl(BASE + "/panic")


@recipe("go-panic-late", "handler-abort",
        note="0.5 s: refutes no timeout by itself, but a success took longer")
def panic_late(lab):
    """Go; a handler panics after 0.5 s while slower ones (0.8 s) of the same
    server succeed."""
    lab.go()
    lab.capture()
    lab.goget("-parallel", "-no-reuse", BASE + "/sleep?ms=800",
              BASE + "/panic?ms=500", BASE + "/sleep?ms=810")


@recipe("go-panic-mid-body", "handler-abort")
def panic_mid_body(lab):
    """Go; a handler flushes 1000 bytes, then panics after 0.2 s: a chunked
    response without its last chunk."""
    lab.go()
    lab.capture()
    lab.curl(BASE + "/panic?bytes=1000&flush=1&ms=200")


@recipe("go-declared-length", "handler-abort")
def declared_length(lab):
    """Go; Content-Length 100, the handler writes 5 bytes and returns: the
    server closes at once."""
    lab.go()
    lab.capture()
    lab.curl(BASE + "/short?total=100&first=5")


@recipe("process-killed", "handler-abort|server-shutdown|server-reset",
        note="one connection only: no cluster to see")
def process_killed(lab):
    """Go; the server process gets SIGKILL 0.4 s after it has read the
    request of its only connection."""
    server = lab.go()
    lab.capture()
    together(lambda: lab.curl(BASE + "/sleep?ms=5000"),
             lambda: (time.sleep(0.5), os.kill(server.pid, signal.SIGKILL)))


@recipe("process-killed-with-successor",
        "server-shutdown|handler-abort server-shutdown|handler-abort "
        "server-shutdown|handler-abort connect-refused|server-shutdown",
        seconds=4,
        note="three busy and two idle connections end within a millisecond, "
        "then one SYN is refused, then a successor answers")
def process_killed_many(lab):
    """Go; SIGKILL while three connections have a request in flight and two
    are idle; a sixth connection is refused, then a new server answers."""
    server = lab.go()
    lab.capture()
    clients = [Client() for _ in range(5)]
    for client in clients:
        client.get("/ok")
    for client in clients[:3]:
        client.ask("/sleep?ms=5000")
        time.sleep(0.1)
    time.sleep(0.3)
    server.kill()
    server.wait()
    for client in clients:
        client.drain()
        client.close()
    with contextlib.suppress(ConnectionRefusedError):
        Client()
    time.sleep(0.2)
    lab.go()
    last = Client()
    last.get("/ok")
    last.close()
