/*
 * Writes man/whyeof-verdicts.7 from the tables that --explain uses: the page
 * and the program cannot say different things. `make man` runs it.
 */
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

int main(void)
{
    (void)fputs(
        ".\\\" made by cmd/mkman.c from src/report/explain.def (make man)\n"
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
    (void)fputs(".SH SEE ALSO\n.BR whyeof (1)\n", stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
