"""On the way to TLS, with the secrets in a file beside the capture (NAME.keys):
a proxy that asks for credentials, and one that is spoken to over TLS."""

import os
import subprocess

from kit import SERVERS, recipe, wait_listening
from .tls_twins import TLS12, TLS13, apache, keys


def twin_node(lab, key, cert):
    lab.start("node", os.path.join(SERVERS, "twin-node.js"), cert, key)
    wait_listening(TLS13)


def ask_through(lab, proxy, *words):
    """A good answer and a socket that is destroyed, over TLS 1.2 and 1.3."""
    for port, most in ((TLS12, "1.2"), (TLS13, "1.3")):
        base = f"https://127.0.0.1:{port}"
        lab.curl("-k", "--http1.1", "--tls-max", most, "-x", proxy, *words,
                 base + "/ok", base + "/gone")


@recipe("keys-connect-407", "handler-abort handler-abort handler-abort*",
        seconds=5, note="a second CONNECT on the connection on which the first "
        "was answered with 407; on both legs of the proxy")
def connect_407(lab):
    """curl --proxy-anyauth through Apache, which asks for credentials, to Node
    over TLS 1.2 and 1.3: a good answer, then a socket that is destroyed."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    with open(os.path.join(lab.tmp, "users"), "w") as file:
        file.write("lab:" + subprocess.check_output(
            ["openssl", "passwd", "-apr1", "lab"], text=True))
    os.chmod(lab.tmp, 0o755)
    key, cert = apache(lab, (8089,))
    twin_node(lab, key, cert)
    lab.capture()
    ask_through(lab, "http://127.0.0.1:8089", "--proxy-user", "lab:lab",
                "--proxy-anyauth")


@recipe("keys-connect-tls", "handler-abort handler-abort handler-abort*",
        seconds=5, note="TLS in TLS; on both legs of the proxy")
def connect_tls(lab):
    """curl to Apache's proxy over TLS, and through it to Node over TLS 1.2 and
    1.3: a good answer, then a socket that is destroyed."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    key, cert = apache(lab, (8090,))
    twin_node(lab, key, cert)
    lab.capture()
    ask_through(lab, "https://127.0.0.1:8090", "--proxy-insecure")
