"""A workload of python-gantt: a plan of many tasks, people and holidays is drawn."""

import datetime
import os
import tempfile

import gantt

start = datetime.date(2024, 1, 2)
for week in range(6):
    gantt.add_vacations(start + datetime.timedelta(days=30 * week))
people = [gantt.Resource(f"P{n}") for n in range(8)]
for n, one in enumerate(people):
    one.add_vacations(
        dfrom=start + datetime.timedelta(days=20 * n), dto=start + datetime.timedelta(days=20 * n + 6)
    )
project, tasks = gantt.Project(name="House"), []
for n in range(280):
    after = tasks[n - 4] if n > 4 else None
    tasks.append(
        gantt.Task(
            name=f"task {n}",
            start=start,
            duration=3 + n % 5,
            resources=[people[n % 8]],
            depends_of=after,
            percent_done=n % 100,
        )
    )
for part in range(7):
    inner = gantt.Project(name=f"Part {part}")
    for task in tasks[part * 40 : part * 40 + 40]:
        inner.add_task(task)
    project.add_task(inner)
with tempfile.TemporaryDirectory() as folder:
    drawn = os.path.join(folder, "plan.svg")
    project.make_svg_for_tasks(filename=drawn, today=start, start=start, end=start + datetime.timedelta(days=400))
    project.make_svg_for_resources(
        filename=drawn, today=start, start=start, end=start + datetime.timedelta(days=400), resources=people
    )
    print(os.path.getsize(drawn) > 0, len(project.get_tasks()), project.end_date())
