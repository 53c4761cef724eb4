"""Captures with a known cause, and whether a report says what their
INDEX.tsv asks for.

The folder is not part of this tree; its README.md says what the columns
mean. What is taken for right:

* Each target of an entry has a finding of one of its codes, of one of its
  symptoms and severities, and each finding serves one target; what may be
  left out costs nothing, and stands for its like on other streams of the
  connection (a thousand cancelled ones).
* An error or a warning that no entry names is wrong. An info is, only if
  "must not say" forbids it: of those a report may say what it likes.
* Where nothing is expected, no error may be said; of a healthy capture no
  warning either, and where "anything" is forbidden, no info.
* "must not say": a code or a symptom that stands by itself is wrong in any
  finding, words in quotation marks in the words of any; `above`, `more than`
  and `at most` bound the confidence, of the codes named or else of the
  entries that give a choice. What else it says is in case_words.py.
* No time may be negative, in any row.
"""
import collections
import csv
import json
import os
import re
import subprocess

import case_words

SYMPTOMS = {"none", "empty-reply", "truncated", "reset", "hang", "refused",
            "connect-timeout", "error-status", "slow", "rejected",
            "tunnel-cut"}
CONFIDENCES = ["possible", "likely", "certain"]
OPTIONAL = "[may be left out]"

Row = collections.namedtuple(
    "Row", "file path software cause expected wants must_not healthy")
# One exchange or connection that a finding is expected of.
Want = collections.namedtuple(
    "Want", "codes connection stream target symptoms severities optional")
# What was made of a row: pairs of a Want and a finding, either may be None;
# `wrong` holds the ids of findings whose cause is wrong or too sure.
Judged = collections.namedtuple("Judged", "pairs wrong codes_right faults")


def read(folder):
    """The rows of a folder's INDEX.tsv."""
    with open(os.path.join(folder, "INDEX.tsv"), encoding="utf-8") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row_of(folder, cells) for cells in table]


def row_of(folder, cells):
    healthy = cells["expected"] == "nothing" and (
        cells["true cause"].startswith("healthy") or
        "-healthy." in cells["file"])
    return Row(cells["file"], os.path.join(folder, cells["file"]),
               cells["software and setup"], cells["true cause"],
               cells["expected"],
               wants_of(cells["expected"], cells["severity"]),
               cells["must not say"], healthy)


def wants_of(expected, severity):
    if expected == "nothing":
        return []
    entries, levels = expected.split("; "), severity.split("; ")
    if len(entries) != len(levels):
        raise ValueError("%d entries, %d severities: %s" %
                         (len(entries), len(levels), expected))
    return [want for entry, level in zip(entries, levels)
            for want in wants_of_entry(entry, level.split("|"))]


def wants_of_entry(entry, severities):
    """`code|code: 0 /a, 1/h2 3 /b, 2 (/h2 1 /c,/h2 3 /d) <symptom/symptom>`"""
    match = re.fullmatch(r"([a-z0-9|-]+): (.*?) ?<([a-z/-]+)>", entry)
    if not match:
        raise ValueError("no entry: " + entry)
    codes, where, symptoms = match.groups()
    optional = OPTIONAL in where
    where = where.replace(OPTIONAL, "").strip()
    for part in re.split(r", (?![^(]*\))", where):
        number, rest = re.fullmatch(r"(\d+)(.*)", part).groups()
        rest = rest.strip()
        for piece in rest[1:-1].split(",") if rest[:1] == "(" else [rest]:
            stream, target = re.fullmatch(r"(?:/h2 (\d+) )?(.*)",
                                          piece).groups()
            yield Want(codes.split("|"), int(number),
                       int(stream) if stream else None, target or None,
                       symptoms.split("/"), severities, optional)


# ---- what whyeof says -----------------------------------------------------

def report_of(whyeof, row):
    """The JSON document of a case, and what prevented having it."""
    argv = [whyeof, "--format", "json", "--exchanges"]
    keys = re.sub(r"\.pcap.*", ".keys", row.path)
    if os.path.exists(keys) and "--keylog" in help_of(whyeof):
        argv += ["--keylog", keys]
    try:
        run = subprocess.run(argv + [row.path], capture_output=True,
                             timeout=60)
        if run.returncode not in (0, 1):
            return None, "exit status %d" % run.returncode
        return json.loads(run.stdout), None
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        return None, str(error)


def help_of(whyeof):
    return subprocess.run([whyeof, "--help"], capture_output=True,
                          text=True).stdout


# ---- judging --------------------------------------------------------------

def judge(row, report):
    findings = report["findings"]
    pairs, faults = pair(row.wants, findings)
    wrong = set()
    for want, finding in pairs:
        if finding is None or finding["severity"] == "info" or \
                want and finding["code"] in want.codes:
            continue
        wrong.add(finding["id"])
        if want is None and (row.wants or row.healthy or
                             finding["severity"] == "error"):
            faults.append("said: " + shown(finding))
    codes_right = not faults
    faults += ["%s of %s" % (misfit, shown(finding))
               for want, finding in pairs
               if want and finding and finding["code"] in want.codes
               for misfit in misfits(want, finding)]
    for finding, why in forbidden(row, findings):
        if why in (BANNED, SILENT) or why.startswith(SURER):
            wrong.add(finding["id"])
        faults.append("%s: %s" % (why, shown(finding)))
    faults += negative(report)
    faults += case_words.faults(row.file, report)
    return Judged(pairs, wrong, codes_right, list(dict.fromkeys(faults)))


def pair(wants, findings):
    """Each want with the finding that serves it best, each finding once."""
    faults, pairs, free = [], [], list(findings)
    # The choosy first: the few codes, and what may not be left out.
    for want in sorted(wants, key=lambda w: w.optional):
        near = [f for f in free if at(want, f)]
        good = [f for f in near if f["code"] in want.codes]
        best = min(good, key=lambda f: len(misfits(want, f)), default=None)
        if best is None and not want.optional:
            said = ", ".join(shown(f) for f in findings if at(
                want, f) or upgraded(want, f)) or "nothing"
            faults.append("missing: %s, said of it: %s" % (words(want), said))
        if best is not None:
            free.remove(best)
        pairs.append([want, best])
    # Of what is left, what was said of the same exchange belongs to it.
    for couple in pairs:
        near = [f for f in free if at(couple[0], f) or
                upgraded(couple[0], f)]
        if couple[1] is None and near and not couple[0].optional:
            couple[1] = near[0]
            free.remove(near[0])
    free = [f for f in free if not alike(wants, f)]
    return pairs + [[None, f] for f in free], faults


def alike(wants, finding):
    """Another stream's of what may be left out of its connection?"""
    return any(w.optional and w.stream is not None and
               w.connection == finding["connection"]["id"] and
               finding["code"] in w.codes and not misfits(w, finding)
               for w in wants)


def at(want, finding):
    exchange = finding["exchange"] or {}
    return (finding["connection"]["id"] == want.connection and
            want.stream in (None, exchange.get("stream_id")) and
            want.target in (None, exchange.get("target")))


def upgraded(want, finding):
    """Told as HTTP/1's, and meant as the stream that it was upgraded to?"""
    exchange = finding["exchange"] or {}
    return want.stream == 1 and exchange.get("stream_id") is None and \
        at(want._replace(stream=None), finding)


def misfits(want, finding):
    wrong = []
    if finding["symptom"] not in want.symptoms:
        wrong.append("symptom is not " + "/".join(want.symptoms))
    if finding["severity"] not in want.severities:
        wrong.append("severity is not " + "|".join(want.severities))
    return wrong


def words(want):
    stream = "/h2 %d" % want.stream if want.stream is not None else ""
    return "%s at %d%s %s" % ("|".join(want.codes), want.connection, stream,
                              want.target or "")


def shown(finding):
    exchange = finding["exchange"] or {}
    stream = exchange.get("stream_id")
    return "%s (%s, %s, %s) at %d%s %s" % (
        finding["code"], finding["severity"], finding["confidence"],
        finding["symptom"], finding["connection"]["id"],
        "/h2 %d" % stream if stream is not None else "",
        exchange.get("target") or "")


# ---- must not say ---------------------------------------------------------

BANNED, SILENT, SURER = "may not be said", "nothing may be said", "more than "


def forbidden(row, findings):
    """(finding, why) of what the words of "must not say" forbid that say the
    same of every row."""
    open_codes = {code for w in row.wants if len(w.codes) > 1
                  for code in w.codes}
    every = {finding["code"] for finding in findings}
    for clause in row.must_not.split("; "):
        most, codes = bound(clause)
        for finding in findings:
            if most is not None and \
                    finding["code"] in (codes or open_codes or every) and \
                    finding["severity"] != "info" and \
                    CONFIDENCES.index(finding["confidence"]) > most:
                yield finding, SURER + CONFIDENCES[most]
        for token in re.split(r",\s+", clause):
            yield from forbidden_by(token.strip(), findings)


def bound(clause):
    """The highest confidence that a clause allows, and of which codes, if
    not of all."""
    match = re.search(r"(?:above|more than|at most) `(\w+)`", clause)
    if match:
        codes = re.findall(r"^[a-z0-9]+(?:-[a-z0-9]+)+(?= above)", clause)
        return CONFIDENCES.index(match[1]), codes
    return (CONFIDENCES.index("likely") if clause == "certain" else None), []


def forbidden_by(token, findings):
    # "words", "words": why, "words" (whose); not "words" with a condition
    quoted = re.match(r'"([^"]+)"(?:$|:| \()|(curl \(\d+\))$', token)
    symptom = re.sub(r"^symptom ", "", token)
    for finding in findings:
        if token in ("anything", "a verdict"):
            yield finding, SILENT
        elif finding["code"] == token:
            yield finding, BANNED
        elif finding["symptom"] == symptom and symptom in SYMPTOMS:
            yield finding, "no such symptom"
        elif quoted and (quoted[1] or quoted[2]).lower().replace(
                "curl (", "curl: (") in case_words.text_of(finding):
            yield finding, 'says "%s"' % (quoted[1] or quoted[2])


def negative(report):
    for finding in report["findings"]:
        times = list(finding["timing"].items()) + \
            list(finding.get("time_s", {}).items())
        for name, value in times:
            if value is not None and value < 0:
                yield "%s is negative: %s" % (name, shown(finding))
        if re.search(r"(?<![\w.)-])-\d[\d.]* ?(s|ms|us|µs)\b",
                     case_words.text_of(finding)):
            yield "a negative time in words: " + shown(finding)
