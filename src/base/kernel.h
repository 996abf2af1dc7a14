/* kernel: which vector instructions the hot loops use, chosen at run time.
 *
 * The loops live in src/<module>/NAME_simd.c, compiled once per level from the same text (the
 * vector width and a few instructions come from src/base/vector.h), so a fast kernel and its
 * portable twin cannot drift apart. The levels:
 *   portable  any CPU (baseline x86-64 SSE2, or whatever the compiler has for 16-byte vectors)
 *   avx2      AVX2 + FMA (Haswell, Zen and later)
 *   avx512    AVX-512 F, BW, DQ, VL, VBMI, VPOPCNTDQ (Ice Lake, Zen 4 and later)
 * Random bits and uniforms are the same at every level, normals at avx2 and avx512; portable
 * normals and all sums agree to rounding.
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>

enum kernel_level { KERNEL_PORTABLE, KERNEL_AVX2, KERNEL_AVX512, NUM_KERNEL_LEVELS };

/* The level in use: HMMGRID_KERNEL (portable|avx2|avx512) when it names an available one, else the
 * best available. Decided at the first call and fixed for the process. */
enum kernel_level kernel_level(void);

/* Its name. */
const char *kernel_name(void);

/* STATUS_USAGE when HMMGRID_KERNEL names no level or one that this CPU lacks. Call at start-up. */
int kernel_check(struct status *st);

/* For tests and benchmarks: use this level from now on; false when it is not available. */
bool kernel_force(enum kernel_level level);
