#!/usr/bin/env python3
"""What run_tests.py makes of what programs print, and of how they end."""
import os
import stat
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, "testdata")
import run_tests  # noqa: E402

# program, its output, its status: the verdicts with their names, and whether
# that is an end that counts as a failure of its own
CASES = {
    "TAP": ("a_test", "1..2\nok 1 - test_a\nok 2 - test_b\n# ok - tests\n", 0,
            [("ok", "test_a"), ("ok", "test_b")], False),
    "a failure": ("a_test", "1..2\nok 1 - test_a\nnot ok 2 - test_b\n"
                  "# x.c:3: error\n", 1,
                  [("ok", "test_a"), ("fail", "test_b")], False),
    "cmocka's skip alone": ("a_test", "1..1\nnot ok 1 # SKIP test_a\n"
                            "# ok - tests\n", 0, [("skip", "test_a")], False),
    "a skip beside others": ("a_test", "1..2\nok 1 - test_a\n"
                             "not ok 2 # SKIP test_b\n", 0,
                             [("ok", "test_a"), ("skip", "test_b")], False),
    "TAP's skip": ("a_test", "1..1\nok 1 - test_a # SKIP needs root\n", 0,
                   [("skip", "test_a: needs root")], False),
    "a program that says nothing": ("a_test", "", 0, [], True),
    "a program that dies at once": ("a_test", "1..2\n", -11, [], True),
    "a program that dies after a result": ("a_test", "1..2\nok 1 - test_a\n",
                                           -6, [("ok", "test_a")], True),
    "a program that leaves early": ("a_test", "1..2\nok 1 - test_a\n", 0,
                                    [("ok", "test_a")], True),
    "a sanitizer's status": ("a_test", "1..1\nok 1 - test_a\n", 1,
                             [("ok", "test_a")], True),
    "a part without tests": ("a_test", "1..0\n", 0, [], False),
    "a check": ("a.sh", "ok a\nskip b: needs root\nFAIL c: why\nother\n", 1,
                [("ok", "a"), ("skip", "b: needs root"), ("fail", "c: why")],
                False),
    "a check that is all skipped": ("a.py", "skip a: needs tshark\n", 0,
                                    [("skip", "a: needs tshark")], False),
    "a check that says nothing": ("a.py", "hello\n", 0, [], True),
    "a check that dies": ("a.py", "ok a\n", 1, [("ok", "a")], True),
}

PROGRAMS = {
    "good.sh": "echo ok one; echo 'skip two: needs what there is not'",
    "slow.sh": "echo ok before; sleep 0.3; echo ok after",
    "bad.sh": "echo ok one; echo 'FAIL two: for a reason'; exit 1",
    "dead.sh": "echo ok one; kill -9 $$",
    "silent_test": "exit 0",
}


def outcome():
    """The lines and the status of a run over PROGRAMS."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in PROGRAMS.items():
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n" + text + "\n")
            os.chmod(paths[-1], stat.S_IRWXU)
        done = subprocess.run(
            [sys.executable, "testdata/run_tests.py", "-j", "3", *paths],
            env=dict(os.environ, BUILD=folder), capture_output=True, text=True,
            check=False)
        return done.stdout.splitlines(), done.returncode


def whole_run():
    lines, status = outcome()
    last = "5 passed, 3 failed, 1 skipped"
    if lines[-1:] != [last]:
        return "ends with %s, not '%s'" % (lines[-1:], last)
    if status != 1:
        return "status %d" % status
    for wanted in ("FAIL two: for a reason", "skip two: needs what there",
                   "silent_test has no results", "dead.sh ended with -9"):
        if not any(wanted in line for line in lines):
            return "does not say '%s'" % wanted
    return None


def main():
    failed = False
    for name, (program, text, status, wanted, ends_badly) in CASES.items():
        got = list(run_tests.read_results(program, text))
        wrong = run_tests.what_is_wrong(program, text, status, got)
        good = got == wanted and (wrong is not None) == ends_badly
        failed |= not good
        print("ok runner: " + name if good else
              "FAIL runner: %s: %s, %s" % (name, got, wrong))
    why = whole_run()
    failed |= why is not None
    print("FAIL runner: a whole run: " + why if why else
          "ok runner: a whole run")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
