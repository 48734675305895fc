/* floor_mm1: the least that one would write for an M/M/1 queue: two kinds of events in a heap, a FIFO of arrival
 * times, exponentials by a ziggurat (Marsaglia, Tsang 2000). No server, no network, no statistics but the mean. It
 * measures; it is no part of loopsim. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAYERS = 256, QUEUE = 1 << 16 };
static double x[LAYERS + 1], y[LAYERS + 1];
static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static double unit(void)
{
    return (double)(next() >> 11) * 0x1p-53;
}

static void layers(void)
{
    const double right = 7.69711747013104972, area = 0.0039496598225815571993;
    x[0] = area * exp(right);
    x[1] = right;
    for (int i = 2; i < LAYERS; i++)
        x[i] = -log(exp(-x[i - 1]) + area / x[i - 1]);
    x[LAYERS] = 0;
    for (int i = 0; i <= LAYERS; i++)
        y[i] = exp(-x[i]);
}

static double exponential(void)
{
    for (;;) {
        uint64_t bits = next();
        unsigned i = bits & 255;
        double at = (double)(bits >> 11) * 0x1p-53 * x[i];
        if (at < x[i + 1])
            return at;
        if (i == 0)
            return x[1] - log(1 - unit());
        if (y[i] + unit() * (y[i + 1] - y[i]) < exp(-at))
            return at;
    }
}

typedef struct Entry {
    double when;
    int kind;
} Entry;
static Entry heap[8];
static int count;

static void push(double when, int kind)
{
    int at = count++;
    for (; at > 0 && when < heap[(at - 1) / 2].when; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = (Entry){when, kind};
}

static Entry pop(void)
{
    Entry first = heap[0], moved = heap[--count];
    int at = 0;
    for (int child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].when < heap[child].when)
            child++;
        if (moved.when <= heap[child].when)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
    return first;
}

int main(int argc, char **argv)
{
    static double queue[QUEUE];
    long n = argc > 1 ? atol(argv[1]) : 1000000, arrived = 0, served = 0;
    double rate = argc > 2 ? atof(argv[2]) : 0.9, sum = 0;
    layers();
    push(exponential() / rate, 0);
    while (served < n) {
        Entry event = pop();
        if (event.kind == 0) {
            queue[arrived++ % QUEUE] = event.when;
            if (arrived - served == 1)
                push(event.when + exponential(), 1);
            push(event.when + exponential() / rate, 0);
        } else {
            sum += event.when - queue[served++ % QUEUE];
            if (arrived > served)
                push(event.when + exponential(), 1);
        }
    }
    printf("mean %.4f\n", sum / (double)n);
    return 0;
}
