#!/usr/bin/env python3
"""The figures of one report agree, over the lab and the labelled cases: as many
exchanges are listed as complete as the summary and the endpoints count, no
time is negative, and the words say of a retry what its key does."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
MKSCENE = os.path.join(os.path.dirname(WHYEOF), "mkscene")
LOOKED_AT = ("testdata/captures/*.pcap*", "../shared/cases/*.pcap*")


def complaint(document):
    listed = sum(x["complete"] for x in document["exchanges"])
    counted = document["summary"]["complete"]
    known = sum(x["complete"] for x in document["endpoints"])
    if not listed == counted == known:
        return "%d listed as complete, %d in the summary, %d at endpoints" % (
            listed, counted, known)
    for finding in document["findings"]:
        for name, seconds in finding["timing"].items():
            if seconds is not None and seconds < 0:
                return "finding %d: %s is %s" % (finding["id"], name, seconds)
        said = "retry is safe" in finding["explanation"]
        if said and finding["retry"] != "safe":
            return "finding %d: says that a retry is safe, and %s" % (
                finding["id"], finding["retry"])
    return None


def number(pattern, words):
    """The number of the first group, 0 where the words do not say it."""
    found = re.search(pattern, words)
    return int(found[1]) if found else 0


def words_complaint(document, words):
    """The last line of the text, as somebody reads it who adds up."""
    summary = document["summary"]
    findings = document["findings"]
    exchanges = number(r"(\d+) exchange", words)
    whole = exchanges if re.search(r"\((all )?complete\)", words) else \
        number(r"\((\d+) complete, ", words)
    left = number(r"complete, (\d+) not\)", words)
    if exchanges != whole + left or exchanges != summary["exchanges"]:
        return "%d exchanges are %d complete and %d not" % (
            exchanges, whole, left)
    said = [number(r"findings: .*?(\d+) %s" % name, words)
            for name in ("error", "warning", "info")]
    if sum(said) != len(findings) or said[0] != summary["findings"]["error"]:
        return "%s findings of %d" % (said, len(findings))
    without = sum(f["exchange"] is None for f in findings)
    if number(r"(\d+) of them about (?:a )?connection", words) != without:
        return "not %d about connections" % without
    listed = {(x["connection"], x["stream_id"], x["index"])
              for x in document["exchanges"] if x["complete"]}
    good = sum((f["connection"]["id"], f["exchange"]["stream_id"],
                f["exchange"]["index"]) in listed
               for f in findings if f["exchange"])
    if number(r"(\d+) of them about (?:a )?complete", words) != good:
        return "not %d about complete exchanges" % good
    return None


def summary_words(path):
    text = subprocess.run([WHYEOF, path], stdout=subprocess.PIPE, timeout=60,
                          check=False, universal_newlines=True).stdout
    words = " ".join(text.split())
    return words[words.rindex(re.findall(r"\d+ packets?, ", words)[-1]):]


def scenes(folder):
    """The captures of the verdicts' scenes, whose goldens are reviewed."""
    for scene in sorted(glob.glob("testdata/verdicts/*.scene")):
        path = os.path.join(folder, os.path.basename(scene)[:-6] + ".pcapng")
        with open(path, "wb") as out:
            subprocess.run([MKSCENE, scene], stdout=out, check=True)
        yield path


def main():
    with tempfile.TemporaryDirectory() as folder:
        return look_at(sorted(p for kind in LOOKED_AT
                              for p in glob.glob(kind)) +
                       list(scenes(folder)))


def look_at(paths):
    failed = 0
    for path in paths:
        done = subprocess.run([WHYEOF, "-F", "json", "--exchanges", path],
                              stdout=subprocess.PIPE, timeout=60, check=False)
        document = json.loads(done.stdout)
        wrong = complaint(document) or words_complaint(document,
                                                       summary_words(path))
        if wrong:
            print("FAIL %s: %s" % (path, wrong))
            failed += 1
    if not failed:
        print("ok the counts agree in %d captures" % len(paths))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
