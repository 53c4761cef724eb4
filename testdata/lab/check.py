"""Does whyeof say what the table of the lab, and the cases, ask for?"""
import json
import os
import subprocess

import cases
import matrix

# What whyeof must read to judge a recipe's capture, and a code that shows that
# it does.
READS = {"h2": "h2-stream-reset", "tls": "tls-handshake-failed"}


def not_read(r, codes):
    """The protocol that this capture is of and whyeof does not read yet."""
    for protocol, code in READS.items():
        if r.name.startswith(protocol + "-") and code not in codes and \
                r.expect[0] != "protocol-mismatch":
            return protocol
    return None


class Check:
    """Rows as they were judged, and what was told in them."""

    def __init__(self, args):
        self.args = args
        self.rows, self.tolds = [], []
        self.faults = 0

    def row(self, name, expected, got, verdict):
        self.rows.append({"name": name, "expected": expected, "got": got,
                          "verdict": verdict})
        self.faults += verdict == "FAIL"
        if not self.args.json:
            print(name, expected, got, verdict, sep="\t", flush=True)

    def say(self, line):
        if not self.args.json:
            print(line, flush=True)

    def count(self, verdict):
        return sum(row["verdict"].startswith(verdict) for row in self.rows)


# ---- the lab --------------------------------------------------------------

def lab(check, todo, expectation):
    listed = subprocess.run([check.args.whyeof, "--list-codes"], text=True,
                            capture_output=True, check=True).stdout
    codes = {line.split()[0] for line in listed.splitlines()}
    for r in todo:
        protocol = r.expect and not_read(r, codes)
        if protocol:
            check.row(r.name, expectation(r), "",
                      f"skipped: {protocol} is not read yet")
            continue
        path = os.path.join(check.args.captures, r.name + ".pcap")
        found, problem = findings_of(check.args.whyeof,
                                     r.options + keylog_of(path), path)
        check.tolds += tolds_of(r, found)
        got = sorted((f["code"], f["severity"]) for f in found)
        good = problem is None and matches(r, got)
        shown = problem or " ".join(
            c if level != "info" else f"({c})" for c, level in got) or "none"
        check.row(r.name, expectation(r), shown, "ok" if good else "FAIL")
    check.say(f"{check.count('ok')} passed, {check.count('FAIL')} failed, "
              f"{check.count('skipped')} skipped")


def keylog_of(path):
    """The option that names the key log beside a capture, if there is one."""
    keys = os.path.splitext(path)[0] + ".keys"
    return ["--keylog", keys] if os.path.exists(keys) else []


def findings_of(whyeof, options, path):
    """The findings of a capture, and what prevented knowing them."""
    try:
        run = subprocess.run([whyeof, "--format", "json", *options, path],
                             capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], str(error)
    if run.returncode not in (0, 1):
        return [], f"exit status {run.returncode}"
    try:
        found = json.loads(run.stdout)["findings"]
        for finding in found:
            finding["code"], finding["severity"], finding["confidence"]
        return found, None
    except (ValueError, KeyError, TypeError):
        return [], "no such JSON"


def matches(r, got):
    informed = {code for code, level in got if level == "info"}
    if not set(r.info) <= informed:
        return False
    return fits(r.expect, [c for c, level in got if level != "info"])


def fits(words, codes):
    """Can each word have its codes, and each code its word?"""
    if not words:
        return not codes
    word, rest = words[0], words[1:]
    most = {"?": 1, "*": len(codes)}.get(word[-1])
    if word[-1] == "*":  # takes all it can: no other word shares its codes
        names = word[:-1].split("|")
        return fits(rest, [c for c in codes if c not in names])
    names = word.rstrip("?").split("|")
    for i, code in enumerate(codes):
        if code in names and fits(rest, codes[:i] + codes[i + 1:]):
            return True
    return most is not None and fits(rest, codes)


def tolds_of(r, found):
    """What was told in a recipe's capture, each with its word: those with
    the fewest choices choose first, what is left over is put side by side."""
    free = [f for f in found if f["severity"] != "info" or
            f["code"] in r.info]
    lone = []
    for word in sorted(r.expect + r.info, key=lambda w: (
            w[-1] in "?*", w.count("|"))):
        label = word.rstrip("?*")
        good = [f for f in free if f["code"] in label.split("|")]
        for finding in good if word[-1] == "*" else good[:1]:
            free.remove(finding)
            yield matrix.Told(label, finding["code"], finding["confidence"],
                              True)
        if not good and word[-1] not in "?*":
            lone.append(label)
    for finding in free:
        yield matrix.Told(lone.pop(0) if lone else matrix.NOTHING,
                          finding["code"], finding["confidence"], False)
    for label in lone:
        yield matrix.Told(label, matrix.NOTHING, None, False)


# ---- the cases ------------------------------------------------------------

def known_open(path):
    """{row: why it is wrong today}"""
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line[0] not in "#\n"]
    return dict((line.split(maxsplit=1) + [""])[:2] for line in lines)


def with_cases(check):
    """Each row told; or, where the rows that are open are known, only those
    that are otherwise than the list says."""
    folder = check.args.cases
    if not os.path.exists(os.path.join(folder, "INDEX.tsv")):
        check.row("cases", "", "", "skipped: no %s" % folder)
        return
    opened = known_open(check.args.open) if check.args.open else None
    rows, right, by_codes = cases.read(folder), 0, 0
    for row in rows:
        report, problem = cases.report_of(check.args.whyeof, row)
        judged = cases.judge(row, report) if report else None
        faults = [problem] if problem else judged.faults
        if judged:
            check.tolds += matrix.of_cases(judged)
            by_codes += judged.codes_right
        right += not faults
        tell(check, row, faults, opened)
    for name in sorted(set(opened or {}) - {row.file for row in rows}):
        check.row("cases/" + name, "", "is listed as wrong and no case",
                  "FAIL")
    check.say("cases: %d of %d as expected, %d by code and place alone" %
              (right, len(rows), by_codes))


def tell(check, row, faults, opened):
    name = "cases/" + row.file
    said = "; ".join(faults[:8]) + \
        ("; %d more" % (len(faults) - 8) if len(faults) > 8 else "")
    if opened is None:
        check.row(name, row.expected, said or "as expected",
                  "FAIL" if faults else "ok")
    elif faults and row.file not in opened:
        check.row(name, row.expected, said, "FAIL")
    elif not faults and row.file in opened:
        check.row(name, row.expected,
                  "as expected: take it off %s" % check.args.open, "FAIL")


def finish(check):
    """The tables, and the exit status."""
    if check.args.json:
        print(json.dumps({"rows": check.rows, **matrix.document(check.tolds)},
                         indent=1))
    elif not check.args.open:
        print("\n".join(matrix.lines(check.tolds)))
        if not matrix.holds(check.tolds):
            check.faults += 1
    return 1 if check.faults else 0
