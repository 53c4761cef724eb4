#!/usr/bin/env python3
"""Does the judge of the cases know right from wrong? Reports that are made up
here, against rows that are."""
import copy
import os
import sys

sys.path.insert(0, "testdata/lab")
import case_words  # noqa: E402
import cases  # noqa: E402
import matrix  # noqa: E402


def finding(code, connection, target="/a", stream=None, severity="error",
            confidence="possible", symptom="reset", said="It ended."):
    return {"id": 0, "code": code, "severity": severity,
            "confidence": confidence, "symptom": symptom, "title": "",
            "explanation": said, "advice": [], "evidence": [],
            "alternatives": [], "known_as": {}, "timing": {"wait_s": 1.5},
            "connection": {"id": connection},
            "exchange": {"target": target, "stream_id": stream}}


def judged(expected, severity, must_not, *findings, cause="", name="x.pcap"):
    row = cases.row_of(".", {
        "file": name, "software and setup": "", "true cause": cause,
        "expected": expected, "severity": severity, "must not say": must_not})
    told = copy.deepcopy(list(findings))
    for number, one in enumerate(told, 1):
        one["id"] = number
    return cases.judge(row, {"findings": told, "endpoints": [],
                             "exchanges": []})


ONE = "handler-abort|server-reset: 0 /a <reset>"
TWO = "goaway-lost-streams: 0 (/h2 1 /a,/h2 3 /a), 2 <reset/hang>"
LEFT = "client-abort: 1/h2 3 /m [may be left out] <none>"
GONE = finding("client-abort", 1, "/m", 3, "warning", "certain", "none")
ABORT = finding("handler-abort", 0)
LOST = [finding("goaway-lost-streams", 0, "/a", 1),
        finding("goaway-lost-streams", 0, "/a", 3),
        finding("goaway-lost-streams", 2, "/b", symptom="hang")]

# what, how many faults (0: right), the row, what is said
TABLE = (
    ("right", 0, ONE, "error", "", ABORT),
    ("silent", 1, ONE, "error", ""),
    ("another-code", 1, ONE, "error", "", finding("server-stall", 0)),
    ("another-place", 2, ONE, "error", "", finding("handler-abort", 1)),
    ("twice", 1, ONE, "error", "", ABORT, ABORT),
    ("symptom", 1, ONE, "error", "", finding("handler-abort", 0,
                                             symptom="hang")),
    ("severity", 1, ONE, "warning", "", ABORT),
    ("either-severity", 0, ONE, "warning|error", "", ABORT),
    ("too-sure", 1, ONE, "error", "more than `possible`",
     finding("handler-abort", 0, confidence="likely")),
    ("certain", 1, ONE, "error", "certain; a crash",
     finding("handler-abort", 0, confidence="certain")),
    ("sure-enough", 0, ONE, "error", "more than `likely`",
     finding("handler-abort", 0, confidence="likely")),
    ("bound-of-another", 0, ONE, "error", "server-reset above `possible`",
     finding("handler-abort", 0, confidence="likely")),
    ("banned-info", 1, ONE, "error", "no-backend, x", ABORT,
     finding("no-backend", 3, severity="info")),
    ("other-info", 0, ONE, "error", "", ABORT,
     finding("no-backend", 3, severity="info")),
    ("quoted", 1, ONE, "error", 'x; "It Ended" (so)', ABORT),
    ("quoted-condition", 0, ONE, "error", '"it ended" for /b', ABORT),
    ("negative-words", 1, ONE, "error", "",
     finding("handler-abort", 0, said="It ended after -1.02 s.")),
    ("group", 0, TWO, "error", "", *LOST),
    ("group-short", 1, TWO, "error", "", *LOST[1:]),
    ("left-out", 0, LEFT, "warning", ""),
    ("not-left-out", 0, LEFT, "warning", "", GONE),
    ("its-like", 0, LEFT, "warning", "", dict(GONE, exchange={
        "target": "/n", "stream_id": 5})),
    ("nothing", 0, "nothing", "no error", "", GONE),
    ("nothing-said", 1, "nothing", "no error", "", ABORT),
    ("anything", 1, "nothing", "no error", "anything",
     finding("no-backend", 3, severity="info")),
)

failed = 0


def tell(name, good, why):
    global failed
    failed += not good
    print("ok cases %s" % name if good else "FAIL cases %s: %s" % (name, why))


for name, wanted, expected, severity, must_not, *said in TABLE:
    faults = judged(expected, severity, must_not, *said).faults
    tell(name, len(faults) == wanted, faults)

healthy = judged("nothing", "no error", "", GONE, cause="healthy")
tell("healthy-warned", len(healthy.faults) == 1, healthy.faults)

tolds = [told for said in ([finding("handler-abort", 0, confidence="likely")],
                           [finding("server-stall", 0, confidence="certain")],
                           []) for told in matrix.of_cases(
                               judged(ONE, "error", "", *said))]
tell("calibration", matrix.calibration(tolds) == {
    "certain": [1, 0], "likely": [1, 1], "possible": [0, 0]}, tolds)
tell("below-bound", not matrix.holds(tolds) and matrix.holds(tolds[:1]), tolds)
label = "handler-abort|server-reset"
tell("confusion", matrix.confusion(tolds) == {label: {
    "handler-abort": 1, "server-stall": 1, "-": 1}}, tolds)

# A question about a case that is not there would never be asked.
index = "../shared/cases"
if os.path.exists(os.path.join(index, "INDEX.tsv")):
    lost = set(case_words.QUESTIONS) - {row.file for row in cases.read(index)}
    tell("questions", not lost, lost)
else:
    print("skip cases questions: no %s" % index)
sys.exit(1 if failed else 0)
