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

# plant CHECK NAME FILE WORDS: lints a copy of the sources to which standard
# input was added at the end of FILE; that check of the lint must say WORDS.
plant() {
    check=$1
    shift
    cp "$work/tree/$2" "$work/sound"
    cat >> "$work/tree/$2"
    if said=$(cd "$work/tree" && LINT_CHECKS=$check LINT_FORMAT=$2 python3 testdata/lint.py $layers 2>&1); then
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

plant layers 'include against the layers' src/tcp/table.c \
    'layer tcp must not include report' <<'END'
#include "report/report.h"
END
plant layers 'scene in the program' src/tcp/table.c 'layer tcp\|only tests' <<'END'
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
plant length 'function of 61 lines' src/base/fail.c 'function planted has 61 lines' \
    < "$work/61"
plant banned 'banned function' src/base/fail.c 'is banned' <<'END'
void planted(char *a, const char *b);
void planted(char *a, const char *b)
{
    strcpy(a, b);
}
END
plant members 'member that nobody reads' src/tcp/table.c \
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
plant budgets 'budget that no manual has' src/tcp/table.c \
    'PLANTED_KEPT is not among the budgets' <<'END'
enum {
    PLANTED_KEPT = 3
};
END
plant format 'format' src/base/fail.c 'not as clang-format has it' <<'END'
int    planted ( void ) ;
END
plant rules 'verdict without a rule' src/diagnose/verdicts.def 'no rule finds planted' <<'END'
VERDICT(PLANTED, "planted", ERROR, "planted", NONE, "", "", "", "")
END
plant rules 'rule that the manual lacks' src/diagnose/rules.def 'not as in .*planted' <<'END'
RULE(H1, NO_BACKEND, is_planted, tell_planted,
     "planted")
END
plant rules 'rule of another form' src/diagnose/rules.def 'not as the head of the file says' <<'END'
RULE(H1, NO_BACKEND, is_planted, "planted")
END
plant verdicts 'verdict without its papers' src/diagnose/verdicts.def \
    'no entry for planted-code' <<'END'
VERDICT(PLANTED, "planted-code", ERROR, "planted")
END
plant options 'option without a word' src/options/options.def 'no word of --planted' <<'END'
OPTION(PLANTED, "planted", 0, NULL, "planted")
END
exit $status
