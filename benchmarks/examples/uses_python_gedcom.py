"""A workload of python-gedcom: a family tree of many generations is read and asked."""

import random
import tempfile
from pathlib import Path

from gedcom.element.family import FamilyElement
from gedcom.element.individual import IndividualElement
from gedcom.parser import Parser

dice = random.Random(9)
lines, families, children = ["0 HEAD", "1 GEDC", "2 VERS 5.5"], [], {}
people = 3_000
for family in range(1_450):
    father, mother = family * 2, family * 2 + 1
    kids = [one for one in range(family * 2 + 40, family * 2 + 42) if one < people]
    families.append((family, father, mother, kids))
    for kid in kids:
        children[kid] = family
spouse = {one: family for family, father, mother, _ in families for one in (father, mother)}
for one in range(people):
    lines += [f"0 @I{one}@ INDI", f"1 NAME Given{one % 90} /Family{one % 41}/", f"1 SEX {'MF'[one % 2]}", "1 BIRT"]
    lines += [f"2 DATE {dice.randrange(1, 28)} MAY {1600 + one // 3}", f"2 PLAC Town {one % 77}", "1 OCCU baker"]
    lines += [f"1 FAMS @F{spouse[one]}@"] if one in spouse else []
    lines += [f"1 FAMC @F{children[one]}@"] if one in children else []
for family, father, mother, kids in families:
    lines += [
        f"0 @F{family}@ FAM",
        f"1 HUSB @I{father}@",
        f"1 WIFE @I{mother}@",
        *(f"1 CHIL @I{kid}@" for kid in kids),
    ]
    lines += ["1 MARR", f"2 DATE {1625 + family // 3}"]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "tree.ged"
    path.write_text("\n".join([*lines, "0 TRLR"]) + "\n", "utf-8")
    parser = Parser()
    parser.parse_file(str(path))
persons = [one for one in parser.get_root_child_elements() if isinstance(one, IndividualElement)]
tall = [one for one in persons if one.surname_match("Family7") and one.birth_range_match(1600, 1800)]
married = sum(len(parser.get_marriage_years(person)) for person in persons)
ancestors = sum(len(parser.get_ancestors(person)) for person in persons[:300])
family = sum(
    len(parser.get_family_members(one))
    for one in parser.get_root_child_elements()
    if isinstance(one, FamilyElement)
)
path_up = parser.find_path_to_ancestor(persons[170], persons[2])
text = parser.get_root_element().to_gedcom_string(recursive=True)
print(len(persons), len(tall), married, ancestors, family, path_up and len(path_up), len(text))
