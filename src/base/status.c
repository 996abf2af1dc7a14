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

int status_no_memory(struct status *st, const char *what, ...)
{
    if (!st) return STATUS_NO_MEMORY;
    static const char head[] = "out of memory for ";
    va_list ap;
    va_start(ap, what);
    st->code = STATUS_NO_MEMORY;
    memcpy(st->text, head, sizeof head);
    vsnprintf(st->text + sizeof head - 1, sizeof st->text - sizeof head + 1, what, ap);
    va_end(ap);
    return STATUS_NO_MEMORY;
}

int status_prefix(struct status *st, const char *fmt, ...)
{
    if (!st) return STATUS_INTERNAL;
    char head[sizeof st->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    size_t used = strlen(head);
    size_t room = sizeof head - used;
    size_t tail = strlen(st->text);
    if (tail >= room) tail = room - 1;
    memcpy(head + used, st->text, tail);
    head[used + tail] = '\0';
    memcpy(st->text, head, used + tail + 1);
    return st->code;
}

int stop_check(const struct stop *stop, const char *what, struct status *st)
{
    if (!stop || !stop->wanted || !stop->wanted(stop->context)) return STATUS_OK;
    return status_set(st, STATUS_RUN_STOPPED, "stopped while %s", what);
}
