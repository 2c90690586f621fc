"""Plays, writes and reads games of chess."""

import io
import random

import chess
import chess.pgn
import chess.svg

random.seed(7)
games = []
for _ in range(60):
    board = chess.Board()
    game = chess.pgn.Game()
    node = game
    while not board.is_game_over(claim_draw=False) and board.fullmove_number < 60:
        move = random.choice(list(board.legal_moves))
        board.san(move)
        board.push(move)
        node = node.add_variation(move)
    games.append(str(game))
read = chess.pgn.read_game(io.StringIO(games[0]))
assert read is not None
wide = chess.pgn.Game()
for move in chess.Board().legal_moves:
    wide.add_variation(move)
print(len(chess.svg.board(read.end().board())), sum(map(len, games)))
