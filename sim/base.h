/* base: what every file of loopsim may assume.
 *
 * Time is int64 nanoseconds since the start of the run. A run lasts at most ten years (3.2e17 ns), so that
 * sums of a few times never overflow. */
#ifndef SIM_BASE_H
#define SIM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t Time;

#define TIME_NEVER INT64_MAX
#define TIME_US ((Time)1000)
#define TIME_MS ((Time)1000000)
#define TIME_S ((Time)1000000000)
#define TIME_MAX_RUN ((Time)10 * 365 * 86400 * TIME_S)

enum { CACHE_LINE = 64 }; /* bytes: a guess, on which only speed depends */

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address) /* of no other effect; the address may be any */
#else
#define PREFETCH(address) ((void)(address))
#endif
/* A size on which only speed depends. The hostile build (`make hostile`) takes the tiny one, so that the tests meet
 * every way of growing, flushing and reading on. */
#ifdef LOOPSIM_HOSTILE
#define HOSTILE(usual, tiny) (tiny)
#else
#define HOSTILE(usual, tiny) (usual)
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The object of type `type` whose member `member` is at `pointer`. */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* A condition that hardly ever holds: what it guards is put out of the way of the rest. */
#define rarely(condition) __builtin_expect(!!(condition), 0)

/* A function that is seldom called from one that often is: its registers are not saved there. */
#ifdef __GNUC__
#define OUT_OF_LINE __attribute__((noinline))
#else
#define OUT_OF_LINE
#endif

/* A bug in loopsim itself, in every build: says where and what on stderr, then ends the process with code 70. */
#define must(condition, what) ((condition) ? (void)0 : must_failed(__FILE__, __LINE__, what))
_Noreturn void must_failed(const char *file, int line, const char *what);

#endif
