"""The client left first."""

import signal
import time

from kit import PORT, Client, recipe

BASE = f"http://127.0.0.1:{PORT}"


@recipe("curl-max-time", "client-abort client-abort client-abort",
        seconds=7, note="the constant delay is the client's own timeout")
def max_time(lab):
    """curl --max-time 1 three times against a Go handler of 3 s: the client
    closes first, 1 s after it began."""
    lab.go()
    lab.capture()
    for _ in range(3):
        lab.curl("--max-time", "1", BASE + "/sleep?ms=3000")
        time.sleep(0.1)
    time.sleep(2.2)


@recipe("go-client-timeout", "client-abort client-abort", seconds=6)
def go_timeout(lab):
    """Go client, Timeout 1.5 s, twice against a Node handler of 2 s."""
    lab.node()
    lab.capture()
    for _ in range(2):
        lab.goget("-timeout", "1500ms", BASE + "/sleep?ms=2000")
    time.sleep(0.7)


@recipe("client-killed-mid-download", "client-abort",
        note="killed with unread data: RST,ACK from the client")
def killed(lab):
    """curl, slowed by --limit-rate, is killed 0.5 s into a response that
    comes in pieces from Go."""
    lab.go()
    lab.capture()
    child = lab.curl("--limit-rate", "1000",
                     BASE + "/stream?bytes=2000&ms=100&count=20&flush=1",
                     wait=False)
    time.sleep(0.5)
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(1.0)


@recipe("client-abort-then-answer", "client-abort",
        note="the complete 200 comes after the client has gone and meets a "
        "RST: still the client's abort")
def late_answer(lab):
    """A raw client closes after 0.5 s; the Node handler answers at 1 s."""
    lab.node()
    lab.capture()
    client = Client()
    client.ask("/sleep?ms=1000")
    time.sleep(0.5)
    client.close()
    time.sleep(0.8)


@recipe("client-abort-upload", "client-abort",
        note="the request is incomplete when the client's FIN comes")
def upload(lab):
    """A raw client closes in the middle of its own upload to Go."""
    lab.go()
    lab.capture()
    client = Client()
    client.send("POST /read HTTP/1.1\r\nHost: lab.example\r\n"
                "Content-Length: 5000\r\n\r\n" + "u" * 2000)
    time.sleep(0.3)
    client.close()
    time.sleep(0.3)
