/* floor_steps: the least for the handler `cpu 2 ms, net 20 ms, cpu 3 ms` behind one queue: a heap of events, a FIFO of
 * what waits for the processor. No loop, no phases, no statistics but the mean. It measures; it is no part of
 * loopsim. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 16 };
typedef enum Kind { ARRIVE, BURST_OVER, WAIT_OVER } Kind;
typedef struct Entry {
    double when, wanted;
    int kind, step;
} Entry;
static Entry heap[ROOM], queue[ROOM];
static int count;
static unsigned head, tail;
static uint64_t state = 0x9e3779b97f4a7c15;

static double exponential(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return -log(((double)((z ^ z >> 31) >> 12) + 0.5) * 0x1p-52);
}

static void push(Entry new)
{
    int at = count++;
    for (; at > 0 && new.when < heap[(at - 1) / 2].when; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = new;
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

static void compute(double now)
{
    Entry *next = &queue[head % ROOM];
    push((Entry){now + (next->step == 0 ? 2 : 3), next->wanted, BURST_OVER, next->step});
}

static void wants_cpu(double now, double wanted, int step)
{
    queue[tail++ % ROOM] = (Entry){now, wanted, 0, step};
    if (tail - head == 1)
        compute(now);
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 300000, done = 0;
    double sum = 0, gap = 1000.0 / 150;
    push((Entry){gap * exponential(), 0, ARRIVE, 0});
    while (done < n) {
        Entry event = pop();
        if (event.kind == ARRIVE) {
            push((Entry){event.when + gap * exponential(), 0, ARRIVE, 0});
            wants_cpu(event.when, event.when, 0);
        } else if (event.kind == WAIT_OVER) {
            wants_cpu(event.when, event.wanted, 2);
        } else {
            head++;
            if (head != tail)
                compute(event.when);
            if (event.step == 0) {
                push((Entry){event.when + 20, event.wanted, WAIT_OVER, 0});
            } else {
                sum += event.when - event.wanted;
                done++;
            }
        }
    }
    printf("mean %.4f ms\n", sum / (double)n);
    return 0;
}
