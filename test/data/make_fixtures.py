"""Writes test/fixtures/data: label files as SciPy writes them, in the form that SBD and Pascal Context publish.

    apt-get install --no-install-recommends python3-scipy
    /usr/bin/python3 test/data/make_fixtures.py

Made with Debian 12's SciPy 1.10.1. Every label follows from its row and column, see labels(); the tests compute the same.
polygons.json is not made here: it holds what the functions rleFrPoly and rleToString of COCO's own mask API (maskApi.c,
version 2.0, cocodataset/cocoapi at 28dffd92), retyped from the published source and compiled, return for random polygons: [height, width, polygon, string of runs].
"""

import os

import numpy as np
from scipy.io import savemat
from scipy.sparse import csc_matrix

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "data")


def labels(classes):
    row, column = np.mgrid[0:13, 0:17]
    return (row * 7 + column * 3) % classes


def sbd():
    segmentation = labels(21).astype(np.uint8)
    boundaries = np.empty((20, 1), dtype=object)
    for i in range(20):
        boundaries[i, 0] = csc_matrix(segmentation == i + 1)
    present = np.unique(segmentation[segmentation > 0]).reshape(-1, 1)
    return {"GTcls": {"Boundaries": boundaries, "Segmentation": segmentation, "CategoriesPresent": present}}


for name, variables, compress in [
    ("sbd.mat", sbd(), True),
    ("sbd.plain.mat", sbd(), False),
    ("context.mat", {"LabelMap": labels(460).astype(np.uint16)}, True),
    ("context.double.mat", {"other": np.eye(3), "LabelMap": labels(460).astype(np.float64)}, False),
]:
    savemat(os.path.join(folder, name), variables, do_compression=compress, oned_as="column")
