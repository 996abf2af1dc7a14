/* rng_simd: the hot loops of rng, one set a kernel level. Private to src/base. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Numbers come in groups of 64: 16 Philox blocks, first all their word 0, then word 1, 2, 3.
 * Number 64 g + 16 w + l is word w of block 16 g + l. */
enum { RNG_GROUP = 64 };

enum rng_kind { RNG_BITS, RNG_UNIFORM, RNG_NORMAL }; /* elements of 4 bytes, all three */

struct rng_kernels {
    /* out (num_groups * 64) from group first_group on: uint32_t, or float */
    void (*fill)(enum rng_kind kind, const uint32_t key[2], uint64_t first_group, size_t num_groups,
                 void *out);
};

extern const struct rng_kernels rng_kernels_portable, rng_kernels_avx2,
    rng_kernels_avx512; /* the last two: x86-64 */
