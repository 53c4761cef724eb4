"""Servers with a limit for each route: /brief has 1.5 s, /patient has 4 s. What
whyeof says of each is checked by checks/routes.py."""

from kit import PORT, recipe
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
