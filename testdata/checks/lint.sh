#!/bin/sh
# The lint must see what it is for: each fault planted alone makes it fail.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layers=$(sed -n 's/^LAYERS := //p' Makefile)
status=0

# The tree as it is has none; what a tool that is missing would have looked at
# is skipped.
said=$(python3 testdata/lint.py $layers 2>&1) && echo 'ok lint of the sources' ||
    { printf '%s\n' "$said"; echo 'FAIL lint of the sources: not clean'; status=1; }
printf '%s\n' "$said" | sed -n 's/^lint: no \(.*\), \(.*\) not checked$/skip lint \2: needs \1/p'

mkdir "$work/tree"
cp -r src cmd man testdata .clang-format "$work/tree"

# plant NAME FILE WORDS: lints a copy of the sources to which standard input
# was added at the end of FILE; the lint must say WORDS.
plant() {
    cp "$work/tree/$2" "$work/sound"
    cat >> "$work/tree/$2"
    if said=$(cd "$work/tree" && LINT_FORMAT=$2 python3 testdata/lint.py $layers 2>&1); then
        echo "FAIL lint $1: not seen"
        status=1
    elif printf '%s\n' "$said" | grep -q "$3"; then
        echo "ok lint $1"
    else
        echo "FAIL lint $1: says '$said'"
        status=1
    fi
    cp "$work/sound" "$work/tree/$2"
}

plant 'include against the layers' src/tcp/table.c \
    'layer tcp must not include report' <<'END'
#include "report/report.h"
END
plant 'scene in the program' src/tcp/table.c 'layer tcp\|only tests' <<'END'
#include "scene/scene.h"
END
{
    echo 'int planted(int x);'
    echo 'int planted(int x)'
    echo '{'
    i=0
    while [ $i -lt 57 ]; do echo '    x++;'; i=$((i + 1)); done
    echo '    return x;'
    echo '}'
} > "$work/61"
plant 'function of 61 lines' src/base/fail.c 'function planted has 61 lines' \
    < "$work/61"
plant 'banned function' src/base/fail.c 'is banned' <<'END'
void planted(char *a, const char *b);
void planted(char *a, const char *b)
{
    strcpy(a, b);
}
END
plant 'member that nobody reads' src/tcp/table.c \
    "'kept' of struct planted is never read" <<'END'
struct planted {
    int kept;
    int used;
};
int planted(struct planted *it);
int planted(struct planted *it)
{
    it->kept = 1;
    it->kept++;
    return it->used;
}
END
plant 'budget that no manual has' src/tcp/table.c \
    'PLANTED_KEPT is not among the budgets' <<'END'
enum {
    PLANTED_KEPT = 3
};
END
plant 'format' src/base/fail.c 'not as clang-format has it' <<'END'
int    planted ( void ) ;
END
plant 'verdict without its papers' src/diagnose/verdicts.def \
    'no entry for planted-code' <<'END'
VERDICT(PLANTED, "planted-code", ERROR, "planted")
END
plant 'option without a word' src/options/options.def 'no word of --planted' <<'END'
OPTION(PLANTED, "planted", 0, NULL, "planted")
END
exit $status
