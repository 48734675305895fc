"""peer_simpy: the M/M/1 queue of bench/mm1.json in SimPy, load 0.9: a process a customer, a Resource of one place.
Prints the mean time in the system and ns of user and system time a customer. It measures; it is no part of loopsim.

python3 bench/peer_simpy.py [CUSTOMERS]"""
import random
import sys
import time

import simpy


def customer(env, server, service, times):
    arrived = env.now
    with server.request() as turn:
        yield turn
        yield env.timeout(service)
    times.append(env.now - arrived)


def arrivals(env, server, count, times):
    draw = random.Random(1)
    for _ in range(count):
        yield env.timeout(draw.expovariate(0.9))
        env.process(customer(env, server, draw.expovariate(1.0), times))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
    env, times = simpy.Environment(), []
    begun = time.process_time()
    env.process(arrivals(env, simpy.Resource(env, capacity=1), count, times))
    env.run()
    spent = time.process_time() - begun
    print(f"SimPy {simpy.__version__}: {spent / count * 1e9:.0f} ns a customer (mean time in the system "
          f"{sum(times) / len(times):.2f})")


main()
