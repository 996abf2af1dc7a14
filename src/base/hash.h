/* hash: fingerprints. xxHash (XXH3) for keys and checksums, SHA-256 for the grid's identity.
 * XXH3's output is frozen since version 0.8.0, so stored values stay valid. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* XXH3 64 bits of n bytes. */
uint64_t hash_64(const void *data, size_t n);

/* XXH3 128 bits of n bytes as 32 lower-case hex digits and a NUL. */
void hash_128_hex(const void *data, size_t n, char hex[33]);

/* Incremental 64 bits: begin, add..., end. The state is owned by the caller; end releases it.
 * begin returns NULL when memory is not to be had. */
struct hash_state;
struct hash_state *hash_begin(void);
void hash_add(struct hash_state *state, const void *data, size_t n);
uint64_t hash_end(struct hash_state *state);

/* SHA-256 (FIPS 180-4) of n bytes as 64 lower-case hex digits and a NUL. */
void hash_sha256_hex(const void *data, size_t n, char hex[65]);
