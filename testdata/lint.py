#!/usr/bin/env python3
"""The lints of `make lint`: cheap, and each names file and line.

layers    an #include may point to its own layer or an earlier one
length    no function longer than 60 lines, no file longer than 400
format    clang-format 14 changes nothing
banned    functions that invite overruns or races are not used
verdicts  each code has its explanation, its scene and its place in the manual
options   each option is in the manual
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
        is_test = path.endswith(("_test.c", "_fuzz.c", "kit.h", "kit.c"))
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


def check_verdicts():
    page = manual("whyeof-verdicts.7")
    explained = [row[0] for row in rows_of("src/report/explain.def", "EXPLAIN")]
    verdicts = rows_of("src/diagnose/verdicts.def", "VERDICT")
    for name, slug in verdicts:
        slug = slug.strip('"')
        if not re.search(r"^\.SS %s$" % re.escape(slug), page, flags=re.M):
            problem("man/whyeof-verdicts.7", "no entry for %s" % slug)
        if not os.path.exists("testdata/verdicts/%s.scene" % slug):
            problem("testdata/verdicts", "no scene for %s" % slug)
        if name not in explained:
            problem("src/report/explain.def", "no entry for %s" % name)
    for slug in re.findall(r"^\.SS (\S+)$", page, flags=re.M):
        if '"%s"' % slug not in [v[1] for v in verdicts]:
            problem("man/whyeof-verdicts.7", "%s is no code" % slug)


def check_options():
    page = manual("whyeof.1")
    for _, name in rows_of("src/pipeline/options.def", "OPTION"):
        name = name.strip('"')
        if name and "--" + name not in page:
            problem("man/whyeof.1", "no word of --%s" % name)


def check_manuals():
    if not shutil.which("mandoc"):
        print("lint: no mandoc, manuals not checked")
        return
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"] +
                          sorted(glob.glob("man/*.[17]")),
                          capture_output=True, text=True)
    for line in done.stdout.splitlines():
        problem("manuals", line)


def main(layers):
    check_layers(layers)
    check_length()
    check_format()
    check_banned()
    check_verdicts()
    check_options()
    check_manuals()
    for text in problems:
        print("lint: " + text)
    print("lint: %s" % ("%d problems" % len(problems) if problems else "clean"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
