"""More twins: openssl s_server, and the JDK as server and as client."""

import os
import subprocess
import time

from kit import PORT, SERVERS, ok, read_request, recipe, serve, sysctl, \
    wait_listening
from .tls_twins import CBC, CCM, CHACHA, ETM, GCM, TLS12, TLS13, go, keys, \
    node, thrice, visit


# ---- the servers ----------------------------------------------------------

SHORT = (b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" +
         b"lab data\n" * 2000)


def s_server(lab):
    """openssl s_server -HTTP hands out files that have their own head, one a
    connection; /short promises more than it has, and /pipe is a FIFO that
    nobody writes to. It has no mode without TLS: a socket does the same in the
    clear."""
    key, cert = lab.certificate()
    files = {"ok": ok(), "short": SHORT, "long": ok(bytes(1 << 20))}
    for name, data in files.items():
        with open(os.path.join(lab.tmp, name), "wb") as file:
            file.write(data)
    os.mkfifo(os.path.join(lab.tmp, "pipe"))

    def handle(sock):
        name = read_request(sock).split()[1][1:].decode()
        if name == "pipe":
            time.sleep(30)
        sock.sendall(files[name])
        sock.close()

    for port, version in ((TLS12, "-tls1_2"), (TLS13, "-tls1_3")):
        lab.start("openssl", "s_server", "-accept", port, version, "-key", key,
                  "-cert", cert, "-HTTP", "-cipher", "ALL:@SECLEVEL=0")
        wait_listening(port)
    serve(handle)
    lab.capture()


def java(lab, *properties):
    """servers/TwinServer.java."""
    key, cert = lab.certificate()
    store = os.path.join(lab.tmp, "store.p12")
    subprocess.run(["openssl", "pkcs12", "-export", "-inkey", key, "-in", cert,
                    "-out", store, "-passout", "pass:lab"], check=True)
    lab.start("java", *properties, os.path.join(SERVERS, "TwinServer.java"),
              store)
    for port in (PORT, TLS12, TLS13):
        wait_listening(port, 30)
    lab.capture()


# ---- openssl --------------------------------------------------------------

@recipe("twin-openssl-short", thrice("handler-abort"), seconds=5,
        note="close_notify and a FIN in the middle of Content-Length")
def openssl_short(lab):
    """openssl s_server hands out a file that promises 50000 bytes and has
    18000."""
    s_server(lab)
    visit(lab, GCM, "anew:", "get:/short")


@recipe("twin-openssl-leave", thrice("client-abort"), seconds=6)
def openssl_leave(lab):
    """openssl s_server waits for a FIFO; the client leaves after 0.4 s."""
    s_server(lab)
    visit(lab, CHACHA, "anew:", "leave:0.4:/pipe")


@recipe("twin-openssl-stall", thrice("server-stall"), seconds=12)
def openssl_stall(lab):
    """The same; the client leaves after 2.2 s."""
    s_server(lab)
    visit(lab, CCM, "anew:", "leave:2.2:/pipe")


# ---- Java's server --------------------------------------------------------

@recipe("twin-java-throw", thrice("handler-abort"), seconds=8)
def java_throw(lab):
    """The JDK's server; the handler throws after 0.1 s."""
    java(lab)
    visit(lab, GCM, "get:/throw")


@recipe("twin-java-gone", thrice("handler-abort"), seconds=8)
def java_gone(lab):
    """The handler closes the exchange without an answer."""
    java(lab)
    visit(lab, CBC, "get:/gone")


@recipe("twin-java-short", thrice("handler-abort"), seconds=8)
def java_short(lab):
    """The handler declares 50000 bytes, writes 20000 and closes."""
    java(lab)
    visit(lab, CHACHA, "get:/short")


@recipe("twin-java-pause", thrice("handler-abort"), seconds=8)
def java_pause(lab):
    """The same, and the handler throws 0.5 s later."""
    java(lab)
    visit(lab, ETM, "get:/pause")


@recipe("twin-java-write-timeout", thrice("write-timeout-eof|handler-abort"),
        seconds=14, note="a FIN without close_notify; Python's client answers "
        "it with decode_error")
def java_write_timeout(lab):
    """sun.net.httpserver.maxRspTime 1 s, a handler of 3 s."""
    java(lab, "-Dsun.net.httpserver.maxRspTime=1")
    visit(lab, GCM, "get:/sleep")


@recipe("twin-java-race", thrice("idle-close-race"), seconds=14)
def java_race(lab):
    """sun.net.httpserver.idleInterval 1 s; asked again after 2.6 s."""
    java(lab, "-Dsun.net.httpserver.idleInterval=1",
         "-Dsun.net.httpserver.clockTick=500")
    visit(lab, CBC, "idle:2.6", "get:/ok")


@recipe("twin-java-stall", thrice("server-stall"), seconds=16,
        note="without the secrets nothing is told: the server answers when "
        "the client has left")
def java_stall(lab):
    """A handler of 3 s; the client leaves after 2.2 s."""
    java(lab)
    visit(lab, ETM, "leave:2.2:/sleep")


@recipe("twin-java-leave", thrice("client-abort"), seconds=14)
def java_leave(lab):
    """A handler of 3 s; the client leaves after 0.4 s."""
    java(lab)
    visit(lab, GCM, "leave:0.4:/sleep")
    time.sleep(3)


# ---- Java's client, Go's server -------------------------------------------

def logs(lab, *flags):
    """Go's servers, whose secrets make one file: Java writes none."""
    key, cert = lab.certificate()
    lab.go(*flags)
    for port in (TLS12, TLS13):
        lab.go("-cert", cert, "-key", key, "-keylog",
               os.path.join(lab.tmp, f"keys-{port}"), *flags, port=port)
    lab.capture()


def java_get(lab, *words):
    lab.start("java", "-Djdk.internal.httpclient.disableHostnameVerification",
              os.path.join(SERVERS, "TwinGet.java"), *words).wait(timeout=60)
    with open(keys(lab), "w") as out:
        for port in (TLS12, TLS13):
            with open(os.path.join(lab.tmp, f"keys-{port}")) as part:
                out.write(part.read())


@recipe("twin-jdk-client-leaves", thrice("client-abort"), seconds=10)
def jdk_leaves(lab):
    """The JDK's client gives a handler of 3 s 0.4 s."""
    logs(lab)
    java_get(lab, "400", "/sleep?ms=3000")
    time.sleep(3)


@recipe("twin-jdk-client-cut", thrice("write-timeout-eof|handler-abort") +
        " write-timeout-eof|handler-abort" * 3, seconds=14,
        note="a GET that met a close without an answer is asked once more")
def jdk_cut(lab):
    """Go, WriteTimeout 1 s, a handler of 2.5 s; the JDK's client."""
    logs(lab, "-write-timeout", "1s")
    java_get(lab, "9000", "/sleep?ms=2500")


@recipe("twin-jdk-client-short", thrice("handler-abort"), seconds=10)
def jdk_short(lab):
    """Go declares 50000 bytes and writes 20000; the JDK's client."""
    logs(lab)
    java_get(lab, "9000", "/short?total=50000&first=20000")


# ---- a record that is cut -------------------------------------------------

def small(lab):
    """What a side has not read yet, and has not sent: 16 and 32 kB."""
    sysctl("net.ipv4.tcp_rmem", "4096 16384 16384")
    sysctl("net.ipv4.tcp_wmem", "4096 16384 32768")


@recipe("twin-go-slow-reader", thrice("write-timeout-truncation"), seconds=9,
        note="the write that failed had sent a part of a record")
def go_slow_reader(lab):
    """Go, WriteTimeout 1 s; one write of 1 MB to a client that begins to read
    after 2 s."""
    small(lab)
    go(lab, "-write-timeout", "1s")
    visit(lab, GCM, "slow:2:/big?bytes=1000000")


@recipe("twin-node-flood", thrice("handler-abort"), seconds=6,
        note="the FIN comes behind a part of a record")
def node_flood(lab):
    """Node writes 1 MB at once and destroys the socket after 0.5 s; the client
    begins to read after 0.7 s."""
    small(lab)
    node(lab)
    visit(lab, CHACHA, "slow:0.7:/flood")


@recipe("twin-openssl-drop", thrice("client-abort"), seconds=6,
        note="bytes that it had not read: its host answers with RST")
def openssl_drop(lab):
    """openssl s_server sends 1 MB; the client takes none of them and leaves
    after 0.3 s."""
    small(lab)
    s_server(lab)
    visit(lab, CBC, "anew:", "leave:0.3:/long")
