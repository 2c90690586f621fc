"""A workload of pyfastaq: contigs are read, filtered, cut, renamed and merged."""

import os
import random
import tempfile

from pyfastaq import intervals, tasks

dice = random.Random(40)
with tempfile.TemporaryDirectory() as folder:
    one, two, out = (os.path.join(folder, name) for name in ("one.fa", "two.fa", "out.fa"))
    with open(one, "w") as file:
        for number in range(1_200):
            file.write(
                f">contig{number}\n{''.join(dice.choices('ACGTN', [9, 9, 9, 9, 1], k=dice.randint(60, 900)))}\n"
            )
    with open(two, "w") as file:
        for number in range(300):
            file.write(f">other{number}\n{''.join(dice.choices('ACGT', k=200))}\n")
    names = os.path.join(folder, "names")
    with open(names, "w") as file:
        file.write("\n".join(f"contig{number}" for number in range(0, 1_200, 3)) + "\n")
    tasks.filter(one, out, ids_file=names, minlength=100)
    tasks.reverse_complement(one, out)
    tasks.translate(two, out)
    tasks.trim_Ns_at_end(one, out)
    tasks.enumerate_names(one, out, rename_file=os.path.join(folder, "renames"))
    tasks.merge_to_one_seq(two, out)
    tasks.sort_by_size(one, out)
    tasks.to_unique_by_id(one, out)
    tasks.make_random_contigs(200, 300, out, seed=3)
    kept = {}
    tasks.file_to_dict(one, kept)
    gaps = sum(len(one.gaps()) for one in kept.values())
    orfs = sum(len(seq.all_orfs(min_length=60)) for seq in list(kept.values())[:150])
    parts = [
        intervals.Interval(start, start + dice.randint(1, 60))
        for start in (dice.randrange(50_000) for _ in range(2_000))
    ]
    intervals.merge_overlapping_in_list(parts)
    intervals.remove_contained_in_list(parts)
    print(len(kept), gaps, orfs, len(parts))
