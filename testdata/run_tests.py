#!/usr/bin/env python3
"""Runs test programs side by side and adds up their results.

usage: run_tests.py [-j JOBS] PROGRAM...

A cmocka program speaks TAP; long ones are run in parts (cmd/shard.c). A check
(a script) prints `ok NAME`, `FAIL NAME: why` or `skip NAME: why`. A program
that dies, says nothing, or has fewer results than it announced, is a failure.
The longest begin first, by what they took the last time. Those that mostly
wait have two places of their own beside the JOBS (one for each processor,
unless said), and precedence: their time limits are told by the clock.
The last line is `N passed, N failed, N skipped`.
"""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

TAP = re.compile(r"^(not )?ok\b(?: \d+)?(?: -)?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)$", re.M)
SKIP = re.compile(r"\s*# SKIP\b\s*", re.I)
CHECK = re.compile(r"^(ok|FAIL|skip) (.*)$")
LIMIT_SECONDS = 900

# In how many parts a program is run.
PARTS = {"hostile_test": 4, "monsters_test": 3, "h2_test": 3}

# They wait for the clock and for each other more than they compute.
WAITING = ("live.py", "attacks.py", "secrets.py", "live_lab.py", "live_test",
           "line_writer_test", "follow_test", "line_writer_file_test",
           "recorder_world_test", "device_test")

# Seconds, where there is no last time.
SECONDS = {"live.py": 20, "live_lab.py": 12, "public.py": 20, "h2.py": 8,
           "monsters_test": 8, "hostile_test": 8, "lint.sh": 8, "inputs.sh": 5,
           "cli.sh": 3, "attacks.py": 12, "rotated.py": 4, "exchanges.py": 2,
           "secrets.py": 2, "live_test": 3, "build.sh": 7}


def is_check(program):
    return program.endswith((".sh", ".py"))


def read_results(program, text):
    """The (verdict, name) pairs that a program's output holds. Of what is
    skipped the name has the reason, where there is one."""
    for line in text.splitlines():
        match = (CHECK if is_check(program) else TAP).match(line)
        if not match:
            continue
        if is_check(program):
            yield match[1].lower(), match[2]
        elif SKIP.search(match[2]):
            # cmocka: `not ok 1 # SKIP name`; TAP: `ok 1 - name # SKIP why`
            name = SKIP.sub(": ", match[2]).strip(": ")
            yield "skip", name or "a test"
        else:
            yield ("fail" if match[1] else "ok"), match[2]


def what_is_wrong(program, output, status, results):
    """How a program ended that did not end well, else None."""
    failed = any(verdict == "fail" for verdict, _ in results)
    if status != 0 and not failed:
        return "ended with %s" % status
    if is_check(program):
        return None if results else "has no results"
    plan = PLAN.findall(output)
    if not plan:
        return "has no results"
    if sum(map(int, plan)) != len(results):
        return "announced %d results and has %d" % (sum(map(int, plan)),
                                                    len(results))
    return None


class Part:
    """A program, or a part of its tests."""

    def __init__(self, program, number, parts):
        self.program = program
        self.shard = "%d/%d" % (number, parts) if parts > 1 else None
        self.child = None

    def key(self):
        return self.program + (" " + self.shard if self.shard else "")

    def run(self):
        environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
                           PYTHONDONTWRITEBYTECODE="1")
        if self.shard:
            environment["TEST_SHARD"] = self.shard
        gives_way = os.path.basename(self.program) not in WAITING
        start = time.monotonic()
        # A session of its own, so that all that it started ends with it.
        self.child = subprocess.Popen(
            (["nice", "-n", "5"] if gives_way else []) + [self.program],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        late = threading.Timer(LIMIT_SECONDS, self.kill)
        late.start()
        output = self.child.communicate()[0].decode(errors="replace")
        status = self.child.returncode
        if late.finished.is_set():
            status = "more than %d s" % LIMIT_SECONDS
        late.cancel()
        return output, status, time.monotonic() - start

    def kill(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)


def last_times(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def expected(part, times):
    name = os.path.basename(part.program)
    guess = SECONDS.get(name, 0.1) / PARTS.get(name, 1)
    return times.get(part.key(), guess)


class Totals:
    def __init__(self):
        self.count = {"ok": 0, "fail": 0, "skip": 0}

    def tell(self, program, runs):
        """One line on a program, all of it where it failed, and what was
        skipped, each with its reason."""
        results, troubles, texts = [], [], []
        for output, status, _ in runs:
            mine = list(read_results(program, output))
            trouble = what_is_wrong(program, output, status, mine)
            results += mine
            if trouble:
                troubles.append(trouble)
            if trouble or any(verdict == "fail" for verdict, _ in mine):
                texts.append(output.rstrip())
        for verdict, _ in results:
            self.count[verdict] += 1
        self.count["fail"] += len(troubles)
        skipped = [name for verdict, name in results if verdict == "skip"]
        lines = ["%-6s %-44s %4d tests %6.1f s%s" % (
            "FAIL" if texts else "ok", program, len(results),
            sum(seconds for _, _, seconds in runs),
            ", %d skipped" % len(skipped) if skipped else "")]
        lines += texts
        lines += ["%s %s" % (program, trouble) for trouble in troubles]
        if not texts:
            lines += ["       skip " + name for name in skipped]
        print("\n".join(lines), flush=True)

    def close(self):
        print("%d passed, %d failed, %d skipped" %
              (self.count["ok"], self.count["fail"], self.count["skip"]))
        return 1 if self.count["fail"] or not self.count["ok"] else 0


def parts_of(program):
    parts = PARTS.get(os.path.basename(program), 1)
    return [Part(program, number, parts) for number in range(1, parts + 1)]


def run_all(programs, jobs, times):
    """Yields each program with its runs when all its parts have ended."""
    parts = {program: parts_of(program) for program in programs}
    todo = sorted((part for some in parts.values() for part in some),
                  key=lambda part: -expected(part, times))
    runs = {program: [] for program in programs}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool, \
            concurrent.futures.ThreadPoolExecutor(2) as beside:
        at = {}
        for part in todo:
            waits = os.path.basename(part.program) in WAITING
            at[(beside if waits else pool).submit(part.run)] = part
        try:
            for job in concurrent.futures.as_completed(at):
                part = at[job]
                runs[part.program].append(job.result())
                times[part.key()] = round(job.result()[2], 2)
                if len(runs[part.program]) == len(parts[part.program]):
                    yield part.program, runs[part.program]
        except BaseException:
            for job, part in at.items():
                job.cancel()
                part.kill()
            raise


def main(arguments):
    jobs = len(os.sched_getaffinity(0))
    if arguments[:1] == ["-j"]:
        jobs, arguments = int(arguments[1]), arguments[2:]
    path = os.path.join(os.environ.get("BUILD", "build"), "test-times.json")
    times = last_times(path)
    totals = Totals()
    for program, runs in run_all(arguments, jobs, times):
        totals.tell(program, runs)
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(times, file, indent=1, sort_keys=True)
    except OSError:
        pass  # only the order of the next run
    return totals.close()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
