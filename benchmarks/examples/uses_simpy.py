"""A workload of simpy: a shop of machines, repairmen and a store of parts that are asked for by kind."""

import random

import simpy

dice = random.Random(7)


def customer(env, desk, parts, done):
    """Waits for a clerk, then for a part of the wanted kind."""
    yield env.timeout(dice.expovariate(0.005))
    with desk.request(priority=dice.randrange(4)) as turn:
        result = yield turn | env.timeout(900)
        if turn not in result:
            return
        yield env.timeout(dice.expovariate(2))
    wanted = dice.randrange(40)
    part = yield parts.get(lambda one: one["kind"] == wanted)
    done.append((env.now, part["number"]))


def delivery(env, parts):
    """Brings a part each minute."""
    for number in range(5_000):
        yield env.timeout(0.2)
        yield parts.put({"number": number, "kind": dice.randrange(40)})


env = simpy.Environment()
desk, parts, done = simpy.PriorityResource(env, capacity=3), simpy.FilterStore(env), []
for _ in range(3_000):
    env.process(customer(env, desk, parts, done))
env.process(delivery(env, parts))
env.run(until=3_000)
print(len(done), len(parts.items), done[-1])
