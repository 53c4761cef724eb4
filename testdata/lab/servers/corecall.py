"""gRPC's C core as a client: corecall.py PORT SECONDS TEXT...

Each text is a call of /lab.Echo/Say with that deadline, on one channel, one
after the other; "&" before a text: the next one does not wait for it.
"""
import sys
import time

import grpc


def main(port, seconds, *texts):
    channel = grpc.insecure_channel("127.0.0.1:" + port)
    say = channel.unary_unary("/lab.Echo/Say")
    pending = []
    for text in texts:
        call = say.future(text.lstrip("&").encode(), timeout=float(seconds))
        pending.append(call)
        if not text.startswith("&"):
            wait(pending)
    wait(pending)
    time.sleep(0.2)
    channel.close()


def wait(pending):
    while pending:
        call = pending.pop(0)
        print(call.code(), call.exception(), file=sys.stderr)


main(*sys.argv[1:])
