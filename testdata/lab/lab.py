#!/usr/bin/env python3
"""The lab: real servers and clients end badly on cue, and are recorded.

    lab.py list                            the table, tab separated
    lab.py run [NAME...] --out DIR         record live (root), DIR/NAME.pcap
    lab.py check --whyeof PATH --captures DIR [--cases DIR [--open FILE]]
                 [--json] [NAME...]
                                           does whyeof say what the table says
                                           (and the cases' INDEX.tsv)
    lab.py live --whyeof PATH --out DIR [NAME...]
                                           record, with whyeof watching beside
                                           tcpdump; do both say the same
    lab.py brackets --whyeof PATH --out DIR [--runs N] [NAME...]
                                           a hundred requests around a limit,
                                           again and again: is it found
    lab.py describe --captures DIR [NAME...]
                                           what tshark sees, for the README

A recipe that needs what is not there is skipped and says what it is.

Needs Linux, root, tcpdump, unshare, ip, nft, ethtool and the servers: Go,
node, nginx, apache2, gunicorn, haproxy, Varnish, php-fpm, a JDK, curl, openssl,
nghttp2, grpc-go
(Debian's golang-google-grpc-dev) and gRPC's C core (python3-grpcio). Nothing leaves the machine:
each recipe has network namespaces of its own.
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import check  # noqa: E402
import kit  # noqa: E402
import recipes  # noqa: E402
import trials  # noqa: E402
import watch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 110  # seconds: no recipe may run longer
NEEDS = 77   # exit status of a recipe that this machine cannot run


def chosen(names):
    unknown = [n for n in names if n not in kit.RECIPES]
    if unknown:
        sys.exit("lab.py: no recipe is called " + ", ".join(unknown))
    return [kit.RECIPES[n] for n in names] if names else [
        r for r in kit.RECIPES.values() if r.kept]


def judged(names):
    """Those with one capture, and an expectation of it."""
    return [r for r in chosen(names) if not r.pair]


def expectation(recipe):
    if recipe.pair:
        return "checks/compare.py"
    words = recipe.expect or ["none"]
    words = words + [f"({code})" for code in recipe.info]
    return " ".join(words)


# ---- list -----------------------------------------------------------------

def do_list(args):
    print("name\texpected\toptions\twhat\tnote")
    for r in chosen([]):
        print(r.name, expectation(r), " ".join(r.options), r.what, r.note,
              sep="\t")
    return 0


# ---- run ------------------------------------------------------------------

def do_run(args):
    todo = collections.deque(sorted(chosen(args.name),
                                    key=lambda r: -r.seconds))
    os.makedirs(args.out, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="whyeof-lab-")
    os.chmod(scratch, 0o755)
    build("golab", scratch, GOPROXY="off")
    debian = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}
    # Debian's golang-golang-x-net-dev; without it the h2 recipes are skipped.
    build("goh2", scratch, **debian)
    # golang-google-grpc-dev too; without it the grpc recipes are skipped.
    if any("grpc" in r.name for r in todo):
        build("gogrpc", scratch, **debian)
    faults = {}

    def work():
        while True:
            try:
                r = todo.popleft()
            except IndexError:
                return
            started = time.monotonic()
            fault = run_apart(r, args.out, scratch)
            print(f"{r.name}\t{time.monotonic() - started:.1f} s\t"
                  f"{fault or 'recorded'}", flush=True)
            if fault:
                faults[r.name] = fault

    workers = [threading.Thread(target=work) for _ in range(args.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    shutil.rmtree(scratch, ignore_errors=True)
    args.faults = faults
    return 1 if faults else 0


def build(name, scratch, **settings):
    """A server of Go's in the scratch folder. Go links only what is not
    there already, so it is kept in the build folder of `make test`."""
    kept = os.path.join(os.path.abspath(os.environ["BUILD"]), "lab") \
        if "BUILD" in os.environ else scratch
    program = os.path.join(kept, name)
    if not shutil.which("go"):
        return
    done = subprocess.run(["go", "build", "-buildvcs=false", "-o", program,
                           "."], cwd=os.path.join(HERE, "servers", name),
                          env=dict(os.environ, **settings))
    if done.returncode != 0:
        print(f"lab.py: cannot build {name}", file=sys.stderr)
    elif kept != scratch:
        shutil.copy(program, os.path.join(scratch, name))


def run_apart(r, out, scratch):
    """One recipe in namespaces of its own; what went wrong, or None. What
    the machine lacks begins with "needs"."""
    part = os.path.join(scratch, r.name)
    os.mkdir(part)
    argv = ["unshare", "--net", "--pid", "--mount-proc", "--fork",
            "--kill-child", sys.executable, os.path.abspath(__file__),
            "run-here", r.name, "--out", part, "--bin", scratch]
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True,
                             env=dict(os.environ, TMPDIR=part))
    try:
        _, words = child.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        child.kill()
        return f"still running after {LIMIT} s"
    if child.returncode == NEEDS:
        return words.strip().splitlines()[-1]
    if child.returncode != 0:
        return "failed: " + (words.strip() or "no reason given")
    # Not a rename: the result belongs to whoever owns the folder.
    made = os.path.join(part, r.name)
    for end in (".pcap", ".keys", ".ndjson", ".err", "-client.pcap",
                "-server.pcap", "-middle.json"):
        if os.path.exists(made + end):
            shutil.copyfile(made + end, os.path.join(out, r.name + end))
    if os.path.exists(made + ".rec"):
        kept = os.path.join(out, r.name + ".rec")
        shutil.rmtree(kept, ignore_errors=True)  # of an earlier run
        shutil.copytree(made + ".rec", kept)
    return None


def do_live(args):
    os.environ["LAB_WHYEOF"] = os.path.abspath(args.whyeof)
    do_run(args)
    count = {"ok": 0, "FAIL": 0, "skip": 0}
    for r in judged(args.name):
        fault = args.faults.get(r.name)
        wrong = [" ".join(fault.split())] if fault else watch.differences(
            args.whyeof, r.options, os.path.join(args.out, r.name))
        verdict = "FAIL" if wrong else "ok"
        if fault and fault.startswith("needs "):
            verdict = "skip"
        count[verdict] += 1
        print(f"{r.name}\t{'; '.join(wrong) or 'the same'}\t{verdict}",
              flush=True)
    print(f"{count['ok']} passed, {count['FAIL']} failed, "
          f"{count['skip']} skipped")
    return 1 if count["FAIL"] else 0


def keep_failed(out, name, run):
    """The next run would record over it."""
    recorded = os.path.join(out, name + ".pcap")
    if os.path.exists(recorded):
        os.replace(recorded, os.path.join(out, f"{name}-{run}.pcap"))


def do_brackets(args):
    names = args.name or [r.name for r in kit.RECIPES.values() if not r.kept]
    wrong = 0
    for name in names:
        good = []
        for i in range(args.runs):
            args.name = [name]
            do_run(args)
            told = args.faults.get(name) or trials.judge(
                args.whyeof, os.path.join(args.out, name + ".pcap"))
            good.append(told.startswith("ok"))
            if not good[-1]:
                keep_failed(args.out, name, i + 1)
            print(f"{name}\t{i + 1}\t{told}", flush=True)
        print(f"{name}\t{sum(good)} of {len(good)}", flush=True)
        wrong += len(good) - sum(good)
    return 1 if wrong else 0


def do_run_here(args):
    lab = kit.Lab(args.name[0], args.out, args.bin)
    status = 0
    try:
        kit.RECIPES[lab.name].run(lab)
    except kit.Needs as lacking:
        print(f"needs {lacking}", file=sys.stderr)
        status = NEEDS
    finally:
        lab.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # threads may still wait on their sockets


# ---- check ----------------------------------------------------------------

def do_check(args):
    checking = check.Check(args)
    check.lab(checking, judged(args.name), expectation)
    if args.cases:
        check.with_cases(checking)
    return check.finish(checking)


# ---- describe -------------------------------------------------------------

FIELDS = ("frame.number frame.time_relative tcp.srcport "
          "tcp.dstport tcp.flags "
          "http.request.method http.response.code "
          "tcp.analysis.retransmission "
          "tcp.analysis.zero_window icmp.type http2.type "
          "http2.streamid tls.alert_message.desc").split()

H2_FRAMES = {"1": "HEADERS", "3": "RST_STREAM", "5": "PUSH_PROMISE",
             "7": "GOAWAY", "8": "WINDOW_UPDATE"}


PREFACE = """\
# Captures

Each was recorded by the recipe of its name in `../lab`, from real programs on
real kernels: `lab.py run --out ../captures`. This page is made by
`lab.py describe --captures ../captures > ../captures/README.md`: what happens
is told by the recipe, the line "wire" by tshark, the expectation by the
table, which was written from the wire and never from whyeof's output.
Unless another is named, the client is curl or a raw socket and the only host
is loopback with an MTU of 1500; where a path is mentioned, client
(192.0.2.2), router and server (198.51.100.2) are namespaces with veth
between them. Port 8080 is the server, 8081 an upstream; on port 9090 a
healthy exchange every 0.5 s shows that the capture goes on, where something
hangs until its end.

Those of two files were recorded at both ends of a path at the same time; what
their recipe did in between is in `NAME-middle.json`, and what `--compare` must
tell of them is checked by `../checks/compare.py`.

In the expectations `a|b` means either, `a?` perhaps, `a*` any number, and a
code in brackets is of severity info.
"""


def versions():
    """The software these captures were made with."""
    asked = (("go", "go version"), ("node", "node --version"),
             ("nginx", "nginx -v"), ("apache", "apache2 -v"),
             ("gunicorn", "gunicorn --version"), ("curl", "curl --version"),
             ("haproxy", "haproxy -v"), ("varnish", "varnishd -V"),
             ("php-fpm", "php-fpm8.2 -v"), ("java", "java -version"),
             ("nghttp2", "nghttp --version"),
             ("grpc-go", "dpkg-query -W golang-google-grpc-dev"),
             ("linux", "uname -r"), ("python", "python3 --version"),
             ("tcpdump", "tcpdump --version"))
    words = []
    for name, command in asked:
        text = subprocess.run(command.split(), capture_output=True, text=True)
        number = re.search(r"\d+(\.\d+)+", text.stdout + text.stderr)
        words.append(f"{name} {number.group()}" if number else name)
    return ", ".join(words)


def do_describe(args):
    if not args.name:
        print(PREFACE)
        print(f"Recorded with {versions()}.\n")
    for r in chosen(args.name):
        told = expectation(r).replace("|", " | ")
        print("* " + ", ".join(f"`{f}`" for f in r.files()) + f" → {told}  ")
        print(f"  {r.what}" + (f" Note: {r.note}." if r.note else ""), end="")
        for file in r.files():
            print(f"  \n  {wire(os.path.join(args.captures, file))}", end="")
        print()
    return 0


def wire(path, most=14):
    """The frames that matter, in one line of words."""
    argv = ["tshark", "-r", path, "-T", "fields"]
    for field in FIELDS:
        argv += ["-e", field]
    seen = subprocess.run(argv, capture_output=True, text=True,
                          check=True).stdout
    words, again, zero, total = [], 0, 0, 0
    servers = {"8080", "8081", "9000", "9090"}
    for row in seen.splitlines():
        (frame, at, src, dst, flags, method, status, resent, closed, icmp, kinds,
         streams, alert) = row.split("\t")
        total += 1
        if "9090" in (src, dst):  # the clock
            continue
        if icmp or not flags:
            continue
        flags = int(flags, 16)
        side = "server" if src in servers else "client"
        again += bool(resent)
        zero += bool(closed)
        what = method and f"{method}" or status and f"{status}"
        if kinds:
            what = ", ".join(
                f"{side} {H2_FRAMES[k]}" + (f"[{n}]" if n != "0" else "")
                for k, n in zip(kinds.split(","), streams.split(","))
                if k in H2_FRAMES)
        if alert:
            what = f"{side} alert {alert}"
        if flags & 4:
            what = f"{side} RST" + ("" if flags & 0x10 else " without ACK")
        elif flags & 1:
            what = (what + " with " if what else "") + f"{side} FIN"
        if what and not resent:
            words.append(f"{what} #{frame} at {float(at):.3f} s")
    if len(words) > most:
        words = words[:most - 2] + [f"{len(words) - most + 1} more"] + \
            words[-1:]
    if again:
        words.append(f"{again} retransmissions")
    if zero:
        words.append(f"{zero} zero windows")
    words.append(f"{total} packets")
    return "Wire: " + ", ".join(words) + "."


def main():
    parser = argparse.ArgumentParser(prog="lab.py", description=__doc__,
                                     formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function):
        sub = commands.add_parser(name)
        sub.set_defaults(function=function)
        sub.add_argument("name", nargs="*", metavar="NAME")
        return sub

    command("list", do_list)
    run = command("run", do_run)
    run.add_argument("--out", required=True)
    run.add_argument("--jobs", type=int, default=6)
    live = command("live", do_live)
    live.add_argument("--whyeof", required=True)
    live.add_argument("--out", required=True)
    live.add_argument("--jobs", type=int, default=6)
    here = command("run-here", do_run_here)
    here.add_argument("--out", required=True)
    here.add_argument("--bin", required=True)
    checked = command("check", do_check)
    checked.add_argument("--whyeof", required=True)
    checked.add_argument("--captures", required=True)
    checked.add_argument("--cases", help="a folder with an INDEX.tsv: each "
                         "row is judged too")
    checked.add_argument("--open", help="the rows known to be wrong: only "
                         "those are told that are not as this file says")
    checked.add_argument("--json", action="store_true", help="rows, confusion "
                         "and calibration as one JSON document")
    tried = command("brackets", do_brackets)
    tried.add_argument("--whyeof", required=True)
    tried.add_argument("--out", required=True)
    tried.add_argument("--runs", type=int, default=20)
    tried.add_argument("--jobs", type=int, default=1)
    describe = command("describe", do_describe)
    describe.add_argument("--captures", required=True)
    args = parser.parse_args()
    return args.function(args)


if __name__ == "__main__":
    sys.exit(main())
