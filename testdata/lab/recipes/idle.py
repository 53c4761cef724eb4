"""Keep-alive: idle races, leaks of half-closed connections."""

import os
import threading
import time

from kit import (Client, PORT, Path, SERVER, ok, read_request, recipe, serve,
                 wait_listening, SERVERS)


@recipe("idle-race-late-go", "idle-close-race timeout-misaligned*",
        seconds=4)
def late_go(lab):
    """Go, IdleTimeout 1 s; a raw client asks again 0.5 s after the server's
    FIN, which it has not looked at: RST without ACK."""
    lab.go("-idle-timeout", "1s")
    lab.capture()
    client = Client()
    client.get("/ok")
    time.sleep(1.5)
    client.get("/ok")
    client.close()


@recipe("idle-race-late-node", "idle-close-race timeout-misaligned*",
        seconds=5, note="Node 20 closes one second after keepAliveTimeout")
def late_node(lab):
    """Node, keepAliveTimeout 1 s, which means 2 s; two connections, each
    asks again 0.3 s after the FIN on one, in time on the other."""
    lab.node("keepAliveTimeout=1000")
    lab.capture()
    slow, quick = Client(), Client()
    slow.get("/ok")
    quick.get("/ok")
    time.sleep(0.8)
    quick.get("/ok")
    quick.close()
    time.sleep(1.5)
    slow.get("/ok")
    slow.close()


@recipe("idle-race-late-nginx", "idle-close-race timeout-misaligned*")
def late_nginx(lab):
    """nginx, keepalive_timeout 1 s; the request comes 0.2 s after the FIN:
    RST without ACK."""
    lab.nginx("nginx-read.conf")
    lab.capture()
    client = Client()
    client.get("/")
    time.sleep(1.2)
    client.get("/")
    client.close()


@recipe("idle-race-late-apache", "idle-close-race timeout-misaligned*",
        seconds=5, note="no RST: Apache's lingering close acknowledges the "
        "late request and says nothing")
def late_apache(lab):
    """Apache, KeepAliveTimeout 1 s; a request 0.1 s after the FIN is
    acknowledged and never answered."""
    with open(os.path.join(SERVERS, "apache.conf")) as f:
        text = f.read().replace("TMP", lab.tmp)
    os.makedirs(os.path.join(lab.tmp, "www"))
    with open(os.path.join(lab.tmp, "www", "index.html"), "w") as f:
        f.write("ok\n")
    os.chmod(lab.tmp, 0o755)
    conf = os.path.join(lab.tmp, "apache.conf")
    with open(conf, "w") as f:
        f.write(text)
    lab.start("apache2", "-D", "FOREGROUND", "-f", conf)
    wait_listening(PORT)
    lab.capture()
    client = Client(timeout=3)
    client.get("/index.html")
    time.sleep(1.1)
    client.get("/index.html")
    client.close()


@recipe("idle-race-crossing", "idle-close-race timeout-misaligned*",
        note="seen at the client: the request is the earlier frame, yet the "
        "FIN acknowledges nothing of it")
def crossing(lab):
    """Go, IdleTimeout 1 s, over a path that takes 0.2 s from client to
    server: the request is sent 0.1 s before the FIN."""
    path = Path(lab, delay=0.2)
    with path.server:
        lab.go("-idle-timeout", "1s")
    with path.client:
        lab.capture("c0")
        client = Client(host=SERVER)
        client.get("/ok")
        time.sleep(0.9)
        client.get("/ok")
        client.close()


@recipe("server-closed-client-keeps", "half-close-leak",
        options="--leak-threshold 3s", seconds=6,
        note="the exchange is complete; the leak is the client's")
def client_leaks(lab):
    """Go, IdleTimeout 1 s; the server closes the idle connection, the client
    never does: CLOSE_WAIT for 4 s, to the capture's end."""
    lab.go("-idle-timeout", "1s")
    lab.capture()
    lab.clock()
    client = Client()
    client.get("/ok")
    time.sleep(5)
    lab.end_capture(quiet=0)


@recipe("client-closed-server-keeps", "half-close-leak",
        options="--leak-threshold 3s", seconds=6,
        note="the exchange is complete; the leak is the server's")
def server_leaks(lab):
    """Python; a complete exchange, the client closes, the server never does:
    CLOSE_WAIT for 4 s, to the capture's end."""
    def keep(sock):
        read_request(sock)
        sock.sendall(ok())
        threading.Event().wait()
    serve(keep)
    lab.capture()
    lab.clock()
    client = Client()
    client.get("/ok")
    client.close()
    time.sleep(4.2)
    lab.end_capture(quiet=0)


@recipe("nginx-out-of-connections", "idle-close-race idle-close-race",
        seconds=4,
        note="closed as soon as they are accepted; whoever waits with half a "
        "request keeps its place")
def few(lab):
    """nginx, worker_connections 8: six connections have sent half a request
    each, one of which is answered; two more are opened and ask."""
    lab.nginx("nginx-few.conf")
    lab.capture()
    kept = [Client() for _ in range(6)]
    for client in kept:
        client.send("GET / HTTP/1.1\r\nHost: lab.example\r\n")
    time.sleep(0.2)
    for _ in range(2):
        late = Client()
        time.sleep(0.1)
        late.get("/")
        late.close()
    for client in kept:
        client.send("\r\n")
        client.answer()
        client.close()
