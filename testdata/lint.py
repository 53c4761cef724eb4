#!/usr/bin/env python3
"""The lints of `make lint`: cheap, and each names file and line.

layers    an #include may point to its own layer or an earlier one
length    no function longer than 60 lines, no file longer than 400
format    clang-format 14 changes nothing
banned    functions that invite overruns or races are not used
members   what a struct is told is read by somebody
budgets   the manual says of each limit what happens when it is reached
verdicts  each code has its scene and its place in the manual
rules     each code has a rule, and the manual has each rule's signature
options   each option is in the manual
renderers the formats are those of whyeof(1), in order
manuals   mandoc has nothing to warn of
"""
import glob
import os
import re
import shutil
import subprocess
import sys

MAX_FUNCTION = 60
MAX_FILE = 400
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|gmtime|"
                    r"localtime|asctime|alloca|atoi|tmpnam|system)\(")
# Members that no source of the program reads, and who does.
READ_ELSEWHERE = {
    ("ruleset", "*"): "the kernel: landlock(7)",
    ("beneath", "*"): "the kernel: landlock(7)",
    ("send_question", "link"): "the kernel: rtnetlink(7)",
    ("ask", "room"): "nobody: it is how large the answer may be",
    ("finding_connection", "is_open"): "tests, which ask less of what goes on",
    ("frame", "file_number"): "tests, which hold it against Wireshark's number",
    ("store_counts", "room"): "tests, which hold the bytes in use against it",
    ("store_packet", "trimmed"): "tests, which ask what the store gave up",
    ("scene_expect", "confidence"): "tests: scenes are only theirs",
    ("scene_expect", "line"): "tests: scenes are only theirs",
}
# Codes that no row of rules.def finds, and why that is so.
NO_RULE = {}
# Constants named as limits are that bound no store.
NO_BUDGETS = {
    "BLOCK_MOST": "a format's: what readers of pcapng take",
    "BLOCK_OUT_TEXT_MOST": "a format's: the length of an option",
    "COLUMN_LIMIT": "of a table that is shown",
    "COPY_LIMIT": "a time",
    "DATAGRAM_SIZE_MAX": "a format's: IP's length",
    "DIGITS_MOST": "a format's: numbers of descriptors",
    "DLT_RAW_MOST": "a format's: numbers of link types",
    "H2_NO_LIMIT": "says that there is none",
    "H2_LENGTH_MAX": "a format's: HTTP/2's length",
    "LAST_LIMIT": "a time",
    "LINE_MOST": "a format's: PROXY protocol, version 1",
    "NAMES_LIMIT": "of a table that is shown",
    "PATH_SIZE_MAX": "the system's",
    "SCALE_MAX": "a format's: RFC 7323",
    "TIME_LIMIT": "a time",
    "UNITS_MAX": "a format's: IP's length in units",
    "LIVE_OUTPUTS_MAX": "OPTIONS_OUTPUTS_MAX and standard output",
    "WINDOW_MAX": "a format's: RFC 9113",
    "WITHOUT_ID_LIMIT": "a time",
    "WITH_ID_LIMIT": "a time",
}
CONSTANT = r"^(?:\s+(%s)\s*=\s*([^,}\n]+)|#define (%s)\s+(.+))"
TESTS = ("_test.c", "_fuzz.c", "kit.h", "kit.c")
NOT_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                      re.S)
INDEX = r"(?:\[(?:[^][]|\[[^][]*\])*\])*"
# a->b[i].c: a variable, or what a call gives, and the members named from there
CHAIN = re.compile(r"(\b[A-Za-z_]\w*|\))?%s((?:\s*(?:\.|->)[A-Za-z_]\w*%s)+)" %
                   (INDEX, INDEX))
LINK = re.compile(r"(?:\.|->)([A-Za-z_]\w*)%s(?=\s*(->)?)" % INDEX)
VARIABLE = re.compile(r"\bstruct\s+(\w+)\s+(?:const\s+)?"
                      r"(\**\s*\w+(?:\[[^][]*\])*(?:,\s*\**\s*\w+)*)\s*[;=,)[]")
WRITES = re.compile(r"\s*(?:=(?!=)|(?:[-+*/%&|^]|<<|>>)=)")
STEPS = re.compile(r"\s*(?:\+\+|--)\s*[;)]")
STARTS = re.compile(r"(?:[;{}:)]|\belse|\bdo)\s*$")
FILLS = re.compile(r"\b(?:memcpy|memset|memmove|snprintf)\($")


problems = []


def problem(place, text):
    problems.append("%s: %s" % (place, text))


def sources():
    return sorted(glob.glob("src/*/*.[ch]") + glob.glob("src/*/*.def") +
                  glob.glob("cmd/*.c"))


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def check_layers(layers):
    rank = {name: at for at, name in enumerate(layers)}
    for path in sources():
        parts = path.split("/")
        if parts[0] != "src":
            continue
        if parts[1] not in rank:
            problem(path, "'%s' is no layer" % parts[1])
            continue
        is_test = path.endswith(TESTS)
        for number, line in enumerate(lines_of(path), 1):
            match = re.match(r'\s*#\s*include\s+"([^/"]+)/', line)
            if not match:
                continue
            to = match[1]
            if to not in rank:
                problem("%s:%d" % (path, number), "'%s' is no layer" % to)
            elif rank[to] > rank[parts[1]]:
                problem("%s:%d" % (path, number),
                        "layer %s must not include %s" % (parts[1], to))
            elif to == "scene" and parts[1] != "scene" and not is_test:
                problem("%s:%d" % (path, number),
                        "only tests may include scene")


def check_kits():
    """What tests share is compiled once: a kit's header has no bodies."""
    for path in glob.glob("src/*/*_kit.h"):
        for number, line in enumerate(lines_of(path), 1):
            if line == "{":
                problem("%s:%d" % (path, number),
                        "a function's body: it belongs into the kit's .c")


def check_length():
    files = [p for p in sources() if not p.endswith(".def")]
    for path in files:
        if len(lines_of(path)) > MAX_FILE:
            problem(path, "%d lines, more than %d" %
                    (len(lines_of(path)), MAX_FILE))
    if not shutil.which("ctags"):
        print("lint: no ctags, function length not checked")
        return
    out = subprocess.run(["ctags", "-f", "-", "--kinds-C=f", "--fields=ne",
                          "--language-force=C"] +
                         [p for p in files if p.endswith(".c")],
                         capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        fields = line.split("\t")
        place = dict(f.split(":", 1) for f in fields[3:] if ":" in f)
        if "end" not in place:
            continue
        length = int(place["end"]) - int(place["line"]) + 1
        if length > MAX_FUNCTION:
            problem("%s:%s" % (fields[1], place["line"]),
                    "function %s has %d lines, more than %d" %
                    (fields[0], length, MAX_FUNCTION))


def check_format():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool or "version 14." not in subprocess.run(
            [tool, "--version"], capture_output=True, text=True).stdout:
        print("lint: no clang-format 14, format not checked")
        return
    # LINT_FORMAT: only that file, of a tree whose others were looked at
    only = os.environ.get("LINT_FORMAT")
    files = [p for p in sources() if not p.endswith(".def") and
             only in (None, p)]
    done = files and subprocess.run([tool, "--dry-run", "-Werror"] + files,
                          capture_output=True, text=True)
    for line in done.stderr.splitlines() if done else ():
        if "error:" in line:
            problem(line.split(" error:")[0].rstrip(":"), "not as clang-format "
                    "has it (make format)")


def check_banned():
    for path in sources():
        for number, line in enumerate(lines_of(path), 1):
            match = BANNED.search(line)
            if match and not path.endswith(".def"):
                problem("%s:%d" % (path, number), "%s is banned" % match[1])
            if re.search(r"(^|\s)//", line) and "://" not in line and \
                    not path.endswith(".def"):
                problem("%s:%d" % (path, number), "comments are /* */")


def rows_of(path, macro):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return re.findall(r'^%s\((\w+),\s*("[^"]*")?' % macro, text, flags=re.M)


def manual(name):
    path = "man/" + name
    if not os.path.exists(path):
        problem(path, "missing")
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read().replace("\\-", "-")


def constants_of(path, name):
    """The constants of that name (a regular expression), and their values."""
    code = NOT_CODE.sub(" ", "\n".join(lines_of(path)))
    for match in re.finditer(CONSTANT % (name, name), code, re.M):
        yield match[1] or match[3], match[2] or match[4]


def value_of(expression):
    text = re.sub(r"UINT64_C\((\d+)\)", r"\1", expression)
    return eval(text) if re.fullmatch(r"[\d\s<*+()-]+", text) else None


def check_budgets():
    page = "man/whyeof-internals.7"
    listed = {}
    for name, count, unit, path in re.findall(
            r"^([A-Z]\w+)\t(\d+) ?(Ki|Mi|Gi)?\tT\{\n\\fI(\S+)\\fP,",
            "\n".join(lines_of(page)), flags=re.M):
        listed[name] = path
        value = int(count) << {"": 0, "Ki": 10, "Mi": 20, "Gi": 30}[unit]
        found = dict(constants_of("src/" + path, name)) \
            if os.path.exists("src/" + path) else {}
        if name not in found:
            problem(page, "%s is not in src/%s" % (name, path))
        elif value_of(found[name]) != value:
            problem(page, "%s is %s in src/%s" % (name, found[name], path))
    for path in sources():
        if path.endswith(TESTS) or not path.startswith("src/") or \
                path.startswith("src/scene/"):
            continue
        for name, _ in constants_of(path, r"[A-Z]\w*_(?:MAX|KEPT|MOST|LIMIT)"):
            if name not in listed and name not in NO_BUDGETS:
                problem(path, "%s is not among the budgets of %s" %
                        (name, page))


def check_verdicts():
    page = manual("whyeof-verdicts.7")
    verdicts = rows_of("src/diagnose/verdicts.def", "VERDICT")
    for name, slug in verdicts:
        slug = slug.strip('"')
        if not re.search(r"^\.SS %s$" % re.escape(slug), page, flags=re.M):
            problem("man/whyeof-verdicts.7", "no entry for %s" % slug)
        if not os.path.exists("testdata/verdicts/%s.scene" % slug):
            problem("testdata/verdicts", "no scene for %s" % slug)
    for slug in re.findall(r"^\.SS (\S+)$", page, flags=re.M):
        if '"%s"' % slug not in [v[1] for v in verdicts]:
            problem("man/whyeof-verdicts.7", "%s is no code" % slug)


def check_rules():
    """One list, which the manual shows: signatures in the same order."""
    path = "src/diagnose/rules.def"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rules = re.findall(r'^RULE\(([^,]+), (\w+), (\w+), (\w+),\s+"([^"]+)"\)$',
                       text, flags=re.M)
    doubts = re.findall(r'^DOUBT\((\w+), (\w+), "([^"]+)"\)$', text, flags=re.M)
    if len(rules) + len(doubts) != len(re.findall(r"^(?:RULE|DOUBT)\(", text,
                                                  flags=re.M)):
        problem(path, "a row that is not as the head of the file says")
    for name, slug in rows_of("src/diagnose/verdicts.def", "VERDICT"):
        if name not in [rule[1] for rule in rules] and name not in NO_RULE:
            problem(path, "no rule finds %s" % slug.strip('"'))
        elif name in NO_RULE and name in [rule[1] for rule in rules]:
            problem("testdata/lint.py", "NO_RULE lists %s, which has one" %
                    name)
    page = manual("whyeof-verdicts.7")
    at = page.find(".SH DOUBTS")
    for signature in [row[-1] for row in doubts + rules]:
        at = page.find("\n%s\n" % signature, at)
        if at < 0:
            problem("man/whyeof-verdicts.7", "not as in %s (make man): '%s'" %
                    (path, signature))
            break


def check_options():
    page = manual("whyeof.1")
    for _, name in rows_of("src/options/options.def", "OPTION"):
        name = name.strip('"')
        if name and "--" + name not in page:
            problem("man/whyeof.1", "no word of --%s" % name)


def check_renderers():
    page = manual("whyeof.1")
    formats = page[page.index("The format on standard output:"):]
    formats = formats[:formats.index("Default:")]
    named = re.findall(r"^\.BR? (\w+)", formats, flags=re.M)
    with open("src/report/render.def", encoding="utf-8") as file:
        rows = re.findall(r"^RENDERER\((\w+)\)$", file.read(), flags=re.M)
    if named != rows:
        problem("man/whyeof.1", "--format lists %s, and render.def %s" %
                (" ".join(named), " ".join(rows)))


def check_manuals():
    if not shutil.which("mandoc"):
        print("lint: no mandoc, manuals not checked")
        return
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"] +
                          sorted(glob.glob("man/*.[17]")),
                          capture_output=True, text=True)
    for line in done.stdout.splitlines():
        problem("manuals", line)


class Members:
    """The structs' members, of which type they are, and which are read."""

    def __init__(self, files):
        self.place = {}  # (struct, member) to file and line
        self.type = {}   # (struct, member) to the struct that it is
        self.owners = {}  # member to the structs that have one of that name
        self.read = set()
        out = subprocess.run(["ctags", "-f", "-", "--kinds-C=m",
                              "--fields=nst", "--language-force=C"] + files,
                             capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            name, path, _, *fields = line.split("\t")
            field = dict(f.split(":", 1) for f in fields)
            owner = field.get("struct") or field.get("union") or ""
            kind = re.search(r"\bstruct[: ]([\w:]+)", field["typeref"])
            owner = owner.split("::")[0]
            self.place[owner, name] = "%s:%s" % (path, field["line"])
            self.owners.setdefault(name, set()).add(owner)
            if kind:
                self.type[owner, name] = kind[1]

    def see(self, code, variables):
        for chain in CHAIN.finditer(code):
            self.see_chain(code, variables, chain)

    def see_chain(self, code, variables, chain):
        written = is_written(code, chain)
        owners = variables.get(chain[1])
        links = LINK.findall(chain[2])
        for at, (name, arrow) in enumerate(links):
            here = (owners or set()) & self.owners.get(name, set()) or \
                self.owners.get(name, set())
            if not written or arrow:
                self.read.update((owner, name) for owner in here)
            types = [self.type.get((owner, name)) for owner in here]
            owners = set(types) if all(types) else None
        for index in re.findall(r"\[([^][]*[.>][^][]*)\]", chain[0]):
            self.see(index, variables)


def is_written(code, chain):
    """Is what the chain names only changed there?"""
    before = code[max(0, chain.start() - 24):chain.start()]
    if WRITES.match(code, chain.end()):
        return not before.endswith("*")
    if STEPS.match(code, chain.end()):
        return bool(STARTS.search(before))
    return bool(FILLS.search(before))


def variables_of(code):
    found = {}
    for struct, names in VARIABLE.findall(code):
        for name in re.findall(r"(\w+)(?:\[[^][]*\])*(?:,|$)", names):
            found.setdefault(name, set()).add(struct)
    return found


def check_members():
    """A member that is written and never read is a fact that gets lost."""
    if not shutil.which("ctags"):
        print("lint: no ctags, members not checked")
        return
    files = [p for p in sources() if not p.endswith(TESTS)]
    members = Members([p for p in files if not p.endswith(".def")])
    for path in files:
        code = NOT_CODE.sub(" ", "\n".join(lines_of(path)))
        members.see(code, variables_of(code))
    for (owner, name), place in members.place.items():
        if (owner, name) not in members.read and \
                (owner, name) not in READ_ELSEWHERE and \
                (owner, "*") not in READ_ELSEWHERE:
            problem(place, "'%s' of struct %s is never read" % (name, owner))
    for owner, name in READ_ELSEWHERE:
        if name == "*":
            gone = all(key[0] != owner for key in members.place)
        else:
            gone = (owner, name) not in members.place or \
                (owner, name) in members.read
        if gone:
            problem("testdata/lint.py", "READ_ELSEWHERE lists '%s' of struct "
                    "%s, which is read, or is not there" % (name, owner))


CHECKS = {
    "layers": None,  # needs to be told them
    "length": check_length,
    "format": check_format,
    "banned": check_banned,
    "members": check_members,
    "budgets": check_budgets,
    "verdicts": check_verdicts,
    "rules": check_rules,
    "options": check_options,
    "renderers": check_renderers,
    "manuals": check_manuals,
}


def main(layers):
    # LINT_CHECKS: those that are asked for, by the test of this lint
    wanted = os.environ.get("LINT_CHECKS", " ".join(CHECKS)).split()
    for name in wanted:
        if name == "layers":
            check_layers(layers)
            check_kits()
        else:
            CHECKS[name]()
    for text in problems:
        print("lint: " + text)
    print("lint: %s" % ("%d problems" % len(problems) if problems else "clean"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
