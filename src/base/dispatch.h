/* dispatch: the kernels of the level in use. A module's *_simd.c defines one table NAME_LEVEL a
 * level (LEVEL(NAME) of vector.h); KERNELS(NAME) is the address of the one in use. Private. */
#pragma once

#include "kernel.h"

#if defined(__x86_64__)
#define KERNELS(name)                                                                              \
    (kernel_level() == KERNEL_AVX512 ? &name##_avx512                                              \
     : kernel_level() == KERNEL_AVX2 ? &name##_avx2                                                \
                                     : &name##_portable)
#else
#define KERNELS(name) (&name##_portable)
#endif
