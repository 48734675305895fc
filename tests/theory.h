/* theory: what queueing theory says, exactly. Times are in whatever unit the rates are the inverse of.
 *
 * Sources: [K] Kleinrock, Queueing Systems I (1975); [K2] volume II (1976); [W] Wolff, Stochastic Modeling and the
 * Theory of Queues (1989); [F] Franx, A simple solution for the M/D/c waiting time distribution, Oper. Res. Lett. 29
 * (2001); [T] Tijms, A First Course in Stochastic Models (2003); [B] Bolch et al., Queueing Networks and Markov Chains
 * (2006); [NT] Nelson and Tantawi, Approximate analysis of fork/join synchronization, IEEE Trans. Comp. 37 (1988); [GH]
 * Gross and Harris, Fundamentals of Queueing Theory (1985); [N] Neuts, Matrix-Geometric Solutions in Stochastic Models
 * (1981). */
#ifndef TESTS_THEORY_H
#define TESTS_THEORY_H

/* M/G/1 FIFO with E[S^n] = s1, s2, s3: Pollaczek and Khinchine [K 5.6]; Takács' second moment [W 8-1]. */
double mg1_wait(double rate, double s1, double s2);
double mg1_wait_square(double rate, double s1, double s2, double s3); /* E[Wq^2] */

/* M/M/c [K 3.5]; the quantiles from P(Wq > t) = C exp(-(cμ - λ)t) and its convolution with the service. */
double erlang_b(int servers, double offered);
double erlang_c(int servers, double offered);
double mmc_wait(int servers, double rate, double service);
double mmc_wait_quantile(int servers, double rate, double service, double p);
double mmc_sojourn_quantile(int servers, double rate, double service, double p);

/* M/M/c/K, K in the system [K 3.6]. */
typedef struct Finite {
    double blocked, throughput, number, sojourn, utilization;
} Finite;
Finite mmck(int servers, int room, double rate, double service);

/* M/D/c with service 1: the number in the system from the chain at distances of one service [T 9.6.2]; the wait's
 * distribution from it [F]. */
double mdc_wait(int servers, double rate);
double mdc_wait_quantile(int servers, double rate, double p);

/* D/M/1, arrivals every `gap`: σ = exp(-(1 - σ) gap / service) [K 6.4]; the sojourn is exponential with mean
 * service / (1 - σ). */
double dm1_sigma(double gap, double service);

double poisson_at_most(int n, double mean);

/* M^X/M/1: Poisson batches of a size with this mean and mean square; the mean number in the system [GH 3.1]. */
double batches_m1_number(double batches, double size, double square, double service);

/* MMPP/M/1 with two phases, each with its rate of arrivals and the rate at which it is left: the mean number in the
 * system, pi R (I - R)^-2 1 with the matrix R of Neuts [N 1.3, 6.2]. */
double mmpp_m1_number(const double rate[2], const double leave[2], double service);

/* A closed network of think time and stations with exponential services, one class: Buzen's convolution [B 8.1], the
 * same as exact mean value analysis. `servers` 0: as many as there are customers. */
typedef struct Station {
    double demand; /* visits times service */
    int servers;
} Station;
double closed_throughput(int customers, double think, int n, const Station station[]);
double closed_residence(int customers, double think, int n, const Station station[]);

/* Fork and join over two M/M/1 queues, each job to both [NT]: exact for two. */
double fork_join_two(double rate, double service);

/* M/M/1-PS: E[T^2] from Var T = (2 + ρ) / ((1 - ρ)^2 (2 - ρ)) service^2 [K2 4.4]. */
double mm1_ps_square(double rate, double service);

#endif
