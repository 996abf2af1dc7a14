/* fail_malloc: preloaded into a program, it makes the FAIL_FROM-th call of malloc, calloc or
 * realloc in every process fail, and with FAIL_EVER=1 all after it. Only calls from the program
 * itself count; with FAIL_LIBRARIES=1 also those from libraries. With FAIL_RANK only in processes
 * of that rank of Open MPI. Tells by an empty file FAIL_TOLD that it has failed one. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t num, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

static uintptr_t program_begin, program_end;
static long from, ever, libraries;
static int ready;
static long count;

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t bytes, void *none)
{
    (void)bytes, (void)none;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        program_begin = info->dlpi_addr + part->p_vaddr;
        program_end = program_begin + part->p_memsz;
    }
    return 1;
}

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void start(void)
{
    from = number("FAIL_FROM");
    ever = number("FAIL_EVER");
    libraries = number("FAIL_LIBRARIES");
    dl_iterate_phdr(find_program, NULL);
    const char *wanted = getenv("FAIL_RANK"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    ready = from > 0 && (!wanted || (rank && strcmp(wanted, rank) == 0));
}

static int fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (!ready || (!libraries && (at < program_begin || at >= program_end))) return 0;
    long now = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    if (now != from && !(ever && now > from)) return 0;
    const char *told = getenv("FAIL_TOLD");
    if (now == from && told) close(open(told, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t num, size_t bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(num, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, bytes);
}

char *strdup(const char *text)
{
    size_t bytes = 0;
    while (text[bytes++]) {
    }
    char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
    for (size_t i = 0; copy && i < bytes; i++) copy[i] = text[i];
    return copy;
}
