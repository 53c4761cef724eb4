/* What this program is made of, for --version. */
#ifndef OPTIONS_VERSIONS_H
#define OPTIONS_VERSIONS_H

#include <stdio.h>

/* The program's version, and in a second line those of the libraries that it
 * runs with. */
void versions_print(FILE *out);

#endif
