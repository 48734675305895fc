#define _GNU_SOURCE /* affinity */
#include "measure.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

double measure_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double measure_clock_cost(void)
{
    double from = measure_now(), to = from;
    for (int i = 0; i < 1000; i++)
        to = measure_now();
    return (to - from) / 1000;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_median(double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, compare); /* a total order: no NaN among durations, equal ones are alike */
    return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

double measure_mean(double *value, int n)
{
    double sum = 0;
    int kept = n - n / 20;
    qsort(value, (size_t)n, sizeof *value, compare); /* a total order, as below */
    for (int i = 0; i < kept; i++)
        sum += value[i];
    return sum / kept;
}

double measure_percentile(double *value, int n, double percent)
{
    int at = (int)(percent / 100 * (n - 1) + 0.5);
    qsort(value, (size_t)n, sizeof *value, compare); /* a total order, as below */
    return value[at];
}

const int measure_counts[MEASURE_COUNTS] = {1, 8, 64, 256, 1000};
const int measure_spans[MEASURE_SPANS] = {0, 5, 25, 100, 500};
const double measure_percents[MEASURE_PERCENTS] = {0, 25, 50, 90, 99, 100};

double measure_cold(const Measured *measured, double us)
{
    int i = 1;
    while (i < MEASURE_SPANS - 1 && measure_spans[i] < us)
        i++;
    double low = measured->cold[i - 1], share = (us - measure_spans[i - 1]) / (measure_spans[i] - measure_spans[i - 1]);
    return low + (measured->cold[i] - low) * (share < 1 ? share : 1);
}

static cpu_set_t all; /* as it was at first: what we may use */
static int cores(void)
{
    if (CPU_COUNT(&all) == 0)
        sched_getaffinity(0, sizeof all, &all);
    return CPU_COUNT(&all);
}

bool measure_two_cores(void)
{
    return cores() > 1;
}

void measure_pin(bool server)
{
    cpu_set_t one;
    int chosen = -1;
    cores();
    for (int i = 0; i < CPU_SETSIZE && (chosen < 0 || !server); i++)
        chosen = CPU_ISSET(i, &all) ? i : chosen;
    if (chosen < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    sched_setaffinity(0, sizeof one, &one);
}

void measure_unpin(void)
{
    cores();
    sched_setaffinity(0, sizeof all, &all);
}

void measure_nap(long ns)
{
    nanosleep(&(struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}, NULL);
}

void measure_give_way(void)
{
    if (!measure_two_cores())
        sched_yield();
}
