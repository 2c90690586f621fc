"""A workload of simplekml: a map on which each place has a style of its own."""

import simplekml

kml = simplekml.Kml()
for number in range(1_500):
    point = kml.newpoint(name=f"place {number}", coords=[(number % 180, number % 90)])
    point.style.labelstyle.color = simplekml.Color.changealphaint(number % 255, simplekml.Color.red)
    point.style.iconstyle.scale = 1 + number % 5
print(len(kml.kml()) > 0)
