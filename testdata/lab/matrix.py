"""What was told against what was true: confusion and calibration.

A Told is one finding with its label, or one of them without the other. The
label is what a recipe or a case expects, `a|b` where either is right; "-"
where nothing is. Confidence is the cause's: a finding counts as right if its
code is one that is expected there, no one forbids it, and it is not surer
than the label permits; its symptom and its words have their own failures in
the list of rows, and count for nothing here. Of severity info only what was
expected, or forbidden, is counted.
"""
import collections

Told = collections.namedtuple("Told", "label code confidence right")

NOTHING = "-"
# Of what was told, what share must be right: verdicts.md, 4a.
BOUNDS = (("certain", 100), ("likely", 90), ("possible", 50))


def of_cases(judged):
    """The Tolds of one case."""
    for want, finding in judged.pairs:
        if finding is None:
            if not want.optional:
                yield Told("|".join(want.codes), NOTHING, None, False)
            continue
        wrong = finding["id"] in judged.wrong
        expected = want is not None and finding["code"] in want.codes
        if want is None and finding["severity"] == "info" and not wrong:
            continue
        yield Told("|".join(want.codes) if want else NOTHING,
                   finding["code"], finding["confidence"],
                   expected and not wrong)


def confusion(tolds):
    """{label: {code: count}}; right codes stand first."""
    table = collections.defaultdict(collections.Counter)
    for told in tolds:
        table[told.label][told.code] += 1
    return table


def calibration(tolds):
    """{confidence: [told, right]}"""
    table = {name: [0, 0] for name, _ in BOUNDS}
    for told in tolds:
        if told.confidence:
            table[told.confidence][0] += 1
            table[told.confidence][1] += told.right
    return table


def lines(tolds):
    yield "confusion: expected -> told, how often (- is nothing)"
    for label, row in sorted(confusion(tolds).items()):
        accepted = label.split("|")
        cells = sorted(row.items(), key=lambda c: (c[0] not in accepted, c))
        yield "  %s -> %s" % (label, ", ".join(
            "%s%s %d" % ("" if code in accepted else "NOT ", code, count)
            for code, count in cells))
    yield "calibration: of what was told as certain, likely, possible"
    table = calibration(tolds)
    for name, bound in BOUNDS:
        told, right = table[name]
        share = "%.1f %%" % (100 * right / told) if told else "-"
        yield "  %-8s %4d told, %4d right, %s (at least %d %%)%s" % (
            name, told, right, share, bound,
            "" if right * 100 >= told * bound else " BELOW")


def holds(tolds):
    table = calibration(tolds)
    return all(table[name][1] * 100 >= table[name][0] * bound
               for name, bound in BOUNDS)


def document(tolds):
    return {
        "confusion": [{"expected": label, "told": code, "count": count}
                      for label, row in sorted(confusion(tolds).items())
                      for code, count in sorted(row.items())],
        "calibration": {name: {"told": told, "right": right, "bound": bound}
                        for (name, bound), (told, right)
                        in zip(BOUNDS, calibration(tolds).values())},
    }
