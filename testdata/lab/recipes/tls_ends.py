"""How TLS ends, with the secrets in a file beside the capture (NAME.keys)."""

import os
import time

from kit import PORT, SERVERS, recipe, wait_listening

BASE = f"https://127.0.0.1:{PORT}"


def keys(lab):
    return os.path.join(lab.out, lab.name + ".keys")


def tlsend(lab):
    key, cert = lab.certificate()
    lab.start("python3", os.path.join(SERVERS, "tlsend.py"), PORT, cert, key,
              keys(lab))
    wait_listening(PORT)
    lab.capture()


def get(lab, *paths, most="1.3"):
    for path in paths:
        lab.curl("-k", "--http1.1", "--tls-max", most, BASE + path)


@recipe("keys-killed-in-body", "tls-no-close-notify", seconds=4,
        note="the kernel sends a FIN for a process that is gone; curl: (56) "
        "unexpected eof while reading")
def killed(lab):
    """A Python server over TLS 1.3 is killed in the middle of an answer
    without a length; before, one that ends as it should."""
    tlsend(lab)
    get(lab, "/close?how=notify", "/close?how=kill")


@recipe("keys-bare-end-12", "tls-no-close-notify", seconds=4,
        note="the answer is whole, and nobody can know that: curl says (56)")
def bare_end(lab):
    """The same server over TLS 1.2 closes without close_notify behind an
    answer without a length."""
    tlsend(lab)
    get(lab, "/close?how=bare", most="1.2")


@recipe("keys-killed-in-length", "handler-abort", seconds=4,
        note="as in the clear")
def killed_in_length(lab):
    """The server is killed in the middle of an answer with
    Content-Length."""
    tlsend(lab)
    get(lab, "/length?how=kill")


@recipe("keys-notified-short", "handler-abort", seconds=4,
        note="close_notify in the middle of Content-Length is no better than "
        "a FIN there")
def notified_short(lab):
    """The server says close_notify in the middle of an answer with
    Content-Length."""
    tlsend(lab)
    get(lab, "/length?how=cut")


@recipe("healthy-bare-close", "", "tls-no-close-notify", seconds=4,
        note="said once for the server")
def bare_close(lab):
    """Two answers with Content-Length, each closed without close_notify."""
    tlsend(lab)
    get(lab, "/length?how=bare", "/length?how=bare")


@recipe("healthy-notified", "", seconds=4)
def notified(lab):
    """Answers with and without a length, each closed with close_notify; TLS
    1.3 and 1.2."""
    tlsend(lab)
    for most in ("1.3", "1.2"):
        get(lab, "/length?how=notify", "/close?how=notify", most=most)


@recipe("healthy-s-server", "", seconds=4,
        note="HTTP/1.0 without a length; it says close_notify")
def s_server(lab):
    """openssl s_server -WWW, two files of 5 and 100 kB."""
    key, cert = lab.certificate()
    for name, size in (("small", 5000), ("large", 100000)):
        with open(os.path.join(lab.tmp, name), "wb") as file:
            file.write(b"lab data\n" * (size // 9))
    lab.start("openssl", "s_server", "-accept", PORT, "-key", key, "-cert",
              cert, "-WWW", "-keylogfile", keys(lab), cwd=lab.tmp)
    wait_listening(PORT)
    lab.capture()
    get(lab, "/small", "/large")
    time.sleep(0.2)
