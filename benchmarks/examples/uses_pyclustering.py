"""A workload of pyclustering: points in dense groups, found by DBSCAN and told by label."""

import random

from pyclustering.cluster.dbscan import dbscan
from pyclustering.cluster.encoder import cluster_encoder, type_encoding

dice = random.Random(37)
points = [[dice.gauss(centre, 0.3), dice.gauss(centre, 0.3)] for centre in (0, 6, 12) for _ in range(450)]
found = dbscan(points, 0.5, 4, ccore=False)
found.process()
encoder = cluster_encoder(found.get_cluster_encoding(), found.get_clusters(), points)
encoder.set_encoding(type_encoding.CLUSTER_OBJECT_LIST_SEPARATION)
encoder.set_encoding(type_encoding.CLUSTER_INDEX_LABELING)
print(len(found.get_clusters()), len(encoder.get_clusters()))
