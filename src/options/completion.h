/* Completion of the command line by a shell: scripts made of options.def. */
#ifndef OPTIONS_COMPLETION_H
#define OPTIONS_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* Is there one for that shell: "bash", "zsh", "fish"? */
bool completion_knows(const char *shell);

/* Prints it, the same bytes each time. The stream tells whether it could be
 * written. */
void completion_print(FILE *out, const char *shell);

#endif
