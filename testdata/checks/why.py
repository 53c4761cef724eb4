#!/usr/bin/env python3
"""--why answers for each exchange of a connection, and for the connection, with
the rules of its scope in the order of rules.def; what it says was told is what
the report tells, and what it says cannot be judged is what that counts.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
MKSCENE = os.environ.get("BUILD", "build") + "/mkscene"
ROW = re.compile(r'^RULE\(([^,]+), (\w+), (\w+), (\w+),\s+"([^"]+)"\)$', re.M)
SCOPE = re.compile(r'^SCOPE\((\w+), "([^"]+)", "([^"]+)"\)$', re.M)
DOUBT = re.compile(r'^DOUBT\((\w+), \w+, "([^"]+)"\)$', re.M)
LINE = re.compile(r"^  (YES|\(yes\)|no) +([a-z0-9-]+): (.*)$")
FACT = re.compile(r"^  ([a-z].{9})(.*)$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*arguments):
    return subprocess.run([WHYEOF, *arguments], capture_output=True, text=True,
                          timeout=60)


def rules_by_scope():
    """scope's slug to [(code's slug, signature)], in order."""
    text = read("src/diagnose/rules.def")
    codes = dict(re.findall(r'^VERDICT\((\w+), "([^"]+)"',
                            read("src/diagnose/verdicts.def"), re.M))
    rows = ROW.findall(text)
    return {slug: [(codes[code], signature)
                   for scopes, code, _, _, signature in rows
                   if name in scopes.split(" | ")]
            for name, slug, _ in SCOPE.findall(text)}


def unwrap(text):
    """Lines of the page, each with what is wrapped behind it."""
    lines = []
    for line in text.splitlines():
        if line.startswith("       ") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


class Block:
    """What is said of one exchange, or of the connection."""

    def __init__(self, title):
        match = re.match(r"(?:exchange|stream) (\d+)  ", title)
        self.number = int(match[1]) if match else None
        self.is_named = not title.rstrip().endswith("  a request")
        assert match or title == "the connection itself", title
        self.facts = {}
        self.scopes = []  # (slug, [(answer, code, signature)])
        self.doubts = []

    def take(self, line):
        rule = LINE.match(line)
        fact = FACT.match(line)
        if rule:
            self.scopes[-1][1].append(rule.groups())
        elif fact and fact[1].strip() == "scope":
            self.scopes.append((fact[2].split(":")[0], []))
        elif fact and fact[1].strip() == "doubt":
            self.doubts.append(fact[2])
        elif fact:
            self.facts[fact[1].strip()] = fact[2]
        else:
            raise AssertionError("what is '%s'?" % line)

    def is_listed(self):
        scope = self.scopes[-1][0]
        return scope not in ("chain", "opaque", "opaque-cut") and (
            self.is_named or scope != "nothing")

    def check(self, rules, signatures):
        for scope, answers in self.scopes:
            assert [a[1:] for a in answers] == rules[scope], scope
        yes = [a[1] for _, answers in self.scopes for a in answers
               if a[0] == "YES"]
        told = re.match(r"([a-z0-9-]+), (error|warning|info) \((\w+)\)",
                        self.facts["told"])
        assert yes == ([told[1]] if told else []), (yes, self.facts["told"])
        assert self.doubts, "no word of doubt"
        for said in self.doubts:
            # bytes may be lost by the snap length
            said = re.sub("^snaplen:", "bytes-lost:", said)
            assert said == "none" or tuple(said.split(": ", 1)) in signatures
        if "cannot be judged" in self.facts["told"]:
            assert self.facts["told"].endswith(
                "(%s)" % self.doubts[0].split(":")[0])
        return (self.number, *told.groups()) if told else None


def blocks_of(text):
    found = []
    for line in unwrap(text)[3:]:
        if line and not line.startswith(" "):
            found.append(Block(line))
        elif line:
            found[-1].take(line)
    return found


def check_capture(path, rules, signatures):
    """How many blocks there were."""
    done = run("-F", "json", "-x", path)
    report = json.loads(done.stdout)
    exchanges = {}
    told = {}
    for x in report["exchanges"]:
        exchanges.setdefault(x["connection"], []).append(
            x["stream_id"] or x["index"])
    for f in report["findings"]:
        x = f["exchange"]
        told.setdefault(f["connection"]["id"], []).append(
            (x and (x["stream_id"] or x["index"]), f["code"], f["severity"],
             f["confidence"]))
    count = doubts = 0
    for connection in range(report["summary"]["connections"]):
        why = run("--why", str(connection), path)
        assert why.returncode == done.returncode, why.stderr
        if why.stdout.startswith("nothing of that"):
            assert connection not in exchanges
            continue
        blocks = blocks_of(why.stdout)
        count += len(blocks)
        # limits that do not line up are a second question about an exchange,
        # and what is not read is not listed
        assert sorted(b.number for b in blocks if b.number is not None and
                      b.is_listed()) == \
            sorted(exchanges.get(connection, [])), connection
        said = [b.check(rules, signatures) for b in blocks]
        assert sorted(map(str, filter(None, said))) == \
            sorted(map(str, told.get(connection, []))), (connection, said)
        doubts += sum("cannot be judged" in b.facts["told"] for b in blocks
                      if b.number is not None)
    assert doubts == report["summary"]["not_judged"], doubts
    return count


def check(name, function, *arguments):
    try:
        print("ok %s%s" % (name, function(*arguments) or ""))
        return 0
    except (AssertionError, KeyError, ValueError) as error:
        print("FAIL %s: %s: %s" % (name, type(error).__name__, error))
        return 1


def check_all(paths, rules, signatures):
    blocks = 0
    for path in paths:
        try:
            blocks += check_capture(path, rules, signatures)
        except (AssertionError, KeyError, ValueError) as error:
            raise AssertionError("%s: %s %s" % (path, type(error).__name__,
                                                error)) from error
    assert blocks > len(paths) / 2
    return ": %d incidents of %d captures" % (blocks, len(paths))


def scenes(folder):
    for scene in sorted(glob.glob("testdata/verdicts/*.scene") +
                        glob.glob("testdata/near-miss/*.scene")):
        path = os.path.join(folder, os.path.basename(scene)[:-6] + ".pcapng")
        with open(path, "wb") as out:
            made = subprocess.run([MKSCENE, scene], stdout=out)
        if made.returncode == 0:
            yield path


def one_exchange():
    path = "testdata/captures/h2-stream-window-stall.pcap"
    blocks = blocks_of(run("--why", "0.1", path).stdout)
    assert [b.number for b in blocks] == [1]
    assert "stream 0 (used up for " in blocks[0].facts["windows"]
    hidden = run("--why", "0.1", "--ignore", "h2-stream-window-stall", path)
    assert "is hidden by --only" in " ".join(unwrap(hidden.stdout))
    nothing = run("--why", "99", path)
    assert nothing.returncode == 2 and not nothing.stdout
    assert "there is no tcp.stream 99: the capture has 2 " in nothing.stderr
    nothing = run("--why", "0.99", path)
    assert nothing.stdout.startswith("nothing of that tcp.stream")


def wrong_use():
    path = "testdata/captures/h2-stream-window-stall.pcap"
    for words in (["--why", "x"], ["--why", "1."], ["--why", "1.0"],
                  ["--why", "-1"], ["--why", "1.2.3"], ["--why", ""],
                  ["--why", "18446744073709551616"],
                  ["--why", "0", "-F", "json"], ["--why", "0", "-x"],
                  ["--why", "0", "-F", "text"], ["--why", "0", "--follow"],
                  ["--why", "0", "-o", "json=/dev/null"]):
        done = run(*words, path)
        assert done.returncode == 2 and "--why" in done.stderr, words
        assert not done.stdout, words


def main():
    rules = rules_by_scope()
    signatures = {(reason.lower().replace("_", "-"), signature) for
                  reason, signature in
                  DOUBT.findall(read("src/diagnose/rules.def"))}
    with tempfile.TemporaryDirectory() as folder:
        failed = check("why of the lab's captures", check_all,
                       sorted(glob.glob("testdata/captures/*.pcap*")), rules,
                       signatures)
        failed += check("why of the scenes", check_all, list(scenes(folder)),
                        rules, signatures)
    failed += check("why of one exchange", one_exchange)
    failed += check("why, used wrongly", wrong_use)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
