#!/bin/sh
# usage: doc/ops.sh CRLC >doc/ops.md
# The reference of the operations of the graph, as `crlc --ops` describes them.  A test compares its output with the file.
set -eu
crlc=$1

cat <<'END'
# Operations

<!-- made by doc/ops.sh from `crlc --ops`, which comes from runtime/op/ops.def: edit that -->

What the compiler makes of a model file: the nodes that `--graph` draws and `--plan` places. A model file does not name
them; `library.md` has the functions that make them. Settings belong to a node; where `channels` is 1, images come as
[h, w, c] instead of [c, h, w]. An operation of class *leaf* has no inputs, *elementwise* computes an expression of
corresponding elements, *view* does no work, *kernel* has a kernel of its own.

A convolution whose setting `winograd` is 1 is carried out by Winograd's F(4 x 4, 3 x 3) (Lavin and Gray 2016, section 4),
which multiplies 36 times for each 4 x 4 elements of the result instead of 144. `--graph` and `--plan` show which do, and
`--winograd off` has none. They are those by filters of 3 x 3 without strides, dilations and groups, with at least 32
channels and filters, of which the product is at most 65536, and results that leave little of the tiles of 4 x 4 empty; a
gradient of filters also sums over rows and has more than one tile in each. The operations that `--plan` and `--profile`
count remain those of the sum as it is defined.

It rounds more. Of normal numbers, on the shape of `conv2` of `corrmcnn.crl` (64 filters on [128, 13, 6]) and 100 rows,
errors against the same in double, relative to the root mean square of what is right, are

| | root mean square | largest | without: root mean square | largest |
|---|---|---|---|---|
| `conv2d` | 2.1e-6 | 4.3e-5 | 6.1e-7 | 6.5e-6 |
| `conv2d_input` | 1.6e-6 | 3.2e-5 | 1.6e-7 | 1.3e-6 |
| `conv2d_weights` | 1.1e-6 | 1.0e-5 | 2.1e-7 | 1.0e-6 |

A test holds them to 4e-6 and 8e-5 (`tests/op/check_winograd`, which prints these with `measure`). A number that is not
finite, or a patch whose sums leave the range of single precision, makes all of a tile of 4 x 4 so, not only the elements
that its windows meet; never another row.

| operation | what it is | settings | class |
|---|---|---|---|
END
"$crlc" --ops | while read -r name doc; do
  "$crlc" --ops "$name" | awk -v name="$name" '
    NR == 2 { doc = $0; sub(/^ */, "", doc); gsub(/\|/, "\\|", doc) }
    NR == 3 { class = $0; sub(/^ */, "", class) }
    /^  settings: / { settings = $0; sub(/^ *settings: /, "", settings) }
    END { print "| `" name "` | " doc " | " settings " | " class " |" }'
done
