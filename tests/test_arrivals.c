/* The arrival processes. */
#include "../model/machine/arrivals.h"

#include <check.h>
#include <math.h>

static Arrivals process(Mem *mem, const SpecArrivals *spec, Time end)
{
    Arrivals arrivals;
    arrivals_init(&arrivals, mem, spec, draw_key(7, 0, 0), end);
    return arrivals;
}

static int64_t count_until(Arrivals *arrivals, Time *at, Time end)
{
    int64_t count = 0;
    int32_t handler;
    while (*at < end) {
        Time before = *at;
        if (!arrivals_next(arrivals, at, &handler)) {
            *at = TIME_NEVER;
            break;
        }
        ck_assert_int_ge(*at, before);
        count += *at < end;
    }
    return count;
}

START_TEST(poisson_has_its_rate_and_ends_in_time)
{
    Mem *mem = mem_new(1 << 20);
    SpecArrivals spec = {.kind = ARRIVE_POISSON, .rate = 1000};
    Arrivals arrivals = process(mem, &spec, 100 * TIME_S);
    Time at = 0;
    int64_t count = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(count, 100000 - 4 * 317);
    ck_assert_int_lt(count, 100000 + 4 * 317);
    mem_delete(mem);
}
END_TEST

START_TEST(files_name_handlers)
{
    Mem *mem = mem_new(1 << 20);
    const SpecArrival list[] = {{5, -1}, {5, 1}, {9, 0}};
    SpecArrivals spec = {.kind = ARRIVE_FILE, .at = list, .at_count = 3, .count = 2};
    Arrivals arrivals = process(mem, &spec, TIME_NEVER);
    Time at;
    int32_t handler;
    ck_assert(arrivals_next(&arrivals, &at, &handler) && at == 5 && handler == -1);
    ck_assert(arrivals_next(&arrivals, &at, &handler) && at == 5 && handler == 1);
    ck_assert(!arrivals_next(&arrivals, &at, &handler)); /* count */
    mem_delete(mem);
}
END_TEST

START_TEST(gaps_and_bursts)
{
    Mem *mem = mem_new(1 << 20);
    SpecArrivals gaps = {.kind = ARRIVE_INTERARRIVAL, .interarrival = dist_constant(mem, 7)};
    Arrivals arrivals = process(mem, &gaps, 30);
    Time at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 4); /* 7, 14, 21, 28 */
    SpecArrivals bursts = {.kind = ARRIVE_BURSTS, .burst_every = dist_constant(mem, 10), .burst_size = {.fixed = 3}};
    arrivals = process(mem, &bursts, 35);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, 11), 3);
    ck_assert_int_eq(at, 20);
    arrivals = process(mem, &bursts, 35);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 9);
    bursts.burst_size = (SpecCount){.geometric_mean = 4};
    arrivals = process(mem, &bursts, 100005);
    at = 0;
    int64_t count = count_until(&arrivals, &at, TIME_NEVER); /* 10000 bursts, sd of each sqrt(12) */
    ck_assert_int_gt(count, 40000 - 4 * 347);
    ck_assert_int_lt(count, 40000 + 4 * 347);
    mem_delete(mem);
}
END_TEST

START_TEST(a_count_has_a_largest)
{
    SpecCount count = {.geometric_mean = 1e18}; /* 1 - 1/mean is 1 */
    for (uint64_t i = 0; i < 100; i++)
        ck_assert_uint_eq(draw_count(&count, draw_at(1, i, 0, DRAW_REQUESTS)), UINT64_C(1000000000000000));
}
END_TEST

START_TEST(modulated_follows_its_phases)
{
    Mem *mem = mem_new(1 << 20);
    const SpecRatePhase phases[] = {{2e6, dist_constant(mem, 10 * TIME_MS)},
                                    {0, dist_constant(mem, 5 * TIME_MS)},
                                    {5e5, dist_constant(mem, 5 * TIME_MS)}};
    SpecArrivals spec = {.kind = ARRIVE_MODULATED, .phases = phases, .phase_count = 3};
    Arrivals arrivals = process(mem, &spec, 100 * TIME_MS);
    Time at = 0;
    int64_t on = count_until(&arrivals, &at, 10 * TIME_MS), off = 0, low;
    ck_assert_int_gt(on, 20000 - 4 * 142);
    ck_assert_int_lt(on, 20000 + 4 * 142);
    off = at < 15 * TIME_MS;
    ck_assert_int_eq(off, 0);
    low = count_until(&arrivals, &at, 20 * TIME_MS);
    ck_assert_int_gt(low, 2500 - 4 * 50);
    ck_assert_int_lt(low, 2500 + 4 * 50);
    int64_t rest = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(rest, 4 * 22500 - 4 * 300);
    ck_assert_int_lt(rest, 4 * 22500 + 4 * 300);
    const SpecRatePhase never[] = {{0, dist_constant(mem, 1)}};
    spec.phases = never;
    spec.phase_count = 1;
    arrivals = process(mem, &spec, TIME_NEVER);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 0);
    mem_delete(mem);
}
END_TEST

START_TEST(stages_ramp)
{
    Mem *mem = mem_new(1 << 20);
    const SpecStage stages[] = {{TIME_S, 20000}, {TIME_S, 20000}, {0, 40000}, {TIME_S, 0}};
    SpecArrivals spec = {.kind = ARRIVE_STAGES, .stages = stages, .stage_count = 4};
    Arrivals arrivals = process(mem, &spec, TIME_NEVER);
    Time at = 0;
    static const struct {
        Time until;
        double expected;
    } part[] = {
        {TIME_S / 2, 2500}, {TIME_S, 7500}, {2 * TIME_S, 20000}, {2 * TIME_S + TIME_S / 2, 15000}, {TIME_NEVER, 5000}};
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        double count = (double)count_until(&arrivals, &at, part[i].until) + (i > 0);
        ck_assert_double_lt(fabs(count - part[i].expected), 4 * sqrt(part[i].expected) + 2);
    }
    mem_delete(mem);
}
END_TEST

/* Phases and stages much shorter than the gaps: what was expected of one and did not come is not expected of the next
 * again. */
START_TEST(gaps_reach_over_phases_and_stages)
{
    Mem *mem = mem_new(1 << 20);
    const SpecRatePhase phases[] = {{1e5, dist_constant(mem, TIME_US)}};
    SpecArrivals modulated = {.kind = ARRIVE_MODULATED, .phases = phases, .phase_count = 1};
    Arrivals arrivals = process(mem, &modulated, 100 * TIME_MS);
    Time at = 0;
    int64_t count = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(count, 10000 - 400);
    ck_assert_int_lt(count, 10000 + 400);
    SpecStage stages[401] = {{0, 1e4}};
    for (int i = 1; i <= 400; i++)
        stages[i] = (SpecStage){50 * TIME_US, 1e4};
    SpecArrivals staged = {.kind = ARRIVE_STAGES, .stages = stages, .stage_count = 401};
    arrivals = process(mem, &staged, TIME_NEVER);
    at = 0;
    count = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(count, 200 - 56);
    ck_assert_int_lt(count, 200 + 56);
    mem_delete(mem);
}
END_TEST

Suite *arrivals_suite(void);
Suite *arrivals_suite(void)
{
    Suite *suite = suite_create("arrivals");
    TCase *tests = tcase_create("arrivals");
    tcase_add_test(tests, poisson_has_its_rate_and_ends_in_time);
    tcase_add_test(tests, files_name_handlers);
    tcase_add_test(tests, gaps_and_bursts);
    tcase_add_test(tests, a_count_has_a_largest);
    tcase_add_test(tests, modulated_follows_its_phases);
    tcase_add_test(tests, stages_ramp);
    tcase_add_test(tests, gaps_reach_over_phases_and_stages);
    suite_add_tcase(suite, tests);
    return suite;
}
