/*
 * The table of options, of options.def: for what reads them, tells of them and
 * guesses which was meant.
 */
#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

enum option_id {
#define OPTION(id, name, letter, argument, help) OPTION_##id,
#include "options/options.def"
#undef OPTION
    OPTION_COUNT
};

/* Without a name the head of a section. */
struct option_row {
    const char *name;     /* long, without hyphens */
    char letter;          /* 0: none */
    const char *argument; /* what it is called; NULL: it takes none */
    const char *help;
};

/* By option_id, in the order of --help. */
extern const struct option_row option_rows[OPTION_COUNT];

#endif
