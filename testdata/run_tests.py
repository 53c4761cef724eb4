#!/usr/bin/env python3
"""Runs test programs and adds up their results.

A cmocka program speaks TAP. A check (a script) prints `ok NAME`,
`FAIL NAME: why` or `skip NAME: why`. A program that dies, or says nothing, is
a failure. The last line is `N passed, N failed, N skipped`.
"""
import os
import re
import subprocess
import sys
import time

TAP = re.compile(r"^(not )?ok(?: \d+)? - (\S+)(.*)$")
CHECK = re.compile(r"^(ok|FAIL|skip) (.*)$")
LIMIT_SECONDS = 900


def is_check(program):
    return program.endswith((".sh", ".py"))


def read_results(program, text):
    """The (verdict, name) pairs that a program's output holds."""
    for line in text.splitlines():
        match = (CHECK if is_check(program) else TAP).match(line)
        if not match:
            continue
        if is_check(program):
            yield match[1].lower(), match[2]
        elif "# SKIP" in match[3]:
            yield "skip", match[2]
        else:
            yield ("fail" if match[1] else "ok"), match[2]


def run(program):
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")
    start = time.monotonic()
    try:
        done = subprocess.run([program], env=environment, text=True,
                              errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=LIMIT_SECONDS)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        status = "took longer than %d s" % LIMIT_SECONDS
    return output, status, time.monotonic() - start


def main(programs):
    total = {"ok": 0, "fail": 0, "skip": 0}
    for program in programs:
        output, status, seconds = run(program)
        results = list(read_results(program, output))
        failed = [name for verdict, name in results if verdict == "fail"]
        died = status != 0 and not failed or not results
        for verdict, _ in results:
            total[verdict] += 1
        total["fail"] += died
        skipped = [name for verdict, name in results if verdict == "skip"]
        print("%-6s %-44s %4d tests %6.1f s%s" % (
            "FAIL" if failed or died else "ok", program, len(results), seconds,
            ", %d skipped" % len(skipped) if skipped else ""), flush=True)
        if failed or died:
            print(output.rstrip())
            if died:
                print("%s ended with %s" % (program, status))
    print("%d passed, %d failed, %d skipped" %
          (total["ok"], total["fail"], total["skip"]))
    return 1 if total["fail"] or not total["ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
