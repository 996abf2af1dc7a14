/* rng: see rng.h. */
#include "hmmgrid/rng.h"
#include "hash.h"
#include "rng_simd.h"
#include "dispatch.h"

#include <stdio.h>
#include <string.h>

static struct rng rng_of(uint64_t h)
{
    return (struct rng){{(uint32_t)h, (uint32_t)(h >> 32)}};
}

struct rng rng_stream(uint64_t root_seed, const char *run_key, const char *purpose)
{
    char text[512];
    int n = snprintf(text, sizeof text, "hmmgrid stream 1\n%llu\n%s\n%s\n",
                     (unsigned long long)root_seed, run_key, purpose);
    if (n >= (int)sizeof text) n = (int)sizeof text - 1;
    return rng_of(hash_64(text, (size_t)n));
}

struct rng rng_child(struct rng parent, uint64_t i)
{
    unsigned char bytes[24] = "child 1";
    memcpy(bytes + 8, parent.key, 8);
    memcpy(bytes + 16, &i, 8);
    return rng_of(hash_64(bytes, sizeof bytes));
}

uint32_t rng_bits(struct rng rng, uint64_t position)
{
    uint32_t bits;
    rng_fill_bits(rng, position, 1, &bits);
    return bits;
}

double rng_uniform(struct rng rng, uint64_t position)
{
    uint64_t high = rng_bits(rng, 2 * position), low = rng_bits(rng, 2 * position + 1);
    return (double)((high << 32 | low) >> 11) * 0x1p-53;
}

/* Whole groups go straight to out; a cut first or last group goes through a small buffer. */
static void fill(enum rng_kind kind, struct rng rng, uint64_t first, size_t n, void *out)
{
    const struct rng_kernels *kernels = KERNELS(rng_kernels);
    unsigned char *to = out;
    while (n) {
        uint64_t group = first / RNG_GROUP;
        size_t skip = (size_t)(first % RNG_GROUP), whole = n / RNG_GROUP;
        size_t take;
        if (skip == 0 && whole) {
            kernels->fill(kind, rng.key, group, whole, to);
            take = whole * RNG_GROUP;
        } else {
            uint32_t part[RNG_GROUP];
            kernels->fill(kind, rng.key, group, 1, part);
            take = RNG_GROUP - skip < n ? RNG_GROUP - skip : n;
            memcpy(to, part + skip, take * 4);
        }
        to += take * 4;
        first += take;
        n -= take;
    }
}

void rng_fill_bits(struct rng rng, uint64_t first, size_t n, uint32_t *out)
{
    fill(RNG_BITS, rng, first, n, out);
}

void rng_fill_uniform(struct rng rng, uint64_t first, size_t n, float *out)
{
    fill(RNG_UNIFORM, rng, first, n, out);
}

void rng_fill_normal(struct rng rng, uint64_t first, size_t n, float *out)
{
    fill(RNG_NORMAL, rng, first, n, out);
}
