/* utf8: characters and the bytes they take, RFC 3629. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UTF8_NONE = 0xfffd };

/* Bytes of the character at s, which does not begin with NUL, and its code point; 1 byte and
 * UTF8_NONE when it is not one. */
size_t utf8_decode(const char *s, uint32_t *point);

/* Write a code point that is one (up to 4 bytes); returns how many bytes it took. */
size_t utf8_encode(uint32_t point, char *s);
