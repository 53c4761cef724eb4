"""Requests that hang: windows, silent servers, silent paths."""

import contextlib
import os
import signal
import socket
import threading
import time

from kit import (PORT, SERVER, Client, Path, ok, read_request, recipe, serve,
                 sh, sysctl, together)


def sends(total, then_close=False):
    """A server that answers with `total` bytes in one go."""
    def handle(sock):
        read_request(sock)
        sock.sendall(ok(b"lab data\n" * (total // 9)))
        if then_close:
            sock.close()
        else:
            while read_request(sock):
                sock.sendall(ok())
            sock.close()
    return handle


@recipe("zero-window-then-completes", "tcp-zero-window-stall", seconds=7,
        note="a warning: the response completes in the end")
def zero_window(lab):
    """Python sends 36 kB to a client that reads nothing for 4 s, then all
    of it: window 0, probes, completion."""
    sysctl("net.ipv4.tcp_wmem", "4096 16384 32768")
    serve(sends(36000))
    lab.capture()
    client = Client(rcvbuf=4096)
    client.ask("/")
    time.sleep(4)
    client.answer()
    client.close()


@recipe("zero-window-to-the-end", "tcp-zero-window-stall", seconds=6,
        note="an error: never completed within the capture")
def zero_window_end(lab):
    """The same, but the client never reads and the capture ends after
    4.5 s."""
    sysctl("net.ipv4.tcp_wmem", "4096 16384 32768")
    serve(sends(36000))
    lab.capture()
    client = Client(rcvbuf=4096)
    client.ask("/")
    time.sleep(4.5)
    lab.end_capture(quiet=0)


@recipe("zero-window-upload", "tcp-zero-window-stall", seconds=7,
        note="the request's side: the server does not read for 3 s")
def zero_window_upload(lab):
    """A client uploads 30 kB to a Python server that reads nothing for 3 s,
    then reads all and answers."""
    sysctl("net.ipv4.tcp_rmem", "4096 8192 8192")
    sysctl("net.ipv4.tcp_wmem", "4096 16384 65536")

    def handle(sock):
        time.sleep(3)
        total = len(read_request(sock))
        while total < 30000:
            total += len(sock.recv(4096))
        sock.sendall(ok())
    serve(handle)
    lab.capture()
    client = Client()
    client.ask("/", "POST", body=b"u" * 30000)
    client.answer()
    client.close()


@recipe("server-silent", "server-stall", seconds=7,
        note="nobody gives up within the capture")
def silent(lab):
    """Node; a good exchange, then a handler that says nothing for the 5 s
    the capture lasts."""
    lab.node()
    lab.capture()
    lab.clock()
    client = Client()
    client.get("/ok")
    client.ask("/sleep?ms=60000")
    time.sleep(5)
    lab.end_capture(quiet=0)


@recipe("server-silent-unseen", "", info="ending-not-captured", seconds=7,
        note="a file knows of no time after its last packet: with nothing "
        "else going on, 5 s of silence at its end leave no trace")
def silent_unseen(lab):
    """As server-silent, without the clock beside it."""
    lab.node()
    lab.capture()
    client = Client()
    client.get("/ok")
    client.ask("/sleep?ms=60000")
    time.sleep(5)
    lab.end_capture(quiet=0)


@recipe("server-silent-client-gives-up", "server-stall|client-abort",
        seconds=6, note="whyeof-verdicts(7): server-stall with the abort as its end "
        "if the silence was as long as the threshold and no known client "
        "timeout is shorter; a single one tells no client timeout")
def silent_given_up(lab):
    """Node; the handler says nothing, a client without a known timeout
    closes after 4 s."""
    lab.node()
    lab.capture()
    client = Client()
    client.ask("/sleep?ms=60000")
    time.sleep(4)
    client.close()


@recipe("server-silent-mid-body", "server-stall|short-body-kept-open",
        seconds=6, note="2000 bytes are missing; whether they are still to "
        "come only the server knows: the same packets as "
        "short-body-kept-open")
def silent_body(lab):
    """Go; a response stops for good after 1000 of 3000 bytes, the capture ends
    4 s later."""
    lab.go()
    lab.capture()
    lab.clock()
    client = Client()
    client.ask("/length?total=3000&first=1000&ms=60000&flush=1")
    time.sleep(4)
    lab.end_capture(quiet=0)


@recipe("server-stopped", "server-stall server-stall", seconds=6,
        note="the process is stopped: its kernel acknowledges, it says "
        "nothing")
def stopped(lab):
    """Go gets SIGSTOP; the request on an open connection and that of a new
    one are acknowledged and never answered, to the capture's end."""
    server = lab.go()
    lab.capture()
    lab.clock()
    client = Client()
    client.get("/ok")
    server.send_signal(signal.SIGSTOP)
    os.waitpid(server.pid, os.WUNTRACED)  # all of its threads stand still
    client.ask("/ok")
    fresh = Client()
    fresh.ask("/ok")
    time.sleep(3.5)
    lab.end_capture(quiet=0)
    server.send_signal(signal.SIGCONT)


@recipe("short-body-kept-open", "short-body-kept-open|server-stall",
        seconds=5,
        note="95 bytes never come, the connection stays to the capture's "
        "end: the same packets as server-silent-mid-body")
def short_body(lab):
    """Python; Content-Length 100, 5 bytes, then silence for 3.5 s with the
    connection open."""
    serve(short())
    lab.capture()
    lab.clock()
    client = Client()
    client.ask("/")
    time.sleep(3.5)
    lab.end_capture(quiet=0)


@recipe("short-body-closed-idle", "short-body-kept-open|"
        "write-timeout-truncation|handler-abort", seconds=5,
        note="an idle timeout ends it; a write timeout while the handler "
        "pauses leaves the same packets")
def short_body_closed(lab):
    """Python; Content-Length 100, 5 bytes, the server closes after 3 s of
    silence."""
    serve(short(close_after=3))
    lab.capture()
    client = Client()
    client.ask("/")
    client.drain()
    client.close()


def short(close_after=None):
    def handle(sock):
        read_request(sock)
        sock.sendall(ok(b"12345").replace(b"h: 5", b"h: 100"))
        if close_after:
            time.sleep(close_after)
            sock.close()
        else:
            threading.Event().wait()
    return handle


# ---- the path -------------------------------------------------------------

@recipe("drop-then-recover", "network-stall", seconds=7,
        note="a warning: it completes")
def drop_recover(lab):
    """Three namespaces; the router drops what the server sends for 2 s in
    mid-response, then lets the retransmission through. Seen at the
    server."""
    path = Path(lab)
    with path.server:
        lab.go()
        lab.capture("s0")
    with path.client:
        client = Client(host=SERVER)
        client.ask("/length?total=3000&first=1000&ms=500&flush=1")
    time.sleep(0.3)
    path.cut('iifname "rs" drop')
    time.sleep(2.2)
    path.mend()
    client.answer()
    client.close()


@recipe("drop-then-recover-client-side", "network-stall|server-stall",
        seconds=7, note="the same seen from the client: 2 s without a packet, "
        "then the rest; nothing here tells the path from the server except "
        "that the lost segments are never seen")
def drop_recover_client(lab):
    """As drop-then-recover, seen at the client, which is on the far side of
    the loss."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        client.ask("/length?total=3000&first=1000&ms=500&flush=1")
    time.sleep(0.3)
    path.cut('iifname "rs" drop')
    time.sleep(2.2)
    path.mend()
    client.answer()
    client.close()


@recipe("dead-peer-request", "dead-peer", seconds=9,
        note="no packet from the server after the request")
def dead_peer(lab):
    """A good exchange, then the router drops both ways; the next request is
    retransmitted into silence, to the capture's end after 6 s."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        client.get("/ok")
        path.cut("drop")
        client.ask("/ok")
        time.sleep(6)
        lab.end_capture(quiet=0)


@recipe("dead-peer-one-of-two", "dead-peer", seconds=9,
        note="the same hosts talk on another connection meanwhile")
def dead_peer_one_of_two(lab):
    """The router drops what is of one connection, both ways; on another one
    the same client is answered every half second meanwhile."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        other = Client(host=SERVER)
        client.get("/ok")
        port = client.sock.getsockname()[1]
        path.cut(f"tcp sport {port} drop")
        path.cut(f"tcp dport {port} drop")
        client.ask("/ok")
        for _ in range(12):
            other.get("/ok")
            time.sleep(0.5)
        lab.end_capture(quiet=0)


@recipe("dead-peer-user-timeout", "dead-peer", seconds=7,
        note="TCP_USER_TIMEOUT gives up without any packet")
def dead_peer_user(lab):
    """The same; the client's TCP_USER_TIMEOUT of 3 s ends it."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER, user_timeout=3)
        client.get("/ok")
        path.cut("drop")
        client.get("/ok")
        client.close()


@recipe("dead-peer-response", "dead-peer", seconds=8,
        note="seen at the server: its data is retransmitted, the client is "
        "gone")
def dead_peer_response(lab):
    """The client's link goes down in mid-response; seen at the server, which
    retransmits to the capture's end."""
    path = Path(lab)
    with path.server:
        lab.go()
        lab.capture("s0")
    with path.client:
        client = Client(host=SERVER)
        client.ask("/stream?bytes=500&ms=300&count=10&flush=1")
    time.sleep(1)
    path.cut("drop")
    time.sleep(5)
    lab.end_capture(quiet=0)


@recipe("dead-peer-probes", "dead-peer", seconds=8,
        note="keep-alive probes without an answer, then RST,ACK from the "
        "prober")
def dead_peer_probes(lab):
    """A request is read and acknowledged, then the path dies; the client's
    probes (1 s, three of them) get no answer: it resets."""
    path = Path(lab)
    with path.server:
        lab.node()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        for option, value in ((socket.TCP_KEEPIDLE, 1),
                              (socket.TCP_KEEPINTVL, 1),
                              (socket.TCP_KEEPCNT, 3)):
            client.sock.setsockopt(socket.IPPROTO_TCP, option, value)
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.ask("/sleep?ms=60000")
        time.sleep(0.3)
        path.cut("drop")
        client.answer()
        client.close()


@recipe("link-down-mid-response", "dead-peer|network-stall|server-stall",
        seconds=7, note="seen at the client everything simply stops: with "
        "nothing of its own to retransmit, it cannot tell a dead path from a "
        "silent server")
def link_down(lab):
    """The server's link goes down between two pieces of a response; seen at
    the client, to the capture's end 4 s later."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        lab.clock(path.router, "192.0.2.1")
        client = Client(host=SERVER)
        client.ask("/stream?bytes=500&ms=300&count=10&flush=1")
    time.sleep(1)
    with path.server:
        sh("ip link set s0 down")
    time.sleep(4)
    lab.end_capture(quiet=0)


def idle_path(lab, verdict):
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        old = Client(host=SERVER, timeout=6)
        old.get("/ok")
        time.sleep(62)
        port = old.sock.getsockname()[1]
        path.cut(f"tcp sport {port} {verdict}; tcp dport {port} drop")
        old.ask("/ok")
        time.sleep(0.5)
        fresh = Client(host=SERVER)
        fresh.get("/ok")
        fresh.close()
        old.answer()
        old.close()


@recipe("idle-path-drop-silent", "idle-path-drop", seconds=72,
        note="no FIN seen, idle 62 s, new connections work")
def idle_silent(lab):
    """A good exchange, 62 s idle, then the router drops this flow: the next
    request is retransmitted into silence, a new connection works."""
    idle_path(lab, "drop")


@recipe("idle-path-drop-rst", "idle-path-drop", seconds=66,
        note="no FIN seen; the router's RST has another TTL (64) than the "
        "server's packets (63)")
def idle_rst(lab):
    """The same, but the router answers the request by a RST of its own."""
    idle_path(lab, "reject with tcp reset")


@recipe("middlebox-reset", "middlebox-reset", seconds=5,
        note="TTL 64 in the RST, 63 in all other packets of the server; "
        "both ends get one")
def middlebox(lab):
    """In mid-response the router answers a segment of the server by RST to
    both ends; seen at the client."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        client.ask("/stream?bytes=500&ms=200&count=10&flush=1")
    time.sleep(0.7)
    # The next ACK of the client meets the RST.
    path.cut('iifname "rc" tcp dport 8080 reject with tcp reset')
    client.drain()
    client.close()


# ---- connecting -----------------------------------------------------------

@recipe("connect-refused", "connect-refused", seconds=2)
def refused(lab):
    """curl to a port nobody listens on."""
    lab.capture()
    lab.curl(f"http://127.0.0.1:{PORT}/")


@recipe("connect-blackhole", "connect-timeout", seconds=7)
def blackhole(lab):
    """The SYN is dropped on its way; curl gives up after 4 s."""
    path = Path(lab)
    path.cut("drop")
    with path.client:
        lab.capture("c0")
        lab.curl("--connect-timeout", "4", f"http://{SERVER}:{PORT}/")


@recipe("accept-queue-full", "connect-timeout connect-timeout", seconds=7,
        note="a full queue seen from later clients: their SYNs are dropped, "
        "which cannot be told from a black hole unless others are served")
def queue_full(lab):
    """Python listens with a backlog of 0 and never accepts; one connection,
    made before the capture, fills the queue, two more send SYNs for 4 s."""
    listener = never_accepts("127.0.0.1", 0)
    filler = Client()
    lab.capture()

    def attempt():
        with contextlib.suppress(OSError):
            Client(timeout=4)
    together(attempt, attempt)
    lab.end_capture()
    filler.close()
    listener.close()


@recipe("accept-queue-overflow",
        "accept-queue-overflow accept-queue-overflow", seconds=8,
        note="three SYNs were under way before the first handshake filled "
        "the queue; that first connection carries no request")
def overflow(lab):
    """Python never accepts, 0.2 s away, and its queue has room for one more;
    three clients connect at once. Two of them are told SYN-ACK, send a
    request, and nobody acknowledges it: the SYN-ACK is repeated instead."""
    queue_overflow(lab, backlog=3, fill=3)


@recipe("accept-queue-overflow-cookies",
        "accept-queue-overflow|dead-peer accept-queue-overflow|dead-peer",
        seconds=8, note="with a backlog this small Linux answers SYNs by "
        "cookies and keeps no state: the SYN-ACK is not repeated, and only "
        "the handshake that was just completed tells it from a dead peer")
def overflow_cookies(lab):
    """The same with a backlog of 0: SYN cookies."""
    queue_overflow(lab, backlog=0, fill=0)


def queue_overflow(lab, backlog, fill):
    path = Path(lab, delay=0.2)
    with path.server:
        listener = never_accepts(SERVER, backlog)
    with path.client:
        kept = [Client(host=SERVER) for _ in range(fill)]
        time.sleep(0.3)
        lab.capture("c0")

    def attempt(wait, request):
        def job():
            with path.client:
                time.sleep(wait)
                client = Client(host=SERVER, timeout=5)
                if request:
                    client.ask("/")
                time.sleep(5)
                kept.append(client)
        return job
    together(attempt(0, False), attempt(0.05, True), attempt(0.06, True))
    lab.end_capture(quiet=0)
    listener.close()


def never_accepts(host, backlog):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, PORT))
    listener.listen(backlog)
    return listener


@recipe("zero-window-reader-leaves", "tcp-zero-window-stall", seconds=6,
        note="the client stopped reading before it left: the window of zero "
        "is what held the answer up, and the RST only its end")
def zero_window_leaves(lab):
    """Python sends 36 kB to a client that reads nothing for 4 s and then
    closes, with what it has not read: an RST."""
    sysctl("net.ipv4.tcp_wmem", "4096 16384 32768")
    serve(sends(36000))
    lab.capture()
    client = Client(rcvbuf=4096)
    client.ask("/")
    time.sleep(4)
    client.close()
