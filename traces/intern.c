#include "intern.h"

#include <string.h>

enum { FIRST_SLOTS = HOSTILE(64, 2) }; /* twice the room for texts */

void intern_init(Intern *intern, Mem *mem)
{
    *intern = (Intern){.mem = mem};
    arena_init(&intern->arena, mem);
}

void intern_free(Intern *intern)
{
    arena_clear(&intern->arena);
    mem_free(intern->mem, intern->texts);
    mem_free(intern->mem, intern->slots);
    intern_init(intern, intern->mem);
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(const char *text, size_t *size)
{
    uint32_t hash = UINT32_C(2166136261);
    const char *at = text;
    for (; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT32_C(16777619);
    *size = (size_t)(at - text);
    return hash;
}

static uint32_t slot_of(const Intern *intern, const char *text, size_t size, uint32_t hash)
{
    uint32_t mask = intern->slot_count - 1, slot = hash & mask;
    for (; intern->slots[slot] > 0; slot = (slot + 1) & mask) {
        const InternText *known = &intern->texts[intern->slots[slot] - 1];
        if (known->hash == hash && known->size == size && memcmp(known->text, text, size) == 0)
            break;
    }
    return slot;
}

static void grow(Intern *intern)
{
    if (2 * intern->count < intern->slot_count)
        return;
    uint32_t slots = intern->slot_count > 0 ? 2 * intern->slot_count : FIRST_SLOTS;
    intern->texts = mem_grow(intern->mem, intern->texts, mem_array(intern->mem, slots / 2, sizeof *intern->texts));
    mem_free(intern->mem, intern->slots);
    intern->slots = mem_get(intern->mem, mem_array(intern->mem, slots, sizeof *intern->slots));
    intern->slot_count = slots;
    for (uint32_t i = 0; i < intern->count; i++) {
        const InternText *text = &intern->texts[i];
        intern->slots[slot_of(intern, text->text, text->size, text->hash)] = (uint16_t)(i + 1);
    }
}

uint32_t intern_text(Intern *intern, const char *text, bool *is_new)
{
    size_t size;
    uint32_t hash = hash_of(text, &size);
    *is_new = false;
    grow(intern);
    uint32_t slot = slot_of(intern, text, size, hash);
    if (intern->slots[slot] > 0 || intern->count == INTERN_MOST || size > UINT16_MAX)
        return intern->slots[slot];
    char *copy = arena_get(&intern->arena, size + 1);
    memcpy(copy, text, size);
    intern->texts[intern->count++] = (InternText){.text = copy, .size = (uint32_t)size, .hash = hash};
    intern->slots[slot] = (uint16_t)intern->count;
    *is_new = true;
    return intern->count;
}
