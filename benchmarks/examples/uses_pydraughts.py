"""A workload of pydraughts: games of chance, written and read again."""

import random

from draughts import Board

dice = random.Random(8)
for variant in ("standard", "english", "russian", "frisian"):
    for _ in range(4):
        board = Board(variant=variant, fen="startpos")
        while not board.is_over() and len(board.move_stack) < 70:
            board.push(dice.choice(board.legal_moves()))
        print(variant, len(board.move_stack), board.winner(), board.fen)
