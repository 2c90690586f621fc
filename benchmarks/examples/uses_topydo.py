"""A workload of topydo: a large todo.txt is filtered, sorted, listed, and its tasks get dependencies."""

import random

from topydo.commands.AddCommand import AddCommand
from topydo.commands.DoCommand import DoCommand
from topydo.commands.ListCommand import ListCommand
from topydo.commands.ListProjectCommand import ListProjectCommand
from topydo.commands.PostponeCommand import PostponeCommand
from topydo.lib.TodoList import TodoList

dice = random.Random(12)
tasks = []
for number in range(2_400):
    text = f"({'ABCDE'[number % 5]}) 2024-0{1 + number % 9}-11 Task {number} of +project{number % 37} @place{number % 11}"
    text += f" due:2031-05-{1 + number % 28:02} t:2024-01-{1 + number % 28:02}"
    if number % 9 == 0:
        text += f" id:{1 + number // 9}"
    elif number % 3 == 0:
        text += f" p:{1 + number // 9}"
    tasks.append(text)
todos = TodoList(tasks)
said = []
for query in (["+project3"], ["@place2", "-project"], ["-x", "due:>today"], ["Task 1"]):
    ListCommand(query, todos, said.append, said.append).execute()
ListProjectCommand([], todos, said.append, said.append).execute()
for number in range(60):
    AddCommand(
        [f"Call back {number} +project{number} partof:{1 + number * 9}"], todos, said.append, said.append
    ).execute()
for number in range(2, 190, 9):
    PostponeCommand([str(number), "1w"], todos, said.append, said.append).execute()
    DoCommand([str(number + 1)], todos, said.append, said.append, lambda _: "n").execute()
print(len(said), sum(map(len, said)), len(list(todos)))
