/* The formulas of theory.h against figures that were computed independently of them, to nine digits. */
#include "theory.h"

#include "../sim/base.h"

#include <check.h>
#include <math.h>

static void near(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 2e-8 * fabs(expected), "%.12g is not %.9g", value, expected);
}

START_TEST(one_server)
{
    near(mg1_wait(0.8, 1, 2), 4);
    near(mg1_wait(0.8, 1, 5), 10);
    near(mg1_wait(0.95, 1, 1.5), 14.25);
    near(sqrt(mg1_wait_square(0.8, 1, 1, 1) - 4), 2.30940108);
    near(sqrt(mg1_wait_square(0.5, 1, 5, 125) - 6.25), 6.92218655);
    near(mdc_wait(1, 0.8), 2);
    near(mdc_wait_quantile(1, 0.5, 0.9), 1.51574484);
    near(mdc_wait_quantile(1, 0.5, 0.99), 3.33625596);
    near(mdc_wait_quantile(1, 0.8, 0.5), 1.27593987);
    near(mdc_wait_quantile(1, 0.95, 0.99), 44.9377655);
    near(mdc_wait_quantile(1, 0.5, 0.5), 0);
    near(dm1_sigma(1 / 0.8, 1), 0.628629796);
    near(1 / (1 - dm1_sigma(1 / 0.95, 1)), 10.1724339);
    near(sqrt(mm1_ps_square(0.8, 1) - 25), 7.63762616);
}
END_TEST

START_TEST(many_servers)
{
    near(erlang_b(4, 3.2), 0.22814493);
    near(erlang_b(200, 240), 0.183552516);
    near(erlang_c(4, 3.8), 0.891418995);
    near(erlang_c(50, 40), 0.0869525495);
    near(mmc_wait(4, 0.36, 10), 19.6938316);
    near(mmc_sojourn_quantile(4, 0.36, 10, 0.5), 22.5450369);
    near(mmc_sojourn_quantile(4, 0.36, 10, 0.99), 121.931674);
    near(mmc_sojourn_quantile(50, 4, 10, 0.9), 23.1220011);
    near(mmc_wait_quantile(4, 0.36, 10, 0.99), 109.164996);
    near(mmc_sojourn_quantile(1, 0.8, 1, 0.99), 23.0258509);
    near(mmc_wait_quantile(1, 0.8, 1, 0.5), 2.35001815);
    Finite finite = mmck(4, 14, 0.38, 10);
    near(finite.blocked, 0.0541346785);
    near(finite.number, 7.09514413);
    near(finite.sojourn, 19.7400534);
    near(finite.utilization, 0.898572055);
    near(mmck(1, 10, 1, 1).throughput, 0.909090909);
    near(poisson_at_most(0, 10), 4.53999298e-05);
}
END_TEST

START_TEST(closed_networks)
{
    const Station repair = {1, 1}, two[] = {{0.1, 1}, {5, 4}}, many[] = {{0.1, 1}, {5, 50}},
                  free[] = {{0.1, 1}, {5, 0}};
    near(closed_throughput(8, 10, 1, &repair) * 1000, 661.681567);
    near(closed_residence(64, 100, 1, &repair), 2.50840953);
    near(closed_residence(1000, 10, 1, &repair), 990);
    near(closed_throughput(8, 0, 2, two) * 1000, 799.99932);
    near(closed_throughput(64, 0, 2, many) * 1000, 9575.24759);
    near(closed_residence(64, 0, 2, free), 6.45447204);
}
END_TEST

/* The figures are those of truncated chains, level by level. */
START_TEST(batches_and_changing_rates)
{
    near(batches_m1_number(0.16, 5, 25, 1), 12);
    near(batches_m1_number(0.2, 4, 28, 1), 16);
    near(mmpp_m1_number((const double[]){1.5, 0.3}, (const double[]){0.01, 0.005}, 1), 47.7180366);
    near(mmpp_m1_number((const double[]){2, 0}, (const double[]){1 / 20.0, 1 / 60.0}, 1), 16.4557673);
    near(mmpp_m1_number((const double[]){0.8, 0.8}, (const double[]){0.1, 0.2}, 1), 4);
}
END_TEST

Suite *theory_suite(void);
Suite *theory_suite(void)
{
    Suite *suite = suite_create("theory");
    TCase *tests = tcase_create("theory");
    tcase_add_test(tests, one_server);
    tcase_add_test(tests, many_servers);
    tcase_add_test(tests, closed_networks);
    tcase_add_test(tests, batches_and_changing_rates);
    suite_add_tcase(suite, tests);
    return suite;
}
