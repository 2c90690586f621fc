"""A workload of raccoon: prices of a year in a data frame, by row, by cell and by slices."""

import random

import raccoon as rc

dice = random.Random(16)
days = [f"2024-{1 + number // 28:02}-{1 + number % 28:02}" for number in range(330)]
frame = rc.DataFrame(columns=["open", "close", "volume"], index_name="day", sort=True)
for day in dice.sample(days, len(days)):
    frame.set_row(day, {"open": dice.random(), "close": dice.random(), "volume": dice.randint(1, 9_000)})
plain = rc.DataFrame({"a": [], "b": []}, sort=False)
for number in range(6_000):
    plain.append_row(f"row {number}", {"a": number, "b": number * 2})
for number in range(0, 6_000, 2):
    plain.set_cell(f"row {number}", "b", plain.get_cell(f"row {number}", "a") + 1)
total = 0
for day in days:
    total += frame.get_cell(day, "volume")
chosen = frame.get_rows(days[50:250:2], "close", as_list=True)
part = frame[days[40] : days[200]]
plain.delete_rows([f"row {number}" for number in range(0, 6_000, 5)])
odd = plain.get_matrix([f"row {number}" for number in range(1, 5_900, 10)], ["a", "b"])
plain.sort_columns("b", reverse=True)
inside = plain.isin("a", list(range(0, 6_000, 3)))
print(total > 0, len(chosen), len(part), len(plain), len(odd), sum(inside))
