/*
 * Words of a message in a text.
 */
#ifndef REPORT_MESSAGE_WORDS_H
#define REPORT_MESSAGE_WORDS_H

/*
 * Where in the text the words stand, and in *end what is behind them; NULL
 * when they do not. Words are written as explain.def says.
 */
const char *message_find_words(const char *text, const char *words,
                               const char **end);

/* The same of a mark, as logs of proxies have them: case counts, it stands
 * alone, and one without a hyphen where a log has it only. */
const char *message_find_mark(const char *text, const char *mark,
                              const char **end);

#endif
