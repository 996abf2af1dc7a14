/* kernel: see kernel.h. */
#include "kernel.h"
#include "text.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_name[NUM_KERNEL_LEVELS] = {"portable", "avx2", "avx512"};

/* the choice, made once; -1: not yet */
static atomic_int chosen = -1;

/* Can this CPU (and this build) run the level? */
static bool is_available(enum kernel_level level)
{
#if defined(__x86_64__)
    switch (level) {
    case KERNEL_PORTABLE: return true;
    case KERNEL_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case KERNEL_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vpopcntdq");
    default: return false;
    }
#else
    return level == KERNEL_PORTABLE;
#endif
}

enum kernel_level kernel_level(void)
{
    int level = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (level >= 0) return (enum kernel_level)level;
    const char *wanted = getenv("HMMGRID_KERNEL");
    level = wanted ? text_index(level_name, NUM_KERNEL_LEVELS, wanted) : -1;
    if (level < 0 || !is_available((enum kernel_level)level))
        for (level = NUM_KERNEL_LEVELS - 1; !is_available((enum kernel_level)level);) level--;
    atomic_store(&chosen, level);
    return (enum kernel_level)level;
}

const char *kernel_name(void)
{
    return level_name[kernel_level()];
}

int kernel_check(struct status *st)
{
    const char *wanted = getenv("HMMGRID_KERNEL");
    if (!wanted || !*wanted) return STATUS_OK;
    int level = text_index(level_name, NUM_KERNEL_LEVELS, wanted);
    if (level < 0)
        return status_set(st, STATUS_USAGE,
                          "HMMGRID_KERNEL=%s: no such kernel; use portable, avx2 or avx512",
                          wanted);
    if (!is_available((enum kernel_level)level))
        return status_set(
            st, STATUS_USAGE,
            "HMMGRID_KERNEL=%s: this CPU cannot run it; unset the variable to get the "
            "best that it can",
            wanted);
    return STATUS_OK;
}

bool kernel_force(enum kernel_level level)
{
    if (!is_available(level)) return false;
    atomic_store(&chosen, (int)level);
    return true;
}
