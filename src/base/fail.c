#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>

bool fail_set(struct fail *fail, const char *format, ...)
{
    va_list args;

    if (fail->set)
        return false;
    fail->set = true;
    va_start(args, format);
    (void)vsnprintf(fail->text, sizeof fail->text, format, args);
    va_end(args);
    return false;
}
