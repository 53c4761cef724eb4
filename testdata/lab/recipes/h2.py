"""HTTP/2 in the clear: Go's server, nginx, and frames by hand."""

import threading
import time

from h2raw import (CALM, CANCEL, DATA, END_STREAM, GOAWAY, HEADERS, NO_ERROR,
                   PROTOCOL_ERROR, RST_STREAM, H2Client, H2Server)
from kit import PORT, recipe, serve

BASE = f"http://127.0.0.1:{PORT}"


def curl(lab, *argv):
    return lab.curl("--http2-prior-knowledge", *argv)


@recipe("h2-write-timeout", "write-timeout-reset write-timeout-reset "
        "write-timeout-reset near-timeout*", seconds=4,
        note="RST_STREAM(INTERNAL_ERROR) always 1.0 s after the HEADERS; the "
        "connection lives on")
def write_timeout(lab):
    """Go, WriteTimeout 1 s; one connection, a good stream, then three with
    handlers of 1.5, 2 and 2.5 s, begun 0.2 s apart, then a good one."""
    lab.goh2("-write-timeout", "1s")
    lab.capture()
    client = H2Client()
    client.ask(1, "/ok")
    client.answered(1)
    for stream, ms in ((3, 1500), (5, 2000), (7, 2500)):
        client.ask(stream, f"/sleep?ms={ms}")
        time.sleep(0.2)
    for stream in (3, 5, 7):
        client.wait(RST_STREAM, stream)
    client.ask(9, "/ok")
    client.answered(9)
    client.close()


@recipe("h2-write-timeout-single", "write-timeout-reset|handler-abort",
        seconds=3, note="one stream alone: the two cannot be told apart")
def write_timeout_single(lab):
    """Go, WriteTimeout 1 s; one request by curl to a handler of 2 s."""
    lab.goh2("-write-timeout", "1s")
    lab.capture()
    curl(lab, BASE + "/sleep?ms=2000")


@recipe("h2-panic", "handler-abort handler-abort handler-abort", seconds=3,
        note="RST_STREAM(INTERNAL_ERROR) after 0.05, 0.4 and 0.7 s, the last "
        "with half a body; a success took 0.9 s")
def panic(lab):
    """Go; handlers panic after varying times, a slower one succeeds; one
    connection."""
    lab.goh2()
    lab.capture()
    client = H2Client()
    client.ask(1, "/sleep?ms=900")
    client.ask(3, "/panic?ms=50")
    client.ask(5, "/panic?ms=400")
    client.ask(7, "/panic?ms=700&bytes=500")
    client.answered(1)
    client.close()


@recipe("h2-stream-window-stall", "h2-stream-window-stall", seconds=5,
        note="to the capture's end; the connection window is open and a "
        "second stream is served")
def stream_stall(lab):
    """Go sends 20 kB to a client with a stream window of 5000 bytes that
    never opens it; the capture ends after 3.5 s."""
    lab.goh2()
    lab.capture()
    lab.clock()
    client = H2Client(window=5000)
    client.ask(1, "/big?bytes=20000")
    time.sleep(1)
    client.ask(3, "/ok")
    client.answered(3)
    time.sleep(2.5)
    lab.end_capture(quiet=0)


@recipe("h2-stream-window-resumes", "h2-stream-window-stall", seconds=5,
        note="a warning: completes after WINDOW_UPDATE")
def stream_resumes(lab):
    """The same, but the window is opened after 2.5 s."""
    lab.goh2()
    lab.capture()
    client = H2Client(window=5000)
    client.ask(1, "/big?bytes=20000")
    time.sleep(2.5)
    client.window(1, 20000)
    client.answered(1)
    client.close()


@recipe("h2-stream-window-cancelled", "h2-stream-window-stall", seconds=5,
        note="the cancel is the stall's end, not its cause")
def stream_cancelled(lab):
    """The same, but the client cancels after 2.5 s."""
    lab.goh2()
    lab.capture()
    client = H2Client(window=5000)
    client.ask(1, "/big?bytes=20000")
    time.sleep(2.5)
    client.reset(1, CANCEL)
    time.sleep(0.2)
    client.close()


@recipe("h2-connection-window-stall",
        "h2-connection-window-stall h2-connection-window-stall", seconds=5,
        note="stream 1 holds all 65535 bytes; stream 3 waits for 20 bytes")
def connection_stall(lab):
    """Go sends 100 kB on a stream with a large window; the connection's is
    never opened; a second request hangs too."""
    lab.goh2()
    lab.capture()
    lab.clock()
    client = H2Client(window=200000)
    client.ask(1, "/big?bytes=100000")
    time.sleep(0.5)
    client.ask(3, "/ok")
    time.sleep(3)
    lab.end_capture(quiet=0)


@recipe("h2-upload-window-stall", "h2-stream-window-stall", seconds=5,
        note="a warning: the upload goes on after 2.5 s")
def upload_stall(lab):
    """A client may send 4000 of 9000 bytes at first; the server opens the
    stream's window 2.5 s later."""
    def handle(sock):
        server = H2Server(sock, window=4000)
        server.wait(HEADERS, 1)
        time.sleep(2.5)
        server.window(1, 5000)
        server.wait(DATA, 1, END_STREAM)
        server.answer(1)
    serve(handle)
    lab.capture()
    client = H2Client()
    client.ask(1, "/upload", "POST", body=True)
    client.data(1, b"u" * 4000)
    time.sleep(2.6)
    client.data(1, b"u" * 5000, end=True)
    client.answered(1)
    client.close()


@recipe("h2-stream-limit", "h2-stream-limit", seconds=4,
        note="RST_STREAM(REFUSED_STREAM) for the third; two complete")
def stream_limit(lab):
    """Go, two streams at a time; a client opens three."""
    lab.goh2("-streams", "2")
    lab.capture()
    client = H2Client()
    time.sleep(0.1)
    for stream in (1, 3, 5):
        client.ask(stream, "/sleep?ms=900")
    client.answered(1, 3)
    client.close()


@recipe("h2-goaway-lost-streams", "goaway-lost-streams goaway-lost-streams",
        seconds=3, note="last-stream-id 1: stream 3 is safe to retry, stream "
        "1 perhaps not")
def goaway_lost(lab):
    """A server says GOAWAY(NO_ERROR, 1) with streams 1 and 3 open and closes
    0.3 s later."""
    def handle(sock):
        server = H2Server(sock)
        server.wait(HEADERS, 3)
        server.goaway(1, NO_ERROR)
        time.sleep(0.3)
        server.close()
    serve(handle)
    lab.capture()
    client = H2Client()
    client.ask(1, "/a")
    time.sleep(0.2)
    client.ask(3, "/b")
    client.wait(None)
    time.sleep(0.6)
    client.close()


@recipe("h2-goaway-hang", "goaway-hang", seconds=5,
        note="no stream is left, nothing holds the close visibly")
def goaway_hang(lab):
    """A server says GOAWAY after a complete stream and never closes; to the
    capture's end 3.5 s later."""
    def handle(sock):
        server = H2Server(sock)
        server.wait(HEADERS, 1)
        server.answer(1)
        server.goaway(1, NO_ERROR)
        threading.Event().wait()
    serve(handle)
    lab.capture()
    lab.clock()
    client = H2Client()
    client.ask(1, "/a")
    client.answered(1)
    time.sleep(3.5)
    lab.end_capture(quiet=0)


@recipe("h2-too-many-pings", "h2-connection-error", seconds=3,
        note="debug data 'too_many_pings'")
def pings(lab):
    """A server answers GOAWAY(ENHANCE_YOUR_CALM) and closes with a stream
    open."""
    def handle(sock):
        server = H2Server(sock)
        server.wait(HEADERS, 1)
        time.sleep(0.3)
        server.goaway(1, CALM, b"too_many_pings")
        server.close()
    serve(handle)
    lab.capture()
    client = H2Client()
    client.ask(1, "/a")
    client.wait(None)
    client.close()


@recipe("h2-connection-closed",
        "h2-connection-closed|server-shutdown "
        "h2-connection-closed|server-shutdown", seconds=3,
        note="the process dies: FIN with two streams open, no GOAWAY")
def closed(lab):
    """Go; the process ends while two streams are open."""
    lab.goh2()
    lab.capture()
    client = H2Client()
    client.ask(1, "/sleep?ms=5000")
    client.ask(3, "/die?ms=500")
    client.wait(None)
    client.close()


@recipe("h2-client-cancel", "client-abort client-abort", seconds=4,
        note="RST_STREAM(CANCEL) after 0.5 s, twice; the connection lives on")
def cancel(lab):
    """A client cancels two streams to Go handlers of 2 s, each after 0.5 s,
    and is served a third."""
    lab.goh2()
    lab.capture()
    client = H2Client()
    for stream in (1, 3):
        client.ask(stream, "/sleep?ms=2000")
        time.sleep(0.5)
        client.reset(stream, CANCEL)
    client.ask(5, "/ok")
    client.answered(5)
    client.close()


@recipe("h2-stream-reset", "h2-stream-reset", seconds=3)
def stream_reset(lab):
    """A server resets a stream by PROTOCOL_ERROR, and answers another."""
    def handle(sock):
        server = H2Server(sock)
        server.wait(HEADERS, 1)
        time.sleep(0.1)
        server.reset(1, PROTOCOL_ERROR)
        server.wait(HEADERS, 3)
        server.answer(3)
    serve(handle)
    lab.capture()
    client = H2Client()
    client.ask(1, "/a")
    client.wait(RST_STREAM, 1)
    client.ask(3, "/b")
    client.answered(3)
    client.close()


@recipe("h2-server-silent", "server-stall", seconds=5,
        note="windows open, other streams served")
def silent(lab):
    """Go; one handler says nothing for the 3.5 s the capture lasts, another
    stream is served meanwhile."""
    lab.goh2()
    lab.capture()
    lab.clock()
    client = H2Client()
    client.ask(1, "/sleep?ms=60000")
    time.sleep(1)
    client.ask(3, "/ok")
    client.answered(3)
    time.sleep(2.5)
    lab.end_capture(quiet=0)


@recipe("h2-grpc-trailers-missing", "grpc-trailers-missing", seconds=3,
        note="END_STREAM on DATA, no HEADERS with grpc-status")
def trailers(lab):
    """A server answers a gRPC request by a message and ends the stream
    without trailers."""
    def handle(sock):
        server = H2Server(sock)
        server.wait(HEADERS, 1)
        server.answer(1, "application/grpc", b"\0\0\0\0\2\x08\x01")
    serve(handle)
    lab.capture()
    client = H2Client()
    client.ask(1, "/lab.Echo/Say", "POST", body=True)
    client.data(1, b"\0\0\0\0\0", end=True)
    client.answered(1)
    client.close()


@recipe("healthy-h2-go", "", seconds=3)
def healthy_go(lab):
    """h2c to Go: three streams at once on one connection, by hand; a GET, a
    POST and a HEAD by curl, each on its own."""
    lab.goh2()
    lab.capture()
    client = H2Client()
    for stream, path in ((1, "/ok"), (3, "/ok?bytes=5000"),
                         (5, "/big?bytes=9000")):
        client.ask(stream, path)
    client.answered(1, 3, 5)
    client.close()
    curl(lab, BASE + "/ok")
    curl(lab, "-d", "x" * 2000, BASE + "/read")
    curl(lab, "-I", BASE + "/ok")


@recipe("healthy-h2-upgrade", "", seconds=3,
        note="curl's RST_STREAM(STREAM_CLOSED), if any, is no failure")
def healthy_upgrade(lab):
    """curl --http2: Upgrade: h2c from HTTP/1.1, to Go."""
    lab.goh2()
    lab.capture()
    lab.curl("--http2", BASE + "/ok", BASE + "/ok?bytes=3000")


@recipe("healthy-h2-shutdown", "", seconds=5,
        note="GOAWAY, the stream in flight completes, FIN")
def healthy_shutdown(lab):
    """Go shuts down gracefully while a stream is in flight, which completes
    0.7 s later."""
    lab.goh2()
    lab.capture()
    client = H2Client()
    client.ask(1, "/shutdown?ms=700")
    client.answered(1)
    client.wait(None, seconds=5)
    client.close()


@recipe("healthy-h2-idle-goaway", "", seconds=5)
def healthy_idle(lab):
    """Go, IdleTimeout 1 s on HTTP/2: GOAWAY when idle, then FIN; the client
    closes."""
    lab.goh2("-idle-timeout", "1s")
    lab.capture()
    client = H2Client()
    client.ask(1, "/ok")
    client.answered(1)
    client.wait(GOAWAY)
    client.wait(None, seconds=5)
    client.close()


@recipe("healthy-h2-nginx", "", seconds=3)
def healthy_nginx(lab):
    """nghttp (begins at stream 13, with a priority tree) and curl to
    nginx."""
    lab.nginx("nginx-h2.conf")
    lab.capture()
    lab.start("nghttp", "-n", BASE + "/", BASE + "/page").wait(timeout=10)
    curl(lab, BASE + "/")


@recipe("healthy-h2-joined-midway", "", seconds=4,
        note="no preface, no SETTINGS: windows unknown, the HPACK table too")
def healthy_joined(lab):
    """tcpdump starts when the connection has carried two streams; two more
    follow, one of them 1.5 s long."""
    lab.goh2()
    client = H2Client()
    client.ask(1, "/ok")
    client.ask(3, "/ok")
    client.answered(1, 3)
    lab.capture()
    client.ask(5, "/sleep?ms=1500")
    client.ask(7, "/ok?bytes=900")
    client.answered(5, 7)
    client.close()
