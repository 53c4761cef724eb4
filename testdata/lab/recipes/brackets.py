"""A hundred requests whose handlers take times spread around a limit, two of
which abort before it: `lab.py brackets` runs these again and again. What is
recorded is not kept."""

import asyncio
import os
import random
import time

from h2raw import DATA, END_STREAM, RST_STREAM, H2Client
from kit import PORT, recipe, wait_listening

LIMIT = 2000           # ms, of every server here
ABORTS = (1200, 1500)  # ms: past the floor, before the limit
REQUESTS = 100
BEHIND = PORT + 1

APP = """
import os, time

def app(environ, start):
    ms = int(environ['QUERY_STRING'][3:])
    time.sleep(ms / 1000)
    if environ['PATH_INFO'] == '/abort':
        os._exit(1)
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok\\n']
"""

HAPROXY = """
defaults
    mode http
    timeout connect 1s
    timeout client 9s
    timeout server %dms
    retries 0
listen front
    bind 127.0.0.1:%d
    server one 127.0.0.1:%d
""" % (LIMIT, PORT, BEHIND)


def trial(name, expect, note):
    return recipe("bracket-" + name, expect, seconds=9, note=note, kept=False)


def targets(abort):
    """What is asked for, in a new order each time."""
    todo = [f"/sleep?ms={1000 + 20 * i + random.randrange(20)}"
            for i in range(REQUESTS - len(ABORTS))]
    todo += [f"{abort}?ms={ms}" for ms in ABORTS]
    random.shuffle(todo)
    return todo


async def one(target):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: lab.example\r\n"
                 "Connection: close\r\n\r\n".encode())
    try:
        while await reader.read(65536):
            pass
    except OSError:
        pass
    writer.close()


async def all_of(abort, apart):
    jobs = []
    for target in targets(abort):
        jobs.append(asyncio.ensure_future(one(target)))
        await asyncio.sleep(apart)
    await asyncio.gather(*jobs)


def ask(abort, apart=0.013):
    asyncio.run(all_of(abort, apart))


@trial("go", "write-timeout-eof", "noticed when the handler ends")
def go(lab):
    """Go, WriteTimeout 2 s; two handlers panic."""
    lab.go("-write-timeout", f"{LIMIT}ms")
    lab.capture()
    ask("/panic")


@trial("h2c", "write-timeout-reset", "a timer for each stream")
def h2c(lab):
    """Go, h2c, WriteTimeout 2 s, on one connection; two handlers panic."""
    lab.goh2("-write-timeout", f"{LIMIT}ms")
    lab.capture()
    client = H2Client()
    for i, target in enumerate(targets("/panic")):
        client.ask(2 * i + 1, target)
        time.sleep(0.013)
    ended = set()
    while len(ended) < REQUESTS:
        time.sleep(0.05)
        ended = {stream for kind, flags, stream, _ in list(client.seen)
                 if kind == RST_STREAM or (kind == DATA and
                                           flags & END_STREAM)}
    client.close()


@trial("node", "write-timeout-eof", "server.timeout: a timer of silence")
def node(lab):
    """Node, server.timeout 2 s; two handlers destroy their socket."""
    lab.node(f"timeout={LIMIT}")
    lab.capture()
    ask("/gone")


@trial("gunicorn", "write-timeout-eof|handler-abort",
       "its master looks each second for workers that are late")
def gunicorn(lab):
    """gunicorn, sync workers, --timeout 2; two handlers end their process."""
    with open(os.path.join(lab.tmp, "app.py"), "w") as f:
        f.write(APP)
    lab.start("gunicorn", "--workers", "24", "--timeout", str(LIMIT // 1000),
              "-b", f"127.0.0.1:{PORT}", "app:app")
    wait_listening(PORT)
    time.sleep(4)
    lab.capture()
    ask("/abort", apart=0.13)


@trial("nginx", "gateway-timeout", "504 by a timer, 502 for the two")
def nginx(lab):
    """nginx, proxy_read_timeout 2 s; Node behind it destroys two sockets."""
    lab.node(port=BEHIND)
    wait_listening(BEHIND)
    lab.nginx("nginx-chain.conf")
    lab.capture(expression=f"tcp port {PORT}")
    ask("/gone")


@trial("haproxy", "gateway-timeout", "504 by a timer, 502 for the two")
def haproxy(lab):
    """HAProxy, timeout server 2 s; Node behind it destroys two sockets."""
    lab.node(port=BEHIND)
    wait_listening(BEHIND)
    path = os.path.join(lab.tmp, "haproxy.cfg")
    with open(path, "w") as f:
        f.write(HAPROXY)
    lab.start("haproxy", "-f", path)
    wait_listening(PORT)
    lab.capture(expression=f"tcp port {PORT}")
    ask("/gone")
