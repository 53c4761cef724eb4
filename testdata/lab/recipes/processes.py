"""A process ends, the server's or the client's, with all it had open."""

import os
import signal
import time

from kit import PORT, Client, need, recipe, together, wait_listening

BASE = f"http://127.0.0.1:{PORT}"

APP = """
import os, time

def app(environ, start):
    path = environ['PATH_INFO']
    if path == '/slow':
        time.sleep(float(environ['QUERY_STRING']))
    if path == '/exit':
        time.sleep(0.3)
        os._exit(1)
    start('200 OK', [('Content-Type', 'text/plain')])
    if path == '/raise':
        return pieces()
    return [b'ok\\n']

def pieces():
    yield b'some of it\\n'
    time.sleep(0.3)
    raise RuntimeError('on cue')
"""


HANDLER = """
import http.server, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        if self.path == '/ok':
            self.send_response(204)
            self.end_headers()
            return
        if self.path == '/cut':
            self.send_response(200)
            self.send_header('Content-Length', '1000')
            self.end_headers()
            self.wfile.write(b'x' * 300)
        time.sleep(1.2)
        raise RuntimeError('on cue')

http.server.ThreadingHTTPServer(('127.0.0.1', %d), Handler).serve_forever()
""" % PORT


def busy_and_idle(busy, idle, path="/sleep?ms=5000"):
    """Connections that have had an answer each; the first ones ask again, a
    tenth of a second apart."""
    clients = [Client() for _ in range(busy + idle)]
    for client in clients:
        client.get("/ok")
    for client in clients[:busy]:
        client.ask(path)
        time.sleep(0.1)
    return clients


def watch_them_end(clients):
    together(*[client.drain for client in clients])
    for client in clients:
        client.close()


@recipe("go-sigterm", "server-shutdown server-shutdown server-shutdown",
        seconds=3, note="no graceful shutdown: the kernel closes all five in "
        "one instant, three of them with a request under way")
def go_sigterm(lab):
    """Go without a signal handler; SIGTERM while three connections have a
    request under way and two are idle."""
    server = lab.go()
    lab.capture()
    clients = busy_and_idle(3, 2)
    time.sleep(0.3)
    server.terminate()
    watch_them_end(clients)


@recipe("go-graceful", "", seconds=4,
        note="Shutdown closes the idle ones at once and the busy ones behind "
        "their answers: nobody has lost anything")
def go_graceful(lab):
    """Go, http.Server.Shutdown at SIGTERM; three requests of 1 s under way,
    two connections idle."""
    server = lab.go("-graceful")
    lab.capture()
    clients = busy_and_idle(3, 2, "/sleep?ms=1000")
    server.terminate()
    watch_them_end(clients)


@recipe("node-process-exit", "server-shutdown server-shutdown server-shutdown",
        seconds=3)
def node_exit(lab):
    """Node; one handler calls process.exit() 0.2 s later, while two others
    wait for their answers and one connection is idle."""
    lab.node()
    lab.capture()
    clients = busy_and_idle(2, 2)
    clients[2].ask("/exit?ms=200")
    watch_them_end(clients)


@recipe("gunicorn-worker-exits", "handler-abort|server-shutdown", seconds=4,
        note="the other worker lives on: one connection ended, not the server")
def worker_exits(lab):
    """gunicorn, two sync workers; a handler calls os._exit(); another request
    before and after, and one that the other worker has under way."""
    gunicorn(lab, "--workers", "2")
    lab.capture()
    lab.curl(BASE + "/")
    together(lambda: lab.curl(BASE + "/slow?1.5"),
             lambda: (time.sleep(0.3), lab.curl(BASE + "/exit")))
    lab.curl(BASE + "/")


@recipe("gunicorn-raises-mid-body", "handler-abort", seconds=3,
        note="chunked, and the last chunk never comes")
def raises(lab):
    """gunicorn; the application raises after its first piece."""
    gunicorn(lab)
    lab.capture()
    lab.curl(BASE + "/")
    lab.curl(BASE + "/raise")


def gunicorn(lab, *flags):
    with open(os.path.join(lab.tmp, "app.py"), "w") as f:
        f.write(APP)
    lab.start("gunicorn", *flags, "-b", f"127.0.0.1:{PORT}", "app:app")
    wait_listening(PORT)
    time.sleep(1)


ASGI = """
import asyncio

async def app(scope, receive, send):
    if scope['type'] != 'http':
        return
    if scope['path'] == '/slow':
        await asyncio.sleep(float(scope['query_string']))
    await send({'type': 'http.response.start', 'status': 200,
                'headers': [(b'content-type', b'text/plain')]})
    if scope['path'] == '/stream':
        for _ in range(50):
            await send({'type': 'http.response.body', 'body': b'some\\n',
                        'more_body': True})
            await asyncio.sleep(0.2)
    await send({'type': 'http.response.body', 'body': b'ok\\n'})
"""


def uvicorn(lab, *flags):
    need("uvicorn")
    with open(os.path.join(lab.tmp, "asgi.py"), "w") as f:
        f.write(ASGI)
    child = lab.start("uvicorn", "--port", str(PORT), *flags, "asgi:app")
    wait_listening(PORT)
    return child


@recipe("uvicorn-stops-busy", "server-shutdown server-shutdown", seconds=4,
        note="both connections closed in one instant, and no other lived on")
def uvicorn_stops(lab):
    """uvicorn is told to stop, twice: it does not wait for its two event
    streams, which began together."""
    server = uvicorn(lab)
    lab.capture()
    clients = [Client(), Client()]
    for client in clients:
        client.get("/ok")
        client.ask("/stream")
    time.sleep(1.5)
    server.terminate()
    time.sleep(0.3)
    server.send_signal(signal.SIGINT)
    watch_them_end(clients)


@recipe("uvicorn-killed-busy", "server-shutdown server-shutdown", seconds=4,
        note="both connections closed in one instant, and no other lived on")
def uvicorn_killed(lab):
    """uvicorn gets SIGKILL with two event streams under way that began
    together."""
    server = uvicorn(lab)
    lab.capture()
    clients = [Client(), Client()]
    for client in clients:
        client.ask("/stream")
    time.sleep(1.5)
    server.kill()
    watch_them_end(clients)


@recipe("python-raises-late", "handler-abort handler-abort", seconds=5,
        note="BaseHTTP has no timeout for an answer: a cut that comes late is "
        "its handler's")
def raises_late(lab):
    """Python's http.server; the handler raises after 1.2 s, without a byte
    and behind 300 of 1000."""
    with open(os.path.join(lab.tmp, "late.py"), "w") as f:
        f.write(HANDLER)
    lab.start("python3", "late.py")
    wait_listening(PORT)
    lab.capture()
    lab.curl(BASE + "/ok")
    lab.curl(BASE + "/cut")
    lab.curl(BASE + "/nothing")


@recipe("client-process-exits", "client-abort client-abort client-abort",
        seconds=3, note="all of one client's connections in one instant: its "
        "own end, nobody's fault; no timeout of the client is told")
def client_exits(lab):
    """A Go client is killed with three requests under way, begun 0.3 s
    apart."""
    lab.go()
    lab.capture()
    urls = [f"{BASE}/sleep?ms={5000 + i}" for i in range(3)]
    child = lab.goget("-parallel", "-no-reuse", "-apart", "300ms", *urls,
                      wait=False)
    time.sleep(0.9)
    child.send_signal(signal.SIGKILL)
    child.wait()


@recipe("node-server-timeout", "write-timeout-eof write-timeout-eof "
        "write-timeout-eof", seconds=6,
        note="a timer of the server: always 1.2 s after the request, whatever "
        "the handler would have taken")
def node_timeout(lab):
    """Node, server.timeout 1200 ms; handlers of 3 to 4 s get no answer, fast
    ones do."""
    lab.node("timeout=1200")
    lab.capture()
    for ms in (3000, 300, 3500, 4000):
        lab.curl(f"{BASE}/sleep?ms={ms}")
        time.sleep(0.1)


@recipe("late-answer", "server-stall", seconds=5,
        note="the answer comes when its client has gone: evidence of the "
        "stall, not a cause")
def late_answer(lab):
    """gunicorn with a handler of 3 s, curl --max-time 2."""
    gunicorn(lab)
    lab.capture()
    lab.curl("--max-time", "2", BASE + "/slow?3")
    time.sleep(1.3)


@recipe("request-body-read-away", "request-stall", seconds=5,
        note="whose turn: the sender of the request's, which here is the proxy")
def read_away(lab):
    """A Node proxy that has parsed the body and then forwards the emptied
    stream with its Content-Length; Go waits for the body; the upstream leg."""
    lab.go(port=PORT + 1)
    lab.node("port=8081", "proxy=1")
    lab.capture(expression=f"tcp port {PORT + 1}")
    lab.curl("--max-time", "3", "-d", "x" * 400, BASE + "/read")
    time.sleep(0.3)
