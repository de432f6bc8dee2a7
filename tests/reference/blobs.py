"""A made-up data set in MNIST's format: `python3 blobs.py DIR TRAIN TEST` makes DIR/mnist/ with so many images.

An image is three smooth blobs, two of them placed by its label and moved a little from image to image, the third
anywhere; both halves tell the label.  Everything is done in whole numbers, so that every machine makes the same
bytes, and the background is exactly zero, as MNIST's is: windows that tie and units that do not fire are common.
The standard library is enough.
"""
import os
import struct
import sys

SIDE, CLASSES = 28, 10
MASK = (1 << 64) - 1


def mix(key, number):
    """The mixer of SplitMix64 (Steele et al. 2014)."""
    z = (key + 0x9E3779B97F4A7C15 * (number + 1)) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def add_blob(image, row, column, radius, height):
    """Adds height (1 - d^2 / radius^2)^2 inside the radius."""
    r2 = radius * radius
    for i in range(max(0, row - radius), min(SIDE, row + radius + 1)):
        for j in range(max(0, column - radius), min(SIDE, column + radius + 1)):
            inside = r2 - (i - row) ** 2 - (j - column) ** 2
            if inside > 0:
                at = i * SIDE + j
                image[at] = min(255, image[at] + height * inside * inside // (r2 * r2))


def make_image(split, number):
    label = mix(mix(1, split), number) % CLASSES
    image = bytearray(SIDE * SIDE)
    draws = (mix(mix(mix(2, split), number), k) for k in range(16))
    for side in range(2):
        place = mix(mix(3, side), label)
        row = 5 + place % 18 + next(draws) % 5 - 2
        column = 14 * side + 3 + (place >> 16) % 8 + next(draws) % 3 - 1
        add_blob(image, row, column, 4 + next(draws) % 4, 150 + next(draws) % 106)
    add_blob(image, next(draws) % SIDE, next(draws) % SIDE, 3 + next(draws) % 3, 60 + next(draws) % 60)
    return label, image


def make_split(split, rows):
    """(labels, pixels) of a split: 0 to train on, 1 to test on."""
    made = [make_image(split, number) for number in range(rows)]
    return bytes(label for label, _ in made), b"".join(image for _, image in made)


def write(folder, train, test):
    os.makedirs(folder, exist_ok=True)
    for split, (name, rows) in enumerate([("train", train), ("t10k", test)]):
        labels, pixels = make_split(split, rows)
        with open(os.path.join(folder, name + "-labels-idx1-ubyte"), "wb") as file:
            file.write(struct.pack(">II", 0x801, rows) + labels)
        with open(os.path.join(folder, name + "-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">IIII", 0x803, rows, SIDE, SIDE) + pixels)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: blobs.py DIR TRAIN TEST")
    write(os.path.join(sys.argv[1], "mnist"), int(sys.argv[2]), int(sys.argv[3]))
