"""Handshakes of other kinds: early data, renegotiation, resumption; the client's
secrets lie beside the capture."""

import os
import subprocess
import time

from kit import PORT, recipe, wait_listening
from .tls_ends import keys

ASK = "GET %s HTTP/1.1\r\nHost: lab.example\r\n%s\r\n"
LAST = "Connection: close\r\n"


def nginx(lab, key, cert, how="ssl_early_data on;"):
    return lab.nginx("nginx-tls.conf", KEY=key, CERT=cert,
                     HOW="ssl_protocols TLSv1.2 TLSv1.3; " + how)


def s_client(lab, *flags, say=""):
    """openssl s_client; what it is to say is written line by line."""
    child = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}",
         "-keylogfile", keys(lab), *flags], stdin=subprocess.PIPE,
        stdout=lab.log, stderr=lab.log, cwd=lab.tmp)
    for line in [say] if isinstance(say, str) else say:
        time.sleep(0.3)
        child.stdin.write(line.encode())
        child.stdin.flush()
    child.wait(timeout=20)


def early(lab, path):
    with open(os.path.join(lab.tmp, "early"), "w") as file:
        file.write(ASK % (path, ""))
    s_client(lab, "-tls1_3", "-sess_in", "session", "-early_data", "early",
             say=ASK % ("/after", LAST))


@recipe("healthy-early-data", "", seconds=6,
        note="two requests: the early one and that behind the handshake")
def accepted(lab):
    """openssl s_client sends a request as early data (0-RTT), and nginx takes
    it."""
    nginx(lab, *lab.certificate())
    lab.capture()
    s_client(lab, "-tls1_3", "-sess_out", "session",
             say=ASK % ("/first", LAST))
    early(lab, "/early")


@recipe("healthy-early-data-declined", "", seconds=8,
        note="the early request is nobody's: one is asked, one is answered")
def declined(lab):
    """The same, and an nginx that has another ticket key by then."""
    key, cert = lab.certificate()
    server = nginx(lab, key, cert)
    lab.capture()
    s_client(lab, "-tls1_3", "-sess_out", "session",
             say=ASK % ("/first", LAST))
    server.terminate()
    server.wait()
    nginx(lab, key, cert)
    early(lab, "/early")


@recipe("healthy-resumed", "", seconds=8)
def resumed(lab):
    """Sessions taken up again: TLS 1.3 by PSK, TLS 1.2 by ticket and by
    id."""
    nginx(lab, *lab.certificate(), "ssl_session_cache shared:lab:1m;")
    lab.capture()
    for version in (["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-no_ticket"]):
        for session in ("-sess_out", "-sess_in"):
            s_client(lab, *version, session, "session",
                     say=ASK % ("/" + session, LAST))


@recipe("healthy-renegotiated", "", seconds=6,
        note="the client's secrets are logged anew for each handshake")
def renegotiated(lab):
    """openssl s_client asks s_server -WWW for other keys, before and behind a
    request (TLS 1.2)."""
    key, cert = lab.certificate()
    with open(os.path.join(lab.tmp, "file"), "w") as file:
        file.write("lab data\n" * 400)
    lab.start("openssl", "s_server", "-accept", PORT, "-key", key, "-cert",
              cert, "-WWW", "-client_renegotiation", "-tls1_2")
    wait_listening(PORT)
    lab.capture()
    s_client(lab, "-tls1_2", say=("R\n", ASK % ("/file", "")))
    s_client(lab, "-tls1_2", say=("R\n", "R\n", ASK % ("/file", "")))
