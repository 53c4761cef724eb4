#include "options/completion.h"

#include "base/text.h"
#include "diagnose/finding.h"
#include "options/table.h"
#include "report/render.h"

#include <string.h>

enum {
    WORDS_SIZE = 1 << 14
};

/* What may stand behind an option. */
enum values {
    VALUES_NONE, /* any text */
    VALUES_WORDS,
    VALUES_FORMATS,
    VALUES_OUTPUTS, /* the same, and a file behind each */
    VALUES_CODES,
    VALUES_FILES,
    VALUES_FOLDERS
};

static const struct {
    const char *name;
    enum values values;
    const char *words;
} known[] = {
    {"format",     VALUES_FORMATS, NULL                               },
    {"output",     VALUES_OUTPUTS, NULL                               },
    {"only",       VALUES_CODES,   NULL                               },
    {"ignore",     VALUES_CODES,   NULL                               },
    {"explain",    VALUES_CODES,   NULL                               },
    {"color",      VALUES_WORDS,   "auto always never"                },
    {"progress",   VALUES_WORDS,   "auto always never"                },
    {"fail-on",    VALUES_WORDS,   "error warning info never unjudged"},
    {"completion", VALUES_WORDS,   "bash zsh fish"                    },
    {"keylog",     VALUES_FILES,   NULL                               },
    {"metrics",    VALUES_FILES,   NULL                               },
    {"record",     VALUES_FOLDERS, NULL                               },
};

static enum values values_of(const struct option_row *row, const char **words)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, row->name) == 0) {
            *words = known[i].words;
            return known[i].values;
        }
    }
    return VALUES_NONE;
}

static void add_formats(struct text *to, const char *behind)
{
    const struct renderer *const *all = renderer_all();

    for (size_t i = 0; all[i]; i++)
        text_addf(to, "%s%s%s", i ? " " : "", all[i]->name, behind);
}

static void add_codes(struct text *to)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        text_addf(to, "%s%s", i ? " " : "", verdict_slug((enum verdict)i));
}

/* The words that are offered for its value; nothing: none are known. */
static enum values add_values(struct text *to, const struct option_row *row)
{
    const char *words = "";
    enum values values = values_of(row, &words);

    switch (values) {
    case VALUES_FORMATS:
        add_formats(to, "");
        break;
    case VALUES_OUTPUTS:
        add_formats(to, "=");
        text_add(to, " pcapng=");
        break;
    case VALUES_CODES:
        add_codes(to);
        break;
    case VALUES_WORDS:
        text_add(to, words);
        break;
    default:
        break;
    }
    return values;
}

/* Inside quotes of a shell, which end before and begin behind one. Brackets
 * and colons have a meaning to zsh alone. */
static void print_quoted(FILE *out, const char *text, bool is_zsh)
{
    for (; *text; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", out);
        else if (is_zsh && strchr("[]:\\", *text))
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc(*text, out);
    }
}

/* What an option is for; in help a list stands before some. */
static const char *purpose(const struct option_row *row)
{
    return row->help + strspn(row->help, " ");
}

static const char *bash_action(enum values values)
{
    switch (values) {
    case VALUES_NONE:
        return "return ;;";
    case VALUES_FILES:
        return "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;";
    case VALUES_FOLDERS:
        return "COMPREPLY=($(compgen -d -- \"$cur\")); return ;;";
    default:
        return "COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return ;;";
    }
}

static void print_bash_case(FILE *out, const struct option_row *row)
{
    struct text words;
    enum values values;

    text_init(&words, WORDS_SIZE);
    values = add_values(&words, row);
    (void)fprintf(out, "    --%s", row->name);
    if (row->letter)
        (void)fprintf(out, "|-%c", row->letter);
    (void)fputs(") ", out);
    if (words.size)
        (void)fprintf(out, "words='%s'; ", text_string(&words));
    if (values == VALUES_OUTPUTS)
        (void)fputs("compopt -o nospace; ", out);
    (void)fprintf(out, "%s\n", bash_action(values));
    text_release(&words);
}

/* An equals sign is a word of its own there. */
static void print_bash(FILE *out)
{
    (void)fputs("# bash completion of whyeof\n"
                "_whyeof() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]}"
                " prev=${COMP_WORDS[COMP_CWORD-1]} words\n"
                "    [[ $cur == = ]] && cur=\n"
                "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                "    case $prev in\n",
                out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].name[0] && option_rows[i].argument)
            print_bash_case(out, &option_rows[i]);
    }
    (void)fputs("    esac\n"
                "    if [[ $cur == -* ]]; then\n"
                "        words='",
                out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].name[0])
            (void)fprintf(out, "--%s ", option_rows[i].name);
    }
    (void)fputs("'\n"
                "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "    else\n"
                "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _whyeof whyeof\n",
                out);
}

static void print_zsh_value(FILE *out, const struct option_row *row)
{
    struct text words;
    enum values values;

    text_init(&words, WORDS_SIZE);
    values = add_values(&words, row);
    (void)fputs(":", out);
    print_quoted(out, row->argument, false);
    (void)fputs(":", out);
    if (values == VALUES_FILES)
        (void)fputs("_files", out);
    else if (values == VALUES_FOLDERS)
        (void)fputs("_files -/", out);
    else if (values == VALUES_OUTPUTS)
        (void)fprintf(out, "{compadd -S \"\" - %s}", text_string(&words));
    else if (words.size)
        (void)fprintf(out, "(%s)", text_string(&words));
    text_release(&words);
}

static void print_zsh_option(FILE *out, const struct option_row *row)
{
    (void)fputs("    '*'", out);
    if (row->letter)
        (void)fprintf(out, "{-%c%s,--%s%s}'", row->letter,
                      row->argument ? "+" : "", row->name,
                      row->argument ? "=" : "");
    else
        (void)fprintf(out, "'--%s%s", row->name, row->argument ? "=" : "");
    (void)fputs("[", out);
    print_quoted(out, purpose(row), true);
    (void)fputs("]", out);
    if (row->argument)
        print_zsh_value(out, row);
    (void)fputs("' \\\n", out);
}

static void print_zsh(FILE *out)
{
    (void)fputs("#compdef whyeof\n_arguments -s \\\n", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].name[0])
            print_zsh_option(out, &option_rows[i]);
    }
    (void)fputs("    '*:file:_files'\n", out);
}

static void print_fish_option(FILE *out, const struct option_row *row)
{
    struct text words;
    enum values values;

    text_init(&words, WORDS_SIZE);
    values = add_values(&words, row);
    (void)fprintf(out, "complete -c whyeof -l %s", row->name);
    if (row->letter)
        (void)fprintf(out, " -s %c", row->letter);
    if (row->argument && values != VALUES_FILES)
        (void)fputs(values == VALUES_FOLDERS
                        ? " -x -a '(__fish_complete_directories)'"
                        : " -x",
                    out);
    else if (row->argument)
        (void)fputs(" -r", out);
    if (words.size)
        (void)fprintf(out, " -a '%s'", text_string(&words));
    (void)fputs(" -d '", out);
    print_quoted(out, purpose(row), false);
    (void)fputs("'\n", out);
    text_release(&words);
}

static void print_fish(FILE *out)
{
    (void)fputs("# fish completion of whyeof\n", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].name[0])
            print_fish_option(out, &option_rows[i]);
    }
}

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {
    {"bash", print_bash},
    {"zsh",  print_zsh },
    {"fish", print_fish},
};

enum {
    SHELLS = sizeof shells / sizeof *shells
};

bool completion_knows(const char *shell)
{
    for (size_t i = 0; i < SHELLS; i++) {
        if (strcmp(shells[i].name, shell) == 0)
            return true;
    }
    return false;
}

void completion_print(FILE *out, const char *shell)
{
    for (size_t i = 0; i < SHELLS; i++) {
        if (strcmp(shells[i].name, shell) == 0)
            shells[i].print(out);
    }
}
