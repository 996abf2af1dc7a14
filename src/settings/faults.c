/* faults: see faults.h. */
#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void faults_add(struct faults *faults, int line, int column, const char *fmt, ...)
{
    struct fault fault = {.line = line, .column = column};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fault.text, sizeof fault.text, fmt, ap);
    va_end(ap);
    for (int i = 0; i < faults->count; i++) {
        const struct fault *old = &faults->fault[i];
        if (old->line == line && old->column == column && strcmp(old->text, fault.text) == 0)
            return;
    }
    if (faults->count == MAX_FAULTS) {
        faults->dropped++;
        return;
    }
    faults->fault[faults->count++] = fault;
}

static int by_place(const void *a, const void *b)
{
    const struct fault *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    return strcmp(x->text, y->text);
}

int faults_status(struct faults *faults, struct status *st)
{
    if (faults->out_of_memory)
        return status_no_memory(st, "reading %s", faults->file ? faults->file : "the grid");
    if (!faults->count) return STATUS_OK;
    if (!st) return STATUS_BAD_GRID;
    qsort(faults->fault, (size_t)faults->count, sizeof faults->fault[0], by_place);

    const size_t last_line = 40; /* room for "(and N more)" */
    size_t used = 0;
    int shown = 0;
    st->code = STATUS_BAD_GRID;
    st->text[0] = '\0';
    for (; shown < faults->count; shown++) {
        const struct fault *f = &faults->fault[shown];
        size_t room = sizeof st->text - used;
        char place[32] = "";
        bool placed = f->line > 0 && faults->file;
        if (placed) snprintf(place, sizeof place, "%d:%d: ", f->line, f->column);
        int n = snprintf(st->text + used, room, "%s%s%s%s%s", shown ? "\n" : "",
                         placed ? faults->file : "", placed ? ":" : "", place, f->text);
        if ((size_t)n + last_line >= room && shown) {
            st->text[used] = '\0';
            break;
        }
        if ((size_t)n >= room) n = (int)room - 1;
        used += (size_t)n;
    }
    int more = faults->count - shown + faults->dropped;
    if (more) snprintf(st->text + used, sizeof st->text - used, "\n(and %d more)", more);
    return STATUS_BAD_GRID;
}
