/*
 * Writes man/whyeof-verdicts.7 from the tables that --explain uses, and from
 * the list of rules: the page and the program cannot say different things.
 * `make man` runs it.
 */
#include "diagnose/doubt.h"
#include "diagnose/rules.h"
#include "report/explain.h"

/* In roff a leading dot or quote is a command, a backslash an escape. */
static void write_words(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            (void)fputs("\\e", stdout);
        else if (*text == '-')
            (void)fputs("\\-", stdout);
        else
            (void)putchar(*text);
    }
    (void)putchar('\n');
}

static void write_part(const char *label, const char *text)
{
    (void)printf(".TP\n.I %s\n", label);
    write_words(text);
}

static void write_code(enum verdict code)
{
    const struct explanation *e = explanation_of(code);

    (void)printf(".SS %s\n", verdict_slug(code));
    write_words(verdict_title(code));
    (void)printf(".PP\nSeverity of a failed request: %s. Symptoms:",
                 severity_name(verdict_severity(code)));
    for (unsigned i = 0, some = 0; i < SYMPTOM_COUNT; i++) {
        if (e->symptoms & (1u << i))
            (void)printf("%s %s", some++ ? "," : "",
                         symptom_name((enum symptom)i));
    }
    (void)fputs(".\n", stdout);
    write_part("seen", e->seen);
    write_part("means", e->means);
    write_part("do", e->doing);
    write_part("doubts", e->doubts);
}

static void write_scopes(void)
{
    (void)fputs(".SH SCOPES\n"
                "An incident is in one scope, which says what is asked of "
                "it.\n",
                stdout);
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        write_part(scope_slug((enum scope)i), scope_what((enum scope)i));
}

static void write_doubts(void)
{
    (void)fputs(".SH DOUBTS\n"
                "These are asked first, in this order. Where one holds, "
                "nothing is said of the\nincident but what does not depend on "
                "it (the anyway scopes).\n",
                stdout);
    for (const struct doubt_row *row = doubt_list;
         row < doubt_list + DOUBT_ROWS; row++)
        write_part(doubt_name(row->reason), row->signature);
}

static void write_rule(const struct rule *rule)
{
    (void)fputs(".TP\n.B ", stdout);
    write_words(verdict_slug(rule->code));
    write_words(rule->signature);
    (void)fputs(".br\n", stdout);
    for (unsigned i = 0, some = 0; i < SCOPE_COUNT; i++) {
        if (rule_is_in(rule, (enum scope)i))
            (void)printf("%s%s", some++ ? ", " : "[",
                         scope_slug((enum scope)i));
    }
    (void)fputs("]\n", stdout);
}

int main(void)
{
    (void)fputs(
        ".\\\" made by cmd/mkman.c from tables (make man)\n"
        ".TH WHYEOF\\-VERDICTS 7 2026-11-25 whyeof\n"
        ".SH NAME\n"
        "whyeof\\-verdicts \\- what whyeof says of a failed HTTP exchange, and "
        "why\n"
        ".SH DESCRIPTION\n"
        "Each finding of\n.BR whyeof (1)\n"
        "carries one of the codes below. For each: what the capture shows "
        "(seen), what that\nmeans, what to do, and what would change our mind "
        "(doubts). The same text is\nprinted by\n"
        ".BR \"whyeof \\-\\-explain CODE\" .\n"
        ".PP\n"
        "Confidence is\n.IR certain ,\nwhen the packets leave no other cause;\n"
        ".IR likely ,\nwhen it is the first in rank and agrees with all that "
        "was seen; or\n.IR possible ,\nwhen another cause fits as well.\n"
        ".SH CODES\n",
        stdout);
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        write_code((enum verdict)i);
    write_scopes();
    write_doubts();
    (void)fputs(".SH RULES\n"
                "Those of an incident's scope (in brackets) are asked in this "
                "order, and the first\nthat holds is the verdict: each may "
                "rely on those above it not holding.\n"
                ".B \"whyeof \\-\\-why N\"\nshows the answers for "
                "tcp.stream N.\n",
                stdout);
    for (size_t i = 0; i < RULE_COUNT; i++)
        write_rule(&rule_list[i]);
    (void)fputs(".SH SEE ALSO\n.BR whyeof (1)\n", stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
