#!/usr/bin/env python3
"""Builds each fuzz target with clang's libFuzzer and sanitizers and runs it
for some seconds on its corpus.

usage: fuzz_smoke.py SRC_fuzz.c... -- LIBRARY_SOURCE.c...

Prints `ok NAME: N inputs in S s` or `FAIL NAME: …`; the last line is
`N passed, N failed`. Crashing inputs are left in build-fuzz/.
"""
import glob
import os
import re
import shlex
import subprocess
import sys

BUILD = "build-fuzz"
SECONDS = int(os.environ.get("SECONDS_EACH", "20"))
CLANG = os.environ.get("FUZZ_CC", "clang")
FLAGS = ["-g", "-O1", "-std=c11", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all"]


def compile_library(sources):
    """One object folder for all targets; only what changed is rebuilt."""
    cpp = shlex.split(os.environ["CPPFLAGS"])
    objects = []
    extra = [os.environ.get("LLHTTP_SRC", "") + "/" + n
             for n in ("api.c", "http.c", "llhttp.c")
             if os.environ.get("LLHTTP_SRC")]
    header = max(map(os.path.getmtime, glob.glob("src/*/*.[hd]*")))
    for source in sources + extra:
        name = os.path.join(BUILD, source.strip("/").replace("/", "_") + ".o")
        objects.append(name)
        if os.path.exists(name) and \
                os.path.getmtime(name) > max(os.path.getmtime(source), header):
            continue
        quiet = ["-w"] if source in extra else []
        subprocess.run([CLANG, *cpp, *FLAGS, *quiet, "-fsanitize=fuzzer-no-link",
                        "-c", "-o", name, source], check=True)
    return objects


def corpus_of(name):
    """Seeds of this target, and captures for those that read them."""
    folders = [f for f in ("testdata/corpus/" + name,) if os.path.isdir(f)]
    return folders


def run_target(source, objects):
    name = os.path.basename(source)[:-len("_fuzz.c")]
    program = os.path.join(BUILD, name)
    subprocess.run([CLANG, *shlex.split(os.environ["CPPFLAGS"]), *FLAGS,
                    "-fsanitize=fuzzer", "-o", program, source, *objects,
                    *shlex.split(os.environ["LIBS"])], check=True)
    work = os.path.join(BUILD, name + "-corpus")
    os.makedirs(work, exist_ok=True)
    done = subprocess.run(
        [program, "-max_total_time=%d" % SECONDS, "-timeout=10",
         "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0",
         "-artifact_prefix=%s/%s-" % (BUILD, name), work, *corpus_of(name)],
        capture_output=True, text=True, errors="replace")
    count = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    if done.returncode == 0 and count:
        print("ok %s: %s inputs in %d s" % (name, count[1], SECONDS),
              flush=True)
        return True
    print("FAIL %s: exit status %d\n%s" %
          (name, done.returncode, done.stderr[-3000:]), flush=True)
    return False


def main(arguments):
    at = arguments.index("--")
    targets, sources = arguments[:at], arguments[at + 1:]
    os.makedirs(BUILD, exist_ok=True)
    objects = compile_library(sources)
    good = [run_target(target, objects) for target in targets]
    print("%d passed, %d failed" % (sum(good), len(good) - sum(good)))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
