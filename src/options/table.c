#include "options/table.h"

#include <stddef.h>

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(id, name, letter, argument, help)                               \
    [OPTION_##id] = {name, letter, argument, help},
#include "options/options.def"
#undef OPTION
};
