#!/usr/bin/env python3
"""What whyeof-merge(1) shows to spread a capture over many runs does that: the
shell's lines, and the script for Dask with a scheduler and two workers on
loopback. What comes of both is the report of the whole capture.
"""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import merge

PAGE = "man/whyeof-merge.1"
PYTHON = "/usr/bin/python3"  # Debian's packages are its


def examples():
    """The page's examples, as they read on a terminal."""
    with open(PAGE, encoding="utf-8") as file:
        found = re.findall(r"^\.EX\n(.*?)^\.EE$", file.read(), re.M | re.S)
    return [text.replace("\\e", "\\").replace("\\-", "-") for text in found]


def environment(folder):
    """The program that is tested is the one that is found."""
    link = os.path.join(folder, "bin")
    os.makedirs(link, exist_ok=True)
    if not os.path.exists(link + "/whyeof"):
        os.symlink(os.path.abspath(merge.WHYEOF), link + "/whyeof")
    return dict(os.environ, PATH=link + ":" + os.environ["PATH"],
                HOME=folder)


def check_same(name, text, path, skipped=()):
    whole = json.loads(merge.report(path))
    folded = json.loads(text)
    ends = {f["connection"]["server"] for f in whole["findings"]}
    merge.check(merge.by_server(folded) == merge.by_server(whole),
                "%s: %d endpoints" % (name, len(whole["endpoints"])))
    found = [f for f in merge.in_order(merge.of_findings(whole))
             if f[4] not in skipped]
    merge.check(len(ends) > 5 and merge.of_findings(folded) == found,
                "%s: %d findings" % (name, len(found)))
    if not skipped:
        merge.check(folded["summary"] == whole["summary"], name + ": counts")


def check_shell(folder, path, lines):
    """A server that only refused is none that tshark lists."""
    os.symlink(path, folder + "/big.pcap")
    done = subprocess.run(["sh", "-c", lines], cwd=folder, capture_output=True,
                          text=True, env=environment(folder))
    whole = json.loads(merge.report(path))
    listed = {e["server"] for e in whole["endpoints"]}
    refused = set(merge.servers_of(whole)) - listed
    merge.check(done.returncode == 1 and len(refused) == 1,
                "shell: status %d %s" % (done.returncode, done.stderr))
    text = done.stdout.replace('"big.pcap"', json.dumps(path))
    check_same("shell", text, path, refused)
    merge.check(len(glob.glob(folder + "/part-*.json")) == len(listed),
                "shell: a report for each server")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def has_dask():
    return os.path.exists(PYTHON) and subprocess.run(
        [PYTHON, "-c", "import distributed, distributed.cli.dask_worker"],
        capture_output=True).returncode == 0


def start(kind, folder, *words):
    return subprocess.Popen(
        [PYTHON, "-m", "distributed.cli." + kind, *words, "--no-dashboard"],
        cwd=folder, env=environment(folder), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


def check_dask(folder, path, script):
    port = free_port()
    address = "tcp://127.0.0.1:%d" % port
    started = [start("dask_scheduler", folder, "--host", "127.0.0.1", "--port",
                     str(port))]
    try:
        if not wait_for(port):
            merge.check(False, "dask: no scheduler")
            return
        for i in "01":
            started.append(start("dask_worker", folder, address, "--nthreads",
                                 "1", "--name", i, "--no-nanny",
                                 "--local-directory", folder + "/w" + i))
        subprocess.run([PYTHON, "-c", "from distributed import Client\n"
                        "Client(%r).wait_for_workers(2, 60)" % address],
                       check=True, env=environment(folder))
        name = merge.save(folder, "spread.py", script)
        servers = merge.servers_of(json.loads(merge.report(path)))
        listed = merge.save(folder, "servers.txt", "".join(
            "%s %s\n" % tuple(s.rsplit(":", 1)) for s in servers))
        done = subprocess.run([PYTHON, name, address, listed, path], timeout=120,
                              capture_output=True, text=True,
                              env=environment(folder))
        merge.check(done.returncode == 1, "dask: status %d %s" %
                    (done.returncode, done.stderr[-300:]
                     if done.returncode != 1 else ""))
        check_same("dask, two workers", done.stdout, path)
    finally:
        # a worker does not always heed SIGTERM
        for one in reversed(started):
            one.kill()
        for one in started:
            one.wait()


def main():
    if not shutil.which("tshark"):
        print("skip merge_recipes: no tshark")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "all.pcap")
        merge.write_all(path)
        shell, script = examples()
        check_shell(folder, path, shell)
        if has_dask():
            check_dask(folder, path, script)
        else:
            print("skip merge_recipes dask: no python3-distributed")
    return merge.failed > 0


if __name__ == "__main__":
    sys.exit(main())
