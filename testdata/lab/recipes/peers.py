"""HTTP/2 in the clear by others: Node's http2, nghttp with nghttpd."""

import os

from kit import PORT, SERVERS, recipe, wait_listening

BASE = f"http://127.0.0.1:{PORT}"
NODE = ("node", os.path.join(SERVERS, "h2.js"))


@recipe("node-http2-destroy", "handler-abort handler-abort", seconds=3,
        note="RST_STREAM(INTERNAL_ERROR) 0.3 s after the HEADERS: below the "
        "floor of any write timeout; the connection serves the next")
def destroy(lab):
    """Node calls stream.close(INTERNAL_ERROR) after 0.3 s, twice, and serves
    another stream before and after."""
    lab.start(*NODE, "serve", PORT)
    wait_listening(PORT)
    lab.capture()
    lab.start(*NODE, "call", PORT, "/ok", "/close", "/close",
              "/ok").wait(timeout=20)


def aged(lab, path):
    lab.start(*NODE, "serve", PORT)
    wait_listening(PORT)
    lab.capture()
    lab.start(*NODE, "call", PORT, path).wait(timeout=20)


@recipe("node-grpc-age-grace", "grpc-trailers-missing", seconds=4,
        note="RST_STREAM(NO_ERROR) in answer to a gRPC request, and no answer: "
        "that it is a call is in the request alone")
def grpc_aged(lab):
    """Node ends a gRPC call as servers do at the end of the grace that follows
    a connection's age: GOAWAY, and 1 s later stream.close(NO_ERROR)."""
    aged(lab, "/grpc/aged")


@recipe("node-grpc-age-grace-streaming", "grpc-trailers-missing", seconds=4,
        note="the request has no end: a call that streams its messages is open "
        "for as long as it likes, and no request that was waited for")
def grpc_aged_open(lab):
    """The same, of a call whose client has sent no message yet."""
    aged(lab, "/grpc/aged/open")


@recipe("node-age-grace", "h2-stream-reset", seconds=4,
        note="the same frames without gRPC")
def plain_aged(lab):
    """The same, of a GET."""
    aged(lab, "/aged")


@recipe("healthy-node-http2", "", seconds=3,
        note="PUSH_PROMISE: stream 2 is the server's")
def node(lab):
    """Node to Node: GET, POST of 3000 bytes, a page with a push that is
    taken."""
    lab.start(*NODE, "serve", PORT)
    wait_listening(PORT)
    lab.capture()
    lab.start(*NODE, "call", PORT, "/ok", "/read", "/page",
              "/ok").wait(timeout=20)


@recipe("healthy-nghttp", "", seconds=3,
        note="the stream's window is used up again and again, each time "
        "opened within milliseconds")
def nghttp(lab):
    """nghttp to nghttpd: 25 kB through a stream window of 4096 bytes."""
    with open(os.path.join(lab.tmp, "large"), "wb") as f:
        f.write(b"lab data\n" * 2777)
    lab.start("nghttpd", "--no-tls", "-d", lab.tmp, PORT)
    wait_listening(PORT)
    lab.capture()
    lab.start("nghttp", "-n", "-w", "12", BASE + "/large").wait(timeout=10)


@recipe("healthy-nghttp-upgrade", "", seconds=3)
def upgrade(lab):
    """nghttp -u: Upgrade: h2c from HTTP/1.1, to Go; two paths, the second on
    a stream of its own."""
    lab.goh2()
    lab.capture()
    lab.start("nghttp", "-n", "-u", BASE + "/ok", BASE +
              "/ok?bytes=3000").wait(timeout=10)
