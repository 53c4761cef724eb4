"""What only some software does: proxies that cut streams, PROXY protocol,
clients that ask for h2c by Upgrade, gRPC's C core."""

import os
import threading
import time

from kit import (PORT, SERVERS, Client, ok, recipe, read_request, serve,
                 together, wait_listening)

BASE = f"http://127.0.0.1:{PORT}"
FRONT = f"tcp port {PORT}"
UPSTREAM = PORT + 1
PROXIED = PORT + 4  # of HAProxy's with the PROXY protocol


def events(sock, chunked=True):
    """As many events as the target ends in, 0.3 s apart, then silence."""
    target = read_request(sock).split()[1]
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
                 (b"X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n"
                  if chunked else b"Connection: close\r\n\r\n"))
    for i in range(int(target.split(b"=")[1])):
        event = b"data: %d\n\n" % i
        sock.sendall(b"9\r\n" + event + b"\r\n" if chunked else event)
        time.sleep(0.3)
    threading.Event().wait()


def events_to_the_end(sock):
    events(sock, chunked=False)


def watch_streams():
    def watch(n):
        client = Client()
        client.ask(f"/events?n={n}")
        client.drain()
        client.close()
    together(lambda: watch(2), lambda: watch(5), lambda: watch(8))


@recipe("nginx-sse-idle", "stream-idle-timeout stream-idle-timeout "
        "stream-idle-timeout", seconds=6, note="two clocks: 1.0 s since the "
        "last byte each time, 1.3 to 3.1 s since the request")
def nginx_streams(lab):
    """nginx, proxy_read_timeout 1 s, in front of event streams of 2, 5 and 8
    events that then fall silent; the front leg."""
    serve(events, UPSTREAM)
    lab.nginx("nginx-proxy.conf")
    lab.capture(expression=FRONT)
    watch_streams()


@recipe("nginx-sse-held-back", "handler-abort handler-abort handler-abort",
        seconds=6, note="on this leg nothing comes until nginx closes: neither "
        "clock is constant, and nginx is known for a proxy; the leg behind "
        "would tell, so it is possible at most")
def nginx_held_back(lab):
    """The same, and nginx buffers the answers (proxy_buffering on), whose
    length only the upstream's close would tell."""
    serve(events_to_the_end, UPSTREAM)
    lab.nginx("nginx-proxy.conf")
    lab.capture(expression=FRONT)
    watch_streams()


@recipe("haproxy-sse-idle", "stream-idle-timeout stream-idle-timeout "
        "stream-idle-timeout", seconds=7,
        note="2.0 s since the last byte each time")
def haproxy_streams(lab):
    """The same through HAProxy, timeout server 2 s."""
    serve(events, UPSTREAM)
    haproxy(lab)
    lab.capture(expression=FRONT)
    watch_streams()


def haproxy(lab):
    lab.start("haproxy", "-f", os.path.join(SERVERS, "haproxy.cfg"))
    wait_listening(PORT)


def behind_proxy_header(sock):
    """Answers GET /, and closes on all else."""
    data = sock.recv(4096)
    while b"\r\n\r\n" not in data[16:]:
        data += sock.recv(4096)
    if b"GET / " in data:
        sock.sendall(ok(extra="Connection: close\r\n"))
    time.sleep(0.2)
    sock.close()


@recipe("haproxy-proxy-protocol", "handler-abort handler-abort", seconds=3,
        note="the leg behind HAProxy, which sends version 1 and 2 of the "
        "PROXY protocol's header; a good request and a failing one by each")
def proxied(lab):
    """HAProxy tells its upstream who the client is; the upstream closes on
    /gone without an answer."""
    serve(behind_proxy_header, PROXIED)
    haproxy(lab)
    lab.capture(expression=f"tcp port {PROXIED}")
    for port in (PORT + 2, PORT + 3):
        for path in ("/", "/gone"):
            lab.curl(f"http://127.0.0.1:{port}{path}")


@recipe("curl-h2c-upgrade", "handler-abort", seconds=3,
        note="stream 1 is the request that asked for the upgrade: reset like "
        "any other stream of HTTP/2")
def curl_upgrade(lab):
    """curl --http2 to Go: two good requests on one connection, then one whose
    handler panics in its answer."""
    lab.goh2()
    lab.capture()
    lab.curl("--http2", BASE + "/ok?bytes=3000", BASE + "/ok")
    lab.curl("--http2", BASE + "/panic?bytes=100&ms=200")


@recipe("jdk-h2c-upgrade", "handler-abort", seconds=5)
def jdk_upgrade(lab):
    """The JDK's HttpClient to Go: Upgrade: h2c, then two streams on the same
    connection, the last of which its handler ends with a panic."""
    lab.goh2()
    lab.capture()
    lab.start("java", os.path.join(SERVERS, "JdkGet.java"), BASE + "/ok",
              BASE + "/ok?bytes=3000",
              BASE + "/panic?bytes=100&ms=200").wait(timeout=60)


def core(lab, *words, wait=True):
    child = lab.start("/usr/bin/python3",
                      os.path.join(SERVERS, "corecall.py"), PORT, *words)
    if wait:
        child.wait(timeout=30)
    return child


@recipe("grpc-core-deadline", "client-abort client-abort", seconds=5,
        note="the deadline is the client's own, 1.5 s")
def core_deadline(lab):
    """gRPC's C core to grpc-go: two calls with a deadline of 1.5 s and a
    handler of 3 s, and one that is answered."""
    lab.grpc()
    lab.capture()
    core(lab, "1.5", "hello", "sleep 3s", "sleep 3s")


@recipe("grpc-core-server-killed", "h2-connection-closed|server-shutdown "
        "h2-connection-closed|server-shutdown", seconds=4,
        note="what the C core sends behind the server's FIN (RST_STREAM, "
        "GOAWAY) is no cause")
def core_killed(lab):
    """gRPC's C core to grpc-go, which is killed with two calls under way."""
    server = lab.grpc()
    lab.capture()
    child = core(lab, "10", "hello", "&sleep 8s", "&sleep 8s", wait=False)
    time.sleep(1.5)
    server.kill()
    child.wait(timeout=30)


@recipe("healthy-grpc-core", "", seconds=3)
def core_healthy(lab):
    """gRPC's C core to grpc-go: five calls, one of which is NOT_FOUND."""
    lab.grpc()
    lab.capture()
    core(lab, "5", "hello", "&one", "&two", "missing", "bye")


@recipe("nginx-444", "handler-abort", seconds=3,
        note="return 444 closes without a byte, at once: a rule of the "
        "server's, not a crash; the Host differs")
def closed_by_rule(lab):
    """nginx answers one Host and closes on all others (return 444)."""
    lab.nginx("nginx-444.conf")
    lab.capture()
    lab.curl("-H", "Host: lab.example", BASE + "/")
    lab.curl("-H", "Host: other.example", BASE + "/")
