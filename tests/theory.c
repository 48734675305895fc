#include "theory.h"

#include <math.h>

enum { STATES = 4096, MOST_CUSTOMERS = 1024, MOST_AT_ONCE = 96 };

double mg1_wait(double rate, double s1, double s2)
{
    return rate * s2 / (2 * (1 - rate * s1));
}

double mg1_wait_square(double rate, double s1, double s2, double s3)
{
    double wait = mg1_wait(rate, s1, s2);
    return 2 * wait * wait + rate * s3 / (3 * (1 - rate * s1));
}

double erlang_b(int servers, double offered)
{
    double blocked = 1;
    for (int n = 1; n <= servers; n++)
        blocked = offered * blocked / (n + offered * blocked);
    return blocked;
}

double erlang_c(int servers, double offered)
{
    double blocked = erlang_b(servers, offered), busy = offered / servers;
    return blocked / (1 - busy * (1 - blocked));
}

double mmc_wait(int servers, double rate, double service)
{
    return erlang_c(servers, rate * service) / (servers / service - rate);
}

double mmc_wait_quantile(int servers, double rate, double service, double p)
{
    double waits = erlang_c(servers, rate * service);
    return p <= 1 - waits ? 0 : log(waits / (1 - p)) / (servers / service - rate);
}

/* P(T > t): who waits has a sum of two exponentials before him, the others one. */
static double mmc_sojourn_above(int servers, double rate, double service, double t)
{
    double waits = erlang_c(servers, rate * service), m = 1 / service, d = servers * m - rate;
    double both = fabs(d - m) < 1e-9 * m ? (1 + m * t) * exp(-m * t) : (d * exp(-m * t) - m * exp(-d * t)) / (d - m);
    return (1 - waits) * exp(-m * t) + waits * both;
}

double mmc_sojourn_quantile(int servers, double rate, double service, double p)
{
    double low = 0, high = service;
    while (mmc_sojourn_above(servers, rate, service, high) > 1 - p)
        high *= 2;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (mmc_sojourn_above(servers, rate, service, middle) > 1 - p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

Finite mmck(int servers, int room, double rate, double service)
{
    double weight = 1, sum = 0, number = 0, busy = 0;
    Finite finite = {0};
    for (int n = 0; n <= room; n++) {
        int serving = n < servers ? n : servers;
        if (n > 0)
            weight *= rate * service / serving;
        sum += weight;
        number += weight * n;
        busy += weight * serving;
    }
    finite.blocked = weight / sum;
    finite.throughput = rate * (1 - finite.blocked);
    finite.number = number / sum;
    finite.sojourn = finite.number / finite.throughput;
    finite.utilization = busy / sum / servers;
    return finite;
}

/* ---- M/D/c ---- */

static void poisson(double mean, int n, double p[])
{
    p[0] = exp(-mean);
    for (int k = 1; k < n; k++)
        p[k] = p[k - 1] * mean / k;
}

/* One service later, those in service have left and the arrivals of that time have come. */
static void mdc_numbers(int servers, double rate, int n, double p[])
{
    static double arrivals[STATES], next[STATES];
    double moved = 1;
    poisson(rate, n, arrivals); /* in one service; more than MOST_AT_ONCE have no weight for rates up to 20 */
    for (int j = 0; j < n; j++)
        p[j] = j == 0;
    for (int round = 0; round < 100000 && moved > 1e-13; round++) {
        double few = 0;
        for (int i = 0; i <= servers; i++)
            few += p[i];
        moved = 0;
        for (int j = 0; j < n; j++) {
            next[j] = few * arrivals[j];
            int first = j + servers > MOST_AT_ONCE ? j + servers - MOST_AT_ONCE : 0;
            for (int i = first > servers ? first : servers + 1; i < n && i - servers <= j; i++)
                next[j] += p[i] * arrivals[j - i + servers];
        }
        for (int j = 0; j < n; j++) {
            moved += fabs(next[j] - p[j]);
            p[j] = next[j];
        }
    }
}

enum { MDC_STATES = 400 }; /* enough for loads up to 0.95 */

double mdc_wait(int servers, double rate)
{
    double p[MDC_STATES], queue = 0;
    mdc_numbers(servers, rate, MDC_STATES, p);
    for (int n = servers + 1; n < MDC_STATES; n++)
        queue += (n - servers) * p[n];
    return queue / rate;
}

/* P(Wq <= x), with k - 1 <= x < k; Q_m: at most m wait. All terms are positive. */
static double mdc_wait_at_most(int servers, double rate, const double q[], double x)
{
    int k = (int)floor(x) + 1;
    double term = exp(-rate * (k - x)), sum = 0;
    for (int j = 0; j < k * servers && k * servers - 1 - j < MDC_STATES; j++) {
        sum += q[k * servers - 1 - j] * term;
        term *= rate * (k - x) / (j + 1);
    }
    return sum;
}

double mdc_wait_quantile(int servers, double rate, double p)
{
    double numbers[MDC_STATES], q[MDC_STATES], low = 0, high = (double)MDC_STATES / servers / 2;
    mdc_numbers(servers, rate, MDC_STATES, numbers);
    double sum = 0;
    for (int n = 0; n < servers; n++)
        sum += numbers[n];
    for (int m = 0; m < MDC_STATES; m++) {
        if (m + servers < MDC_STATES)
            sum += numbers[m + servers];
        q[m] = sum;
    }
    if (mdc_wait_at_most(servers, rate, q, 0) >= p)
        return 0;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (mdc_wait_at_most(servers, rate, q, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double dm1_sigma(double gap, double service)
{
    double sigma = 0;
    for (int i = 0; i < 10000; i++)
        sigma = exp(-(1 - sigma) * gap / service);
    return sigma;
}

double poisson_at_most(int n, double mean)
{
    double term = exp(-mean), sum = term;
    for (int k = 1; k <= n; k++) {
        term *= mean / k;
        sum += term;
    }
    return sum;
}

/* ---- closed networks ---- */

/* G(n) of think time and stations, with all times divided by `scale`, the largest demand of a server. */
static double convolve(int customers, double think, int n, const Station station[], double scale, double g[])
{
    static double next[MOST_CUSTOMERS + 1];
    g[0] = 1;
    for (int k = 1; k <= customers; k++)
        g[k] = g[k - 1] * (think / scale) / k;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k <= customers; k++) {
            double weight = 1;
            next[k] = 0;
            for (int here = 0; here <= k; here++) {
                int serving = station[i].servers == 0 || here < station[i].servers ? here : station[i].servers;
                if (here > 0)
                    weight *= station[i].demand / scale / serving;
                next[k] += weight * g[k - here];
            }
        }
        for (int k = 0; k <= customers; k++)
            g[k] = next[k];
    }
    return g[customers - 1] / g[customers];
}

double closed_throughput(int customers, double think, int n, const Station station[])
{
    static double g[MOST_CUSTOMERS + 1];
    double scale = 0;
    for (int i = 0; i < n; i++) {
        double least = station[i].demand / (station[i].servers > 0 ? station[i].servers : customers);
        scale = least > scale ? least : scale;
    }
    return convolve(customers, think, n, station, scale, g) / scale;
}

double closed_residence(int customers, double think, int n, const Station station[])
{
    return customers / closed_throughput(customers, think, n, station) - think;
}

double fork_join_two(double rate, double service)
{
    double busy = rate * service;
    return (12 - busy) / 8 * service / (1 - busy);
}

double mm1_ps_square(double rate, double service)
{
    double busy = rate * service, mean = service / (1 - busy);
    return service * service * (2 + busy) / ((1 - busy) * (1 - busy) * (2 - busy)) + mean * mean;
}

/* ---- arrivals that come in batches, or at changing rates ---- */

double batches_m1_number(double batches, double size, double square, double service)
{
    double busy = batches * size * service;
    return busy * (1 + square / size) / (2 * (1 - busy));
}

typedef struct Two { /* a matrix; m[row][column] */
    double m[2][2];
} Two;

static Two times(Two a, Two b)
{
    Two c;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            c.m[i][k] = a.m[i][0] * b.m[0][k] + a.m[i][1] * b.m[1][k];
    return c;
}

static Two inverse(Two a)
{
    double det = a.m[0][0] * a.m[1][1] - a.m[0][1] * a.m[1][0];
    return (Two){{{a.m[1][1] / det, -a.m[0][1] / det}, {-a.m[1][0] / det, a.m[0][0] / det}}};
}

/* R = (A0 + R^2 A2) (-A1)^-1, from R = 0 on. */
static Two rate_matrix(const double rate[2], const double leave[2], double mu)
{
    Two out = inverse((Two){{{leave[0] + rate[0] + mu, -leave[0]}, {-leave[1], leave[1] + rate[1] + mu}}}), r = {{{0}}};
    for (int i = 0; i < 100000; i++) {
        Two up = times(r, r);
        for (int k = 0; k < 2; k++) {
            up.m[k][0] *= mu;
            up.m[k][1] *= mu;
            up.m[k][k] += rate[k];
        }
        r = times(up, out);
    }
    return r;
}

double mmpp_m1_number(const double rate[2], const double leave[2], double service)
{
    double mu = 1 / service;
    Two r = rate_matrix(rate, leave, mu);
    /* Empty: x (Q - diag(rate) + mu R) = 0 */
    double x[2] = {leave[1] + mu * r.m[1][0], leave[0] + rate[0] - mu * r.m[0][0]};
    Two sums = inverse((Two){{{1 - r.m[0][0], -r.m[0][1]}, {-r.m[1][0], 1 - r.m[1][1]}}});
    Two firsts = times(r, times(sums, sums));
    double all = 0, number = 0;
    for (int i = 0; i < 2; i++) {
        all += x[i] * (sums.m[i][0] + sums.m[i][1]);
        number += x[i] * (firsts.m[i][0] + firsts.m[i][1]);
    }
    return number / all;
}
