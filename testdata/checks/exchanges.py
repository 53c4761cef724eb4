#!/usr/bin/env python3
"""--exchanges lists every exchange, in each format the same ones in the same
order, and its memory does not grow with the capture.
"""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
MKBENCH = os.environ.get("BUILD", "build") + "/mkbench"
# enough for a short capture, and so for a long one (RLIMIT_DATA, setrlimit(2))
MEMORY = 16 << 20


def run(path, name, out, folder):
    """Under that limit, unless a sanitizer takes memory of its own."""
    def limit():
        if "san" not in MKBENCH:
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    with open(out, "wb") as file:
        return subprocess.run([WHYEOF, "-x", "--fail-on", "never", "-F", name,
                               path], stdout=file, stderr=subprocess.PIPE,
                              env=dict(os.environ, TMPDIR=folder),
                              preexec_fn=limit)


def listed(name, out):
    """(connection, index or frame, target) of each exchange."""
    with open(out, encoding="utf-8") as file:
        if name == "json":
            document = json.load(file)
            found = document["exchanges"]
            assert len(found) == document["summary"]["exchanges"] > 1000
        elif name == "ndjson":
            lines = [json.loads(line) for line in file]
            found = [x for x in lines if x["type"] == "exchange"]
        else:
            return [(int(m[1]), m[2]) for m in
                    re.finditer(r"^#\d+ +tcp.stream (\d+) +\S+ (\S+)",
                                file.read(), re.M)]
    return [(x["connection"], x["target"]) for x in found]


# (target, path, query): RFC 9112, 3.2; what may be a secret is masked in each.
TARGETS = (
    ("/", "/", None),
    ("/a/b?x=1&y=2", "/a/b", "x=1&y=2"),
    ("/a?b?c=1", "/a", "b?c=1"),
    ("/a?", "/a", None),
    ("/a?token=hunter2&x=1", "/a", "token=***&x=1"),
    ("/login;password=hunter2?x=1", "/login;password=***", "x=1"),
    ("http://h.example/a?x=1", "/a", "x=1"),
    ("http://user:hunter2@h.example/a?x=1", "/a", "x=1"),
    ("http://h.example?x=1", None, "x=1"),
    ("http://h.example", None, None),
    ("/to?url=http://h.example/a?x=1", "/to", "url=http://h.example/a?x=1"),
    ("*", None, None),
)


def targets(folder):
    """The parts of targets, each of an answered request."""
    scene = os.path.join(folder, "targets.scene")
    path = os.path.join(folder, "targets.pcapng")
    with open(scene, "w", encoding="ascii") as file:
        file.write("client 10.1.0.5:51034\nserver 10.1.0.9:8080\n"
                   "0.0 c> SYN\n0.001 s> SYN ACK\n0.002 c> ACK\n")
        for at, (target, _, _) in enumerate(TARGETS, 1):
            file.write('%d.0 c> "%s %s HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"\n'
                       '%d.1 s> "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n'
                       '\\r\\n"\n%d.2 c> ACK\n' %
                       (at, "OPTIONS" if target == "*" else "GET", target, at,
                        at))
        file.write("expect none\n")
    with open(path, "wb") as file:
        subprocess.run([os.path.dirname(MKBENCH) + "/mkscene", scene],
                       stdout=file, check=True)
    out = subprocess.run([WHYEOF, "-x", "-F", "json", path],
                         capture_output=True, text=True, check=True).stdout
    found = [(x["path"], x["query"]) for x in json.loads(out)["exchanges"]]
    wrong = [(row, parts) for row, parts in zip(TARGETS, found)
             if parts != row[1:]]
    good = len(found) == len(TARGETS) and not wrong and "hunter2" not in out
    print("ok path and query of %d targets" % len(found) if good else
          "FAIL path and query: %s" % (wrong or len(found)))
    return not good


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        lists = {}
        for size in ("4M", "32M"):
            path = os.path.join(folder, size + ".pcap")
            subprocess.run([MKBENCH, "--small", "--size", size, path],
                           check=True)
            for name in ("text", "json", "ndjson"):
                done = run(path, name, out, folder)
                print("ok %s of %s" % (name, size) if done.returncode == 0 else
                      "FAIL %s of %s: %s" % (name, size, done.stderr.decode()))
                failed += done.returncode != 0
                if size == "4M":
                    lists[name] = listed(name, out)
        same = lists["text"] == lists["json"] == lists["ndjson"]
        print("ok the same in each format" if same else
              "FAIL the same in each format: %s" %
              {name: len(found) for name, found in lists.items()})
        failed += not same
        left = sorted(set(os.listdir(folder)) - {"out", "4M.pcap", "32M.pcap"})
        print("FAIL nothing is left: %s" % left if left else
              "ok nothing is left")
        failed += bool(left)
    with tempfile.TemporaryDirectory() as folder:
        failed += targets(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
