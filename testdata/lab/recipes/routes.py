"""Servers with a limit for each route: /brief has 1.5 s, /patient has 4 s. What
whyeof says of each is checked by checks/routes.py."""

import os
import time

from h2raw import RST_STREAM, H2Client
from kit import PORT, SERVERS, recipe, wait_listening
from .both_legs import at_once

BEHIND = PORT + 1
TIMES = {"/brief": (200, 900, 1200, 1400, 1800, 2500, 3300),
         "/patient": (1900, 2600, 3300, 3700, 4600, 5200, 5900)}


def ask():
    """Each begins 0.13 s after the one before."""
    at_once([f"{path}?ms={ms}" for times in zip(*(
        [(path, ms) for ms in TIMES[path]] for path in TIMES))
        for path, ms in times], apart=0.13)


@recipe("routes-node-limits", "write-timeout-eof write-timeout-eof "
        "write-timeout-eof write-timeout-eof write-timeout-eof "
        "write-timeout-eof", seconds=9,
        note="no one limit explains all six, that of each route does")
def node(lab):
    """Node with request.setTimeout by route; on each four requests that it
    lets be and three that take too long."""
    lab.node(port=PORT)
    lab.capture()
    ask()


@recipe("routes-nginx-limits", "gateway-timeout gateway-timeout "
        "gateway-timeout gateway-timeout gateway-timeout gateway-timeout",
        seconds=9, note="the front leg only")
def nginx(lab):
    """nginx with proxy_read_timeout by location: the same."""
    lab.node(port=BEHIND)
    lab.nginx("nginx-routes.conf")
    lab.capture(expression=f"tcp port {PORT}")
    ask()


@recipe("routes-h2-limits", "write-timeout-reset write-timeout-reset "
        "write-timeout-reset write-timeout-reset write-timeout-reset "
        "write-timeout-reset near-timeout*", seconds=5, kept=False,
        note="no one timer explains all six resets, that of each route does")
def h2(lab):
    """Node, HTTP/2, streams that are reset (INTERNAL_ERROR) 1.2 s after a
    request of /brief and 2 s after one of /patient; on each two that are
    answered and three that would take longer."""
    lab.start("node", os.path.join(SERVERS, "h2.js"), "serve", PORT)
    wait_listening(PORT)
    lab.capture()
    client = H2Client()
    paths = [f"/{route}?{ms}" for times in ((100, 300), (900, 1700),
                                            (3000, 3000), (3200, 3300),
                                            (3400, 3600))
             for route, ms in zip(("brief", "patient"), times)]
    for n, path in enumerate(paths):
        client.ask(2 * n + 1, path)
        time.sleep(0.1)
    for stream in range(9, 20, 2):
        client.wait(RST_STREAM, stream)
    client.close()
