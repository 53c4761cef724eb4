"""A client that does the same in the clear and over TLS.

usage: twinget.py KEYLOG SUITE DEED...     SUITE: of TLS 1.2, as OpenSSL says

The server listens on 8080 in the clear, on 8443 and on 8444 for TLS; it is
asked there by TLS 1.2 and 1.3. Deeds, on one connection to each port, after a
good answer to /ok:

    get:PATH        ask, and read to the end or the failure
    leave:S:PATH    ask, and close after S seconds
    slow:S:PATH     ask, and begin to read after S seconds
    idle:S          wait, and look at nothing meanwhile
    anew:           go on with another connection, of a server that closes
                    after every answer
"""
import http.client
import socket
import ssl
import sys
import time

KEYLOG, SUITE, *DEEDS = sys.argv[1:]


def connection(port, version):
    if not version:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    how = ssl.create_default_context()
    how.check_hostname = False
    how.verify_mode = ssl.CERT_NONE
    how.minimum_version = how.maximum_version = version
    how.keylog_filename = KEYLOG
    if version == ssl.TLSVersion.TLSv1_2:
        how.set_ciphers(SUITE + ":@SECLEVEL=0")
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=20,
                                       context=how)


def get(client, path):
    client.request("GET", path)
    client.getresponse().read()


def do(client, deed):
    name, _, rest = deed.partition(":")
    if name == "get":
        get(client, rest)
    elif name == "idle":
        time.sleep(float(rest))
    elif name == "anew":
        client.close()
        client.connect()
    else:
        seconds, _, path = rest.partition(":")
        client.request("GET", path)
        time.sleep(float(seconds))
        if name == "slow":
            client.getresponse().read()
        else:
            client.sock.close()


def visit(port, version):
    client = connection(port, version)
    try:
        get(client, "/ok")
        client.auto_open = False
        for deed in DEEDS:
            do(client, deed)
    except (OSError, http.client.HTTPException) as error:
        print(port, repr(error))
    client.close()


socket.setdefaulttimeout(20)
for where in ((8080, None), (8443, ssl.TLSVersion.TLSv1_2),
              (8444, ssl.TLSVersion.TLSv1_3)):
    visit(*where)
    time.sleep(0.3)
