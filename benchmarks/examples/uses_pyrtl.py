"""A workload of PyRTL: a small circuit is built, made of gates, optimised and simulated."""

import pyrtl

a, b = pyrtl.Input(24, "a"), pyrtl.Input(24, "b")
total = pyrtl.Register(48, "total")
product = pyrtl.Output(48, "product")
table = pyrtl.MemBlock(bitwidth=24, addrwidth=5, name="table")
read = table[a[:5]]
table[b[:5]] <<= pyrtl.MemBlock.EnabledWrite(a, enable=b[0])
total.next <<= (total + a * b + read).truncate(48)
product <<= pyrtl.select(a > b, total, total ^ a)
pyrtl.synthesize()
pyrtl.optimize()
block = pyrtl.working_block()
print(len(block.logic), len(block.wirevector_set), pyrtl.TimingAnalysis().max_length())
simulation = pyrtl.Simulation()
for step in range(90):
    simulation.step({"a": step * 977 % 2**24, "b": step * 1_313 % 2**24})
print(simulation.inspect("product"))
