#!/usr/bin/env python3
"""How the source is built: lines of each room, lengths of functions, circles of
files that need each other.

usage: structure.py LAYER...     as `make structure` calls it

A file needs another when it calls it, as nm(1) sees it in the objects that were
built: a circle is two ideas that cannot be told apart.
"""
import glob
import os
import re
import statistics
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")
TESTS = ("_test.c", "_fuzz.c", "kit.h", "kit.c")


def sources():
    return [p for p in sorted(glob.glob("src/*/*.[ch]") +
                              glob.glob("src/*/*.def") + glob.glob("cmd/*.c"))]


def is_test(path):
    return path.endswith(TESTS)


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" else "cmd"


def rooms(layers):
    count = {}
    for path in sources():
        row = count.setdefault(room_of(path), [0, 0, 0])
        row[0] += not is_test(path)
        row[2 if is_test(path) else 1] += len(lines_of(path))
    print("%-10s %6s %7s %7s" % ("room", "files", "lines", "tests"))
    for name in [n for n in layers if n in count] + ["cmd"]:
        print("%-10s %6d %7d %7d" % (name, *count[name]))
    print("%-10s %6d %7d %7d" % ("all", *map(sum, zip(*count.values()))))


def functions():
    files = [p for p in sources() if p.endswith(".c") and not is_test(p)]
    out = subprocess.run(["ctags", "-f", "-", "--kinds-C=f", "--fields=ne",
                          "--language-force=C", *files], capture_output=True,
                         text=True, check=True).stdout
    found = []
    for line in out.splitlines():
        fields = line.split("\t")
        place = dict(f.split(":", 1) for f in fields[3:] if ":" in f)
        if "end" in place:
            found.append((int(place["end"]) - int(place["line"]) + 1,
                          fields[0], fields[1]))
    found.sort()
    sizes = [size for size, _, _ in found]
    print("\n%d functions: median %d lines, p90 %d, longest %d (%s in %s)" %
          (len(sizes), statistics.median(sizes), sizes[len(sizes) * 9 // 10],
           *found[-1]))


def needs():
    """Which source calls which."""
    objects = {p: os.path.join(BUILD, p[:-2] + ".o") for p in sources()
               if p.endswith(".c") and not is_test(p)}
    home, wanted = {}, {}
    for path, name in objects.items():
        out = subprocess.run(["nm", name], capture_output=True, text=True,
                             check=True).stdout
        for line in out.splitlines():
            kind, symbol = line.split()[-2:]
            if kind in "TDBR":
                home[symbol] = path
            elif kind == "U":
                wanted.setdefault(path, set()).add(symbol)
    return {path: {home[s] for s in symbols if s in home}
            for path, symbols in wanted.items()}


def circles(graph):
    """Strongly connected modules, more than one (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in sorted(graph.get(node, ())):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            circle = []
            while True:
                circle.append(stack.pop())
                if circle[-1] == node:
                    break
            if len(circle) > 1:
                found.append(sorted(circle))

    sys.setrecursionlimit(10000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def main(layers):
    rooms(layers)
    functions()
    found = circles(needs())
    print("\n%d circles of files" % len(found))
    for circle in found:
        print("  " + " ".join(circle))


if __name__ == "__main__":
    main(sys.argv[1:])
