"""Limits along a chain: those of clients, proxies and servers, in order and the
wrong way round; and work that goes on for nobody."""

import time

from kit import PORT, Client, recipe, wait_listening

BASE = f"http://127.0.0.1:{PORT}"
FRONT = f"tcp port {PORT}"
BEHIND = PORT + 1


def between(lab, conf, *node):
    """nginx on port 8080, Node behind it."""
    lab.node(*node, port=BEHIND)
    wait_listening(BEHIND)
    lab.nginx(conf)


def ask(lab, *urls, limit=None):
    for url in urls:
        lab.curl(*(["--max-time", str(limit)] if limit else []), url)
        time.sleep(0.1)


@recipe("chain-client-below-proxy", "gateway-timeout gateway-timeout "
        "client-abort|server-stall client-abort|server-stall "
        "timeout-misaligned", seconds=9,
        note="the front leg: one client waits 1 s, the proxy 2 s")
def client_below_proxy(lab):
    """nginx, proxy_read_timeout 2 s, handlers of 6 s; curl without a limit
    gets 504 twice, curl --max-time 1 gives up twice."""
    between(lab, "nginx-chain.conf")
    lab.capture(expression=FRONT)
    ask(lab, f"{BASE}/sleep?ms=6000", f"{BASE}/sleep?ms=6001")
    ask(lab, f"{BASE}/sleep?ms=6002", f"{BASE}/sleep?ms=6003", limit=1)


@recipe("chain-proxy-below-server", "write-timeout-eof write-timeout-eof "
        "client-abort|server-stall client-abort|server-stall "
        "timeout-misaligned", seconds=9,
        note="the leg behind nginx: nginx waits 1 s, the server 2 s")
def proxy_below_server(lab):
    """Node, server.timeout 2 s, behind nginx with proxy_read_timeout 1 s;
    two requests come through nginx, two directly."""
    between(lab, "nginx-proxy.conf", "timeout=2000")
    lab.capture(expression=f"tcp port {BEHIND}")
    ask(lab, f"{BASE}/sleep?ms=6000", f"{BASE}/sleep?ms=6001")
    direct = f"http://127.0.0.1:{BEHIND}"
    ask(lab, f"{direct}/sleep?ms=6002", f"{direct}/sleep?ms=6003")


@recipe("chain-idle-reuse", "timeout-misaligned", seconds=9,
        note="Node closes idle connections a second after the 2 s that it "
        "announces; one is used again after 2.6 s")
def idle_reuse(lab):
    """Node, keepAliveTimeout 2 s: two connections are left alone until it
    closes them, one is used again after 2.6 s and answered."""
    lab.node("keepAliveTimeout=2000")
    lab.capture()
    for _ in range(2):
        client = Client()
        client.get("/ok")
        client.drain()
        client.close()
    client = Client()
    client.get("/ok")
    time.sleep(2.6)
    client.get("/ok")
    client.close()


@recipe("aligned-client-above-proxy", "gateway-timeout gateway-timeout",
        seconds=6, note="the front leg: the client waits 3 s, the proxy 1 s")
def client_above_proxy(lab):
    """nginx, proxy_read_timeout 1 s; curl --max-time 3 gets 504 twice."""
    between(lab, "nginx-proxy.conf")
    lab.capture(expression=FRONT)
    ask(lab, f"{BASE}/sleep?ms=6000", f"{BASE}/sleep?ms=6001", limit=3)


@recipe("aligned-proxy-above-server", "gateway-timeout gateway-timeout "
        "write-timeout-eof write-timeout-eof", seconds=6,
        note="both legs: the proxy waits 2 s, the server 1 s")
def proxy_above_server(lab):
    """nginx, proxy_read_timeout 2 s, before Node with server.timeout 1 s:
    502 twice, after a second."""
    between(lab, "nginx-chain.conf", "timeout=1000")
    lab.capture()
    ask(lab, f"{BASE}/sleep?ms=6000", f"{BASE}/sleep?ms=6001", limit=5)


@recipe("aligned-pool", "", seconds=6,
        note="the pool closes after 1 s, the server would after 4 s")
def pool(lab):
    """Node, keepAliveTimeout 4 s; a Go client whose pool closes idle
    connections after 1 s."""
    lab.node("keepAliveTimeout=4000")
    lab.capture()
    lab.goget("-idle", "1s", f"{BASE}/ok", f"{BASE}/sleep?ms=100",
              f"{BASE}/ok")
    time.sleep(1.5)


@recipe("orphaned-behind-nginx", "client-abort orphaned-upstream", seconds=6,
        note="both legs: nginx goes on for 2 s when its client has left")
def orphaned(lab):
    """nginx, proxy_ignore_client_abort on: curl gives up after 0.5 s, Node
    answers after 2.5 s."""
    between(lab, "nginx-chain.conf")
    lab.capture()
    lab.curl("--max-time", "0.5", f"{BASE}/kept/sleep?ms=2500")
    time.sleep(2.5)


@recipe("near-a-gateways-limit", "gateway-timeout gateway-timeout "
        "near-timeout", seconds=9,
        note="the front leg: the limit is 2 s, one answer takes 1.8 s")
def near_gateway(lab):
    """nginx, proxy_read_timeout 2 s; handlers of 0.1 and 1.8 s are answered,
    two of 6 s are not."""
    between(lab, "nginx-chain.conf")
    lab.capture(expression=FRONT)
    ask(lab, f"{BASE}/sleep?ms=100", f"{BASE}/sleep?ms=1800",
        f"{BASE}/sleep?ms=6000", f"{BASE}/sleep?ms=6001")


@recipe("near-a-servers-limit", "write-timeout-eof write-timeout-eof "
        "near-timeout", seconds=8, note="the limit is 1.5 s, one answer takes "
        "1.3 s")
def near_server(lab):
    """Node, server.timeout 1.5 s; handlers of 0.1 and 1.3 s are answered, two
    of 5 s are not."""
    lab.node("timeout=1500")
    lab.capture()
    ask(lab, f"{BASE}/sleep?ms=100", f"{BASE}/sleep?ms=1300",
        f"{BASE}/sleep?ms=5000", f"{BASE}/sleep?ms=5001")
