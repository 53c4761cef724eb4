"""HTTP/2 by hand: a client and a server that send the frames they are told.

Both acknowledge SETTINGS and PING, and nothing else happens by itself: no
WINDOW_UPDATE, no reply, no close.
"""

import contextlib
import socket
import struct
import threading
import time

from kit import Client

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = \
    0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, CANCEL, CALM = 0, 1, 8, 11

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] +
            struct.pack(">BBI", kind, flags, stream) + payload)


def field(name, value):
    """A header field, literal, never indexed; name is a static index."""
    head = bytes([name]) if name < 15 else bytes([15, name - 15])
    return head + bytes([len(value)]) + value.encode()


def named(name, value):
    """The same with a name of its own."""
    return bytes([0, len(name)]) + name.encode() + \
        bytes([len(value)]) + value.encode()


class Endpoint:
    """Frames out by send(), frames in by a thread, kept in `seen`."""

    def __init__(self, sock, window=65535):
        self.sock = sock
        self.seen = []
        self.lock = threading.Lock()
        self.send(SETTINGS, 0, 0, struct.pack(">HI", 4, window))

    def listen(self):
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def send(self, kind, flags, stream, payload=b""):
        with self.lock:
            self.sock.sendall(frame(kind, flags, stream, payload))

    def headers(self, stream, block, end=False):
        self.send(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                  block)

    def data(self, stream, data, end=False):
        self.send(DATA, END_STREAM if end else 0, stream, data)

    def reset(self, stream, code):
        self.send(RST_STREAM, 0, stream, struct.pack(">I", code))

    def window(self, stream, more):
        self.send(WINDOW_UPDATE, 0, stream, struct.pack(">I", more))

    def goaway(self, last, code, words=b""):
        self.send(GOAWAY, 0, 0, struct.pack(">II", last, code) + words)

    def close(self):
        # The reading thread holds the socket: close() alone sends no FIN.
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _read(self):
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = self._exactly(9)
                size = int.from_bytes(head[:3], "big")
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                payload = self._exactly(size)
                if kind in (SETTINGS, PING) and not flags & ACK:
                    self.send(kind, ACK, 0,
                              payload if kind == PING else b"")
                self.seen.append((kind, flags, stream, payload))
        self.seen.append((None, 0, 0, b""))

    def wait(self, kind, stream=None, flag=0, seconds=10):
        """Until such a frame has come (None: the end); was it seen?"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for k, flags, s, _ in list(self.seen):
                if k == kind and (stream is None or s == stream) and \
                        flags & flag == flag:
                    return True
                if k is None:
                    return False
            time.sleep(0.01)
        return False


class H2Client(Endpoint):
    def __init__(self, window=65535, **more):
        self.client = Client(**more)
        self.client.send(PREFACE)
        super().__init__(self.client.sock, window)
        self.listen()
        self.wait(SETTINGS, flag=ACK)

    def ask(self, stream, path, method="GET", body=False, more=b""):
        block = bytes([0x83 if method == "POST" else 0x82, 0x86])
        self.headers(stream, block + field(4, path) +
                     field(1, "lab.example") + more, end=not body)

    def answered(self, *streams, seconds=10):
        return all(self.wait(DATA, s, END_STREAM, seconds) for s in streams)


class H2Server(Endpoint):
    """Wraps an accepted socket; the preface has been read."""

    def __init__(self, sock, window=65535):
        self.sock = sock
        self._exactly(len(PREFACE))
        super().__init__(sock, window)
        self.listen()

    def answer(self, stream, kind="text/plain", body=b"ok", end=True):
        self.headers(stream, b"\x88" + field(31, kind), end=not body)
        if body:
            self.data(stream, body, end)
