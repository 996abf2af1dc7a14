/* status: see status.h. Refuses to print: whoever owns the streams prints. */
#include "hmmgrid/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int status_set(struct status *st, int code, const char *fmt, ...)
{
    if (!st) return code;
    va_list ap;
    va_start(ap, fmt);
    st->code = code;
    vsnprintf(st->text, sizeof st->text, fmt, ap);
    va_end(ap);
    return code;
}

int status_exit_code(int code)
{
    return code < STATUS_RUN_FAILED ? code : STATUS_INTERNAL;
}

static int set_with_head(struct status *st, int code, const char *head, const char *what,
                         va_list ap)
{
    if (!st) return code;
    st->code = code;
    int used = snprintf(st->text, sizeof st->text, "%s", head);
    vsnprintf(st->text + used, sizeof st->text - (size_t)used, what, ap);
    return code;
}

int status_no_memory(struct status *st, const char *what, ...)
{
    va_list ap;
    va_start(ap, what);
    int code = set_with_head(st, STATUS_NO_MEMORY, "out of memory for ", what, ap);
    va_end(ap);
    return code;
}

int stop_check(const struct stop *stop, struct status *st, const char *what, ...)
{
    if (!stop || !stop->wanted || !stop->wanted(stop->context)) return STATUS_OK;
    va_list ap;
    va_start(ap, what);
    int code = set_with_head(st, STATUS_RUN_STOPPED, "stopped while ", what, ap);
    va_end(ap);
    return code;
}

int status_prefix(struct status *st, const char *fmt, ...)
{
    if (!st) return STATUS_INTERNAL;
    char tail[sizeof st->text];
    strcpy(tail, st->text);
    va_list ap;
    va_start(ap, fmt);
    size_t used = (size_t)vsnprintf(st->text, sizeof st->text, fmt, ap);
    va_end(ap);
    if (used < sizeof st->text) snprintf(st->text + used, sizeof st->text - used, "%s", tail);
    return st->code;
}
