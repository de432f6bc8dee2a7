"""Writes the files in tests/data/files/ that other programs must have written: see tests/data/README.md.

usage: make_files.py FOLDER [FORMAT]...        formats: npy npz mat mat73 hdf5 csv svm images
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


def make_mat():
    import scipy.io
    import scipy.sparse

    views = np.empty((1, 2), dtype=object)
    views[0, 0] = np.arange(12.0).reshape(4, 3)
    views[0, 1] = np.arange(8, dtype="u2").reshape(4, 2)
    kinds = {kind: (np.arange(6).reshape(3, 2) * 3 - (0 if kind[0] == "u" else 7)).astype(kind)
             for kind in "u1 u2 u4 u8 i1 i2 i4 i8 f4 f8".split()}
    sparse = scipy.sparse.csc_matrix(([1.5, -2.0, 3.0], ([0, 3, 1], [0, 0, 2])), shape=(4, 3))
    names = np.array(["cat", "äpfel", "cat", "dog"], dtype=object)
    everything = {"X": views, "Y": np.array([[1], [2], [1], [3]], "u1"), "sparse": sparse, "names": names,
                  "flag": np.array([True, False, True, True]), "letters": np.array(["ab", "c ", "ab", "d "]),
                  "s": {"a": np.float32(0.1), "z": np.array([[1 + 2j]])}}
    scipy.io.savemat(path("kinds_v5.mat"), kinds, do_compression=True)
    scipy.io.savemat(path("views_v5.mat"), everything, do_compression=True)
    scipy.io.savemat(path("views_v5_plain.mat"), {"X": views, "Y": everything["Y"]})
    columns = {"X": np.arange(10.0).reshape(2, 5), "images": np.arange(40.0).reshape(2, 4, 5),
               "gt": np.arange(5.0).reshape(5, 1)}
    scipy.io.savemat(path("columns_v5.mat"), columns, do_compression=True)
    scipy.io.savemat(path("v4.mat"), {"x": np.arange(6.0).reshape(3, 2), "n": kinds["i2"], "sparse": sparse,
                                      "label": np.array(["ab", "c "])}, format="4")


def make_mat73():
    import h5py

    def text(value):  # as MATLAB writes it: with its zero byte
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(len(value) + 1)
        return kind, np.bytes_(value)

    def put(group, name, array, matlab_class):
        data = group.create_dataset(name, data=array)
        kind, value = text(matlab_class)
        h5py.h5a.create(data.id, b"MATLAB_class", kind, h5py.h5s.create(h5py.h5s.SCALAR)).write(np.array(value))
        return data

    with h5py.File(path("v73.mat"), "w", userblock_size=512, track_order=False) as file:
        refs = file.create_group("#refs#")
        first = put(refs, "a", np.arange(12.0).reshape(4, 3).T, "double")
        second = put(refs, "b", np.arange(8, dtype="u2").reshape(4, 2).T, "uint16")
        put(file, "X", np.array([[first.ref], [second.ref]], dtype=h5py.ref_dtype), "cell")
        put(file, "Y", np.array([[1, 2, 1, 3]], "u1"), "uint8")
        put(file, "cube", np.arange(24, dtype="f4").reshape(2, 3, 4).T, "single")
    header = b"MATLAB 7.3 MAT-file, by make_files.py".ljust(116) + bytes(8) + b"\0\2IM"
    with open(path("v73.mat"), "r+b") as file:
        file.write(header)


def make_svm():
    import sklearn.datasets

    x = np.array([[0.1, 0, -3, 0], [0, 0, 0, 0], [0, 1 / 3, 0, 1e-30]])
    sklearn.datasets.dump_svmlight_file(x, [1, -1, 2], path("from0.svm"))
    sklearn.datasets.dump_svmlight_file(x, [1, -1, 2], path("from1.svm"), zero_based=False, comment="three rows",
                                        query_id=[1, 1, 2])


def make_hdf5():
    import h5py

    with h5py.File(path("kinds.h5"), "w", libver=("v108", "v108")) as file:
        for kind in "u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8".split():
            numbers = np.arange(6).reshape(3, 2) * 3 - (0 if kind[0] == "u" else 7)
            file[kind] = numbers.astype((">" if kind in ("u2", "i4", "f2", "f8") else "<") + kind)
        file["flag"] = np.array([True, False, True])
    with h5py.File(path("groups.h5"), "w", libver=("v108", "v108")) as file:
        views = file.create_group("views")
        cube = np.arange(24.0).reshape(4, 3, 2)
        views.create_dataset("x", data=cube, chunks=(3, 2, 2), compression="gzip", shuffle=True)
        views["deep/label"] = ["cat", "äpfel", "cat", "dog"]
        views["fixed"] = np.array([b"a", b"bb", b"", b"a"])
        file["alias"] = h5py.SoftLink("/views/x")
        file["other"] = h5py.ExternalLink("other.h5", "/x")
        file["scalar"] = np.float32(0.1)
        file["pairs"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
        file["complex"] = np.array([1 + 2j])


def make_images():
    import io
    import tarfile

    from PIL import Image

    def encoded(pixels, kind, **options):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, kind, **options)
        return out.getvalue()

    def archive(name, mode, members):
        with tarfile.open(path(name), mode) as file:
            for member, contents in members:
                info = tarfile.TarInfo(member)
                info.size = len(contents)
                file.addfile(info, io.BytesIO(contents))

    def gradient(k):
        return (np.arange(3 * 2 * 3).reshape(3, 2, 3) * 5 + 10 * k).astype("u1")

    rows = ["train/dog/b", "train/cat/a", "train/cat/c", "test/cat/z"]
    images = [("animals/" + row + ".png", encoded(gradient(k), "PNG")) for k, row in enumerate(rows)]
    archive("animals.tar.xz", "w:xz", images + [("animals/README", b"made by make_files.py")])
    y, x = np.mgrid[0:20, 0:17]
    photo = np.stack([x * 9, y * 7, 255 - x * y], 2).astype("u1")
    jpeg = encoded(photo, "JPEG", quality=80)
    archive("photos.tar.gz", "w:gz", [("1.jpg", jpeg), ("2.JPEG", encoded(photo, "JPEG", quality=80, progressive=True))])
    np.save(path("photo.npy"), np.array(Image.open(io.BytesIO(jpeg))))  # as libjpeg decodes it elsewhere


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
