"""A workload of canmatrix: two versions of a bus description are built, written, read, compared and merged."""

import io
import random

import canmatrix
import canmatrix.compare
import canmatrix.copy
import canmatrix.formats

dice = random.Random(24)


def bus(changed: bool) -> canmatrix.CanMatrix:
    """The description of a bus; changed: its later version."""
    matrix = canmatrix.CanMatrix()
    for number in range(25):
        matrix.add_ecu(canmatrix.Ecu(f"Ecu{number}"))
    for number in range(300):
        frame = canmatrix.Frame(
            f"Frame{number}",
            arbitration_id=canmatrix.ArbitrationId(0x100 + number),
            size=8,
            cycle_time=10 + number % 7,
        )
        frame.add_transmitter(f"Ecu{number % 25}")
        for part in range(8):
            signal = canmatrix.Signal(
                f"Signal{number}_{part}", start_bit=part * 8, size=8, is_little_endian=True, is_signed=False
            )
            for receiver in range(3):
                signal.add_receiver(f"Ecu{(number + part + receiver + 1) % 25}")
            signal.add_values(0, "off")
            signal.add_values(1, "on" if not changed or number % 9 else "active")
            frame.add_signal(signal)
        matrix.add_frame(frame)
    matrix.add_frame_defines("Priority", "INT 0 9")
    return matrix


one, two = bus(False), bus(True)
file = io.BytesIO()
canmatrix.formats.dump(one, file, "dbc")
file.seek(0)
again = canmatrix.formats.load(file, "dbc")[""]
found = canmatrix.compare.compare_db(one, two)
target = canmatrix.CanMatrix()
for number in range(0, 300, 3):
    canmatrix.copy.copy_frame(canmatrix.ArbitrationId(0x100 + number), one, target)
for number in range(0, 25, 4):
    target.rename_ecu(f"Ecu{number}", f"Unit{number}")
target.del_ecu("Ecu3")
target.delete_obsolete_ecus()
one.recalc_dlc("max")
one.update_ecu_list()
print(len(again.frames), len(found.children), len(target.frames), len(one.ecus))
