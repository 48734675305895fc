/* laws: cases of queueing theory, each a spec with profile ideal and what theory says of it.
 *
 * A case is simulated in batches of time; the standard error of a figure is that of the batches' ratio estimates
 * (batch means: Law and Kelton, Simulation Modeling and Analysis, 9.5.3), with at least 40 batches, which grow as the
 * run does. A run goes on until every standard error is as small as it should be, or to the case's limit. */
#ifndef TESTS_LAWS_H
#define TESTS_LAWS_H

#include "../sim/base.h"

enum { LAW_EXPECTS = 12, LAW_TEXT = 4096 };

/* The figures: means in ms (of squares in ms^2), per second, shares, numbers. */
typedef enum Figure {
    SOJOURN,         /* mean latency */
    SOJOURN_SQUARE,  /* mean of its square */
    WAIT,            /* mean queueing: accept_wait + ready_wait */
    NUMBER,          /* in the system, over time */
    RATE,            /* completions per second */
    BLOCKED,         /* share refused */
    BUSY,            /* cores in use */
    NUMBER_AT_LEAST, /* share of time */
    FIGURES,
    SOJOURN_QUANTILE = FIGURES, /* those from here on are compared within 1 % */
    WAIT_QUANTILE,
    NUMBER_QUANTILE
} Figure;

typedef struct Expect {
    Figure figure;
    double at; /* quantiles: the share; NUMBER_AT_LEAST: the number */
    double exact;
} Expect;

typedef struct Law {
    char name[64];
    char spec[LAW_TEXT];
    Expect expect[LAW_EXPECTS];
    int expects;
    double rate;      /* requests per second, about: sizes the batches */
    double memory_ms; /* batches are at least 20 times this long: how long the system remembers, about */
    double tolerance; /* relative, beside the 4 standard errors: what ends of runs and rounding may do */
    double cases;     /* requests at most; 0: the default */
} Law;

typedef void LawMaker(Law *law, double load);

typedef enum Brief { LONG_ONLY, MEANS, QUANTILES_TOO } Brief; /* what `make test` does of it */

typedef struct LawRow {
    LawMaker *make;
    double load;
    Brief brief;
} LawRow;

/* laws_bursts.c */
LawMaker fixed_batches, geometric_batches, two_rates, on_and_off;

extern const LawRow law_rows[];
extern const int law_count;

#endif
