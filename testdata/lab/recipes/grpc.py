"""gRPC by grpc-go, with its own ideas of deadlines, PINGs and closing."""

import threading
import time

from h2raw import (ACK, DATA, HEADERS, PREFACE, SETTINGS, WINDOW_UPDATE,
                   field, frame)
from kit import Client, recipe, serve


@recipe("grpc-deadline", "client-abort client-abort", seconds=5,
        note="grpc-timeout in the request, RST_STREAM(CANCEL) when it is "
        "over; the connection lives on")
def deadline(lab):
    """grpc-go to grpc-go: a deadline of 0.5 s, a handler of 2 s, twice on one
    connection."""
    lab.grpc()
    lab.capture()
    lab.grpcget("call", "-n", "2", "-deadline", "500ms", "-text", "sleep 2s",
                "-linger", "300ms")


@recipe("grpc-too-many-pings", "h2-connection-error h2-connection-error",
        seconds=46, note="the fourth PING is the third too early: "
        "GOAWAY(ENHANCE_YOUR_CALM) with 'too_many_pings'")
def pings(lab):
    """grpc-go pings every 10 s, grpc-go's server allows one in 5 minutes; two
    calls are open."""
    lab.grpc()
    lab.capture()
    lab.grpcget("call", "-n", "2", "-at-once", "-keepalive", "10s", "-text",
                "sleep 55s")


@recipe("grpc-close-blocked", "tcp-zero-window-stall", seconds=6,
        note="nothing of the Close is visible: neither GOAWAY nor FIN gets "
        "past the zero window, only probes do (grpc-go 1.33 sends no "
        "GOAWAY at all)")
def close_blocked(lab):
    """grpc-go sends 100 kB to a server that stops reading, and closes 1 s
    later; the HTTP/2 windows are open, TCP's is 0; the capture ends 3 s
    later."""
    def handle(sock):
        sock.recv(len(PREFACE))
        sock.sendall(frame(SETTINGS, 0, 0, b"\0\4\0\x10\0\0") +
                     frame(SETTINGS, ACK, 0) +
                     frame(WINDOW_UPDATE, 0, 0, b"\0\x10\0\0"))
        threading.Event().wait()
    serve(handle, rcvbuf=4096)
    lab.capture()
    lab.clock()
    lab.grpcget("close", wait=False)
    time.sleep(4)
    lab.end_capture(quiet=0)


@recipe("grpc-stop-blocked", "tcp-zero-window-stall", seconds=7,
        note="GOAWAY goes out before the answer; the answer waits at the zero "
        "window, so a stream is left and holds the close")
def stop_blocked(lab):
    """grpc-go's server stops gracefully and answers the open call by 20 kB,
    to a client that reads nothing; the HTTP/2 windows are open, TCP's is 0;
    the capture ends after 4 s."""
    lab.grpc()
    lab.capture()
    lab.clock()
    client = Client(rcvbuf=4096)
    client.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\x10\0\0") +
                frame(WINDOW_UPDATE, 0, 0, b"\0\x10\0\0"))
    text = b"stop 100ms" + b" " * 20000
    block = (b"\x83\x86" + field(4, "/lab.Echo/Say") +
             field(1, "lab.example") + field(31, "application/grpc") +
             b"\x00\x02te\x08trailers")
    client.send(frame(HEADERS, 4, 1, block))
    message = b"\0" + len(text).to_bytes(4, "big") + text
    for at in range(0, len(message), 16000):
        piece = message[at:at + 16000]
        client.send(frame(DATA, at + 16000 >= len(message), 1, piece))
    time.sleep(4)
    lab.end_capture(quiet=0)


@recipe("healthy-grpc-unary", "", seconds=3,
        note="grpc-go's PINGs measure the bandwidth and are no keep-alive")
def unary(lab):
    """grpc-go to grpc-go: three calls one after the other, one of 0.7 s."""
    lab.grpc()
    lab.capture()
    for text in ("hello", "sleep 700ms"):
        lab.grpcget("call", "-text", text)
    lab.grpcget("call", "-n", "3", "-at-once")


@recipe("healthy-grpc-bidi", "", seconds=4)
def bidi(lab):
    """grpc-go to grpc-go: five messages each way on one stream, 0.4 s
    apart."""
    lab.grpc()
    lab.capture()
    lab.grpcget("chat", "-n", "5", "-gap", "400ms")


@recipe("healthy-grpc-status-error", "", seconds=3,
        note="one HEADERS with END_STREAM and grpc-status 5: the handler's "
        "answer, not a lost one")
def status_error(lab):
    """grpc-go answers NOT_FOUND by trailers only, twice."""
    lab.grpc()
    lab.capture()
    lab.grpcget("call", "-n", "2", "-text", "missing")


@recipe("grpc-graceful-stop", "connect-refused", seconds=4,
        note="GOAWAY with last-stream-id 2^31-1 and a PING, then a second "
        "GOAWAY with the true one; the call completes, then FIN; the client "
        "connects anew at once and is refused, which no call notices")
def graceful_stop(lab):
    """grpc-go's server stops gracefully with a call open, which completes
    0.7 s later."""
    lab.grpc()
    lab.capture()
    lab.grpcget("call", "-text", "stop 700ms")
