#!/usr/bin/env python3
"""--completion: bash offers what the program takes; zsh and fish, where they are
installed, read their scripts, which name every option."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
# Calls the function as bash would, for the words that are given.
ASK = """. "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_whyeof 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""

failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("ok completion: " + what if good else
          "FAIL completion: %s: %s" % (what, why))


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


def options():
    with open("src/options/options.def", encoding="utf-8") as file:
        return re.findall(r'^OPTION\(\w+, "([^"]+)", (\S+), ("[^"]*"|NULL)',
                          file.read(), re.M)


def offered(script, *words):
    done = run("bash", "--norc", "-c", ASK, "bash", script, "whyeof", *words)
    return set(done.stdout.split())


def bash(script, folder):
    check(run("bash", "-n", script).returncode == 0, "bash reads its script")
    done = run("bash", "--norc", "-c", '. "$1"; complete -p whyeof', "bash",
               script)
    check("-F _whyeof whyeof" in done.stdout, "bash knows the command",
          done.stdout + done.stderr)
    names = {"--" + name for name, _, _ in options()}
    check(offered(script, "-") == names, "every option",
          offered(script, "-") ^ names)
    check(offered(script, "--fo") == {"--follow", "--format"}, "--fo",
          offered(script, "--fo"))
    formats = {"text", "json", "ndjson", "junit", "sarif", "github", "markdown",
               "html"}
    for words in (("-F", ""), ("--format", ""), ("--format", "="),
                  ("--format", "=", "")):
        check(offered(script, *words) >= formats, "formats behind %s" %
              " ".join(words), offered(script, *words))
    check(offered(script, "-o", "js") == {"json="}, "an output",
          offered(script, "-o", "js"))
    codes = set(re.findall(r"^([a-z0-9-]+) ",
                           run(WHYEOF, "--list-codes").stdout, re.M))
    for option in ("--only", "--ignore", "-e"):
        check(offered(script, option, "") == codes and len(codes) > 30,
              "codes behind " + option, offered(script, option, "") ^ codes)
    for option in ("--color", "--progress", "--fail-on", "--completion"):
        for word in offered(script, option, ""):
            done = run(WHYEOF, option, word, "--version")
            check(done.returncode == 0, "%s takes %s" % (option, word),
                  done.stderr)
    path = os.path.join(folder, "a capture.pcap")
    open(path, "w").close()
    os.mkdir(os.path.join(folder, "a folder"))
    at = os.path.join(folder, "a")
    listed = " ".join(offered(script, at))
    check("capture.pcap" in listed, "files", listed)
    check("capture" not in " ".join(offered(script, "--record", at)),
          "folders only")
    check(offered(script, "--port", "") == set(), "nothing where any text is",
          offered(script, "--port", ""))


def other(shell, script):
    """It reads its script; every option is in it."""
    with open(script, encoding="utf-8") as file:
        text = file.read()
    for name, letter, argument in options():
        wanted = {"zsh": "--" + name + ("=" if argument != "NULL" else ""),
                  "fish": "complete -c whyeof -l " + name +
                          (" -s " + letter[1] if letter != "0" else "")}
        if wanted[shell] not in text:
            check(False, "%s has --%s" % (shell, name), "no " + wanted[shell])
    if not shutil.which(shell):
        print("skip completion by %s: needs %s" % (shell, shell))
        return
    done = run(shell, "-n", script)
    check(done.returncode == 0 and not done.stderr,
          "%s reads its script" % shell, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for shell in ("bash", "zsh", "fish"):
            script = os.path.join(folder, shell)
            with open(script, "w", encoding="utf-8") as file:
                done = run(WHYEOF, "--completion", shell)
                file.write(done.stdout)
            check(done.returncode == 0 and done.stdout, "a script for " + shell)
            if shell == "bash":
                bash(script, folder)
            else:
                other(shell, script)
    done = run(WHYEOF, "--completion", "ksh")
    check(done.returncode == 2 and "bash, zsh or fish" in done.stderr,
          "no other shell", done.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
