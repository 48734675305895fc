#include "digest.h"

#include "rng.h"

uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *s = bytes;
    digest = digest_add(digest, size);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0; /* little-endian, the last one filled with zeros */
        for (size_t j = 0; j < 8 && i + j < size; j++)
            word |= (uint64_t)s[i + j] << 8 * j;
        digest = digest_add(digest, word);
    }
    return digest;
}

uint64_t digest_end(uint64_t digest)
{
    return mix64(digest);
}
