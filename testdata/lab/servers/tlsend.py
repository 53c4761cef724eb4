"""A server over TLS whose answers end as the path says.

usage: tlsend.py PORT CERT KEY KEYLOG

    /close?how=HOW   HTTP/1.0, 40000 bytes without a length, then HOW
    /length?how=HOW  the same with Content-Length

HOW is notify (close_notify, FIN), bare (FIN alone), kill (half of the body,
then the process is killed), cut (half of the body, then close_notify).
"""
import os
import signal
import socket
import ssl
import sys
import threading
import urllib.parse

BODY = b"lab data\n" * 4445
PORT, CERT, KEY, KEYLOG = sys.argv[1:]


def head_of(sock):
    head = b""
    while b"\r\n\r\n" not in head:
        more = sock.recv(4096)
        if not more:
            return None
        head += more
    return head.split(b"\r\n")[0].decode().split(" ")[1]


def answer(sock, target):
    how = urllib.parse.parse_qs(target.partition("?")[2])["how"][0]
    length = f"Content-Length: {len(BODY)}\r\n" if "length" in target else ""
    sock.sendall(f"HTTP/1.0 200 OK\r\n{length}\r\n".encode())
    half = how in ("kill", "cut")
    sock.sendall(BODY[:len(BODY) // 2] if half else BODY)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how in ("notify", "cut"):
        try:
            sock.unwrap()
        except (ssl.SSLError, OSError):
            pass


def handle(context, sock):
    try:
        sock = context.wrap_socket(sock, server_side=True)
    except OSError:
        return
    with sock:
        target = head_of(sock)
        if target:
            answer(sock, target)


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    context.keylog_filename = KEYLOG
    listener = socket.create_server(("0.0.0.0", int(PORT)))
    while True:
        threading.Thread(target=handle,
                         args=(context, listener.accept()[0])).start()


main()
