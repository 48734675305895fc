/* Arrivals in batches and at changing rates, to one server with exponential services of 1 ms. */
#include "laws.h"
#include "theory.h"

#include <stdio.h>

static void one_server(Law *law, const char *what, double load, const char *arrivals, double number)
{
    snprintf(law->name, sizeof law->name, "%s, load %g", what, load);
    snprintf(law->spec, sizeof law->spec,
             "{\"duration\": \"80000h\", \"machine\": {\"profile\": \"ideal\"},\n"
             " \"handlers\": {\"get\": [{\"cpu\": {\"exponential\": \"1ms\"}}]},\n \"arrivals\": {%s},\n"
             " \"servers\": {\"it\": {\"model\": \"event-loop\", \"backlog\": 1000000}}}",
             arrivals);
    law->rate = load * 1000;
    law->memory_ms = 20 / ((1 - load) * (1 - load));
    law->expect[law->expects++] = (Expect){NUMBER, 0, number};
    law->expect[law->expects++] = (Expect){SOJOURN, 0, number / load};
    law->expect[law->expects++] = (Expect){BUSY, 0, load};
}

static void batches(Law *law, const char *what, double load, const char *size, double mean, double square)
{
    char arrivals[128];
    snprintf(arrivals, sizeof arrivals, "\"bursts\": {\"every\": {\"exponential\": \"%.6fms\"}, \"size\": %s}",
             mean / load, size);
    one_server(law, what, load, arrivals, batches_m1_number(load / mean, mean, square, 1));
}

void fixed_batches(Law *law, double load)
{
    batches(law, "M^5/M/1", load, "5", 5, 25);
}

/* Sizes from 1 on: E[X^2] = (2 - p) / p^2 with p = 1 / mean. */
void geometric_batches(Law *law, double load)
{
    batches(law, "M^X/M/1, geometric", load, "{\"geometric\": 4}", 4, (2 - 0.25) * 16);
}

static void modulated(Law *law, const char *what, double load, const double rate[2], const double lasts[2])
{
    char arrivals[256];
    const double leave[2] = {1 / lasts[0], 1 / lasts[1]};
    snprintf(arrivals, sizeof arrivals,
             "\"modulated\": [{\"rate\": \"%g/s\", \"for\": {\"exponential\": \"%gms\"}},"
             " {\"rate\": \"%g/s\", \"for\": {\"exponential\": \"%gms\"}}]",
             rate[0] * 1000, lasts[0], rate[1] * 1000, lasts[1]);
    one_server(law, what, load, arrivals, mmpp_m1_number(rate, leave, 1));
    law->memory_ms += 2 * (lasts[0] + lasts[1]);
}

/* (1.5 * 100 + 0.3 * 200) / 300 = 0.7 a ms */
void two_rates(Law *law, double load)
{
    modulated(law, "MMPP/M/1", load, (const double[]){1.5, 0.3}, (const double[]){100, 200});
}

/* 2 * 20 / 80 = 0.5 a ms */
void on_and_off(Law *law, double load)
{
    modulated(law, "on and off/M/1", load, (const double[]){2, 0}, (const double[]){20, 60});
}
