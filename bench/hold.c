/* hold: the kernel's queue of future events under the HOLD model: with n pending events, each that is taken is
 * scheduled again an exponential time later. Prints ns a hold of user time. */
#include "../sim/dist.h"
#include "../sim/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

typedef struct Holder {
    Kernel kernel;
    const Time *delay; /* drawn before, so that only the queue is measured */
    uint64_t at;
    Event *event;
} Holder;

enum { DELAYS = 1 << 16 };
static Holder holder;

static void on_event(Event *event)
{
    kernel_at(&holder.kernel, event, holder.kernel.now + holder.delay[holder.at++ % DELAYS]);
}

static double user_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec * 1e9 + (double)usage.ru_utime.tv_usec * 1e3;
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)atol(argv[1]) : 100000;
    uint64_t holds = argc > 2 ? (uint64_t)atol(argv[2]) : 5000000;
    static Time delay[DELAYS];
    Rng rng = rng_at(1, 1, 1, 256);
    for (size_t i = 0; i < DELAYS; i++)
        delay[i] = 1 + (Time)(-det_log(rng_unit(&rng)) * 1e9);
    holder.delay = delay;
    holder.event = calloc(n, sizeof *holder.event);
    if (!holder.event)
        return 1;
    kernel_init(&holder.kernel);
    for (size_t i = 0; i < n; i++) {
        event_bind(&holder.event[i], on_event, RANK_WORLD);
        on_event(&holder.event[i]);
    }
    kernel_run(&holder.kernel, TIME_NEVER, n, NULL);
    double from = user_ns();
    kernel_run(&holder.kernel, TIME_NEVER, n + holds, NULL);
    printf("%.1f\n", (user_ns() - from) / (double)holds);
    return 0;
}
