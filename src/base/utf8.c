/* utf8: see utf8.h. */
#include "utf8.h"

size_t utf8_decode(const char *s, uint32_t *point)
{
    const unsigned char *p = (const unsigned char *)s;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    *point = n == 1 ? p[0] : n ? p[0] & (0x7fu >> n) : 0;
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2) {
            n = 0;
            break;
        }
        *point = *point << 6 | (p[i] & 0x3f);
    }
    if (n && *point >= least[n] && *point <= 0x10ffff && *point >> 11 != 0x1b) return n;
    *point = UTF8_NONE;
    return 1;
}

size_t utf8_encode(uint32_t point, char *s)
{
    static const uint32_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, point >>= 6) s[i] = (char)(0x80 | (point & 0x3f));
    s[0] = (char)(first[n] | point);
    return n;
}
