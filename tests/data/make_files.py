"""Writes the files in tests/data/files/ that other programs must have written: see tests/data/README.md.

usage: make_files.py FOLDER [FORMAT]...        formats: npy npz mat hdf5 csv svm images
"""
import os
import sys

import numpy as np

folder, formats = sys.argv[1], sys.argv[2:]


def path(name):
    return os.path.join(folder, name)


def make_npy():
    cube = np.arange(24).reshape(4, 3, 2)
    np.save(path("cube_f8.npy"), cube / 4.0)
    np.save(path("cube_f8_fortran.npy"), np.asfortranarray(cube / 4.0))
    np.save(path("cube_i2_big.npy"), (cube - 12).astype(">i2"))
    np.save(path("half.npy"), np.array([0, -0.0, 1, 1 / 3, 65504, 6e-8, np.inf, np.nan], "<f2"))
    np.save(path("names.npy"), np.array(["cat", "äpfel", "", "cat", "bird 東"]))
    np.save(path("bytes.npy"), np.array([b"cat", b"dog", b"", b"cat"]))
    with open(path("version3.npy"), "wb") as file:
        np.lib.format.write_array(file, np.array([True, False, True]), version=(3, 0))
    with open(path("version2.npy"), "wb") as file:
        np.lib.format.write_array(file, np.array([2**63, 2**64 - 1], "u8"), version=(2, 0))
    np.save(path("complex.npy"), np.array([1 + 2j]))
    np.save(path("records.npy"), np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]))


def make_npz():
    arrays = {}
    for kind in "u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8".split():
        arrays[kind] = (np.arange(6).reshape(3, 2) * 3 - (0 if kind[0] == "u" else 7)).astype("<" + kind)
    arrays["flag"] = np.array([True, False, True])
    arrays["label"] = np.array(["b", "a", "b"])
    np.savez(path("types.npz"), **arrays)
    np.savez_compressed(path("deflated.npz"), x=np.arange(1200, dtype=">f8").reshape(300, 4),
                        objects=np.array([None, 1], dtype=object), scalar=np.float32(0.1))


def make_csv():
    import pandas

    frame = pandas.DataFrame({"x": [1 / 3, None, 1e-300], "kind": ["a, b", 'say "hi"', None], "n": [1, 2, 3],
                              "ok": [True, False, True]})
    frame.to_csv(path("pandas.csv"))
    numbers = pandas.DataFrame([[0.1, 1.5, 2.5, 0.3], [-0.5, 1e9, 0, 0.7]])
    numbers.to_csv(path("pandas.tsv.gz"), sep="\t", index=False, compression={"method": "gzip", "mtime": 0})
    np.savetxt(path("savetxt.txt"), [[1, 0.1], [2, 1 / 3]], header="two columns")


for name in formats or [name[5:] for name in globals().copy() if name.startswith("make_")]:
    globals()["make_" + name]()
