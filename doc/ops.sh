#!/bin/sh
# usage: doc/ops.sh CRLC >doc/ops.md
# The reference of the operations of the graph, as `crlc --ops` describes them.  A test compares its output with the file.
set -eu
crlc=$1

cat <<'END'
# Operations

<!-- made by doc/ops.sh from `crlc --ops`, which comes from runtime/op/ops.def: edit that -->

What the compiler makes of a model file: the nodes that `--graph` draws and `--plan` places. A model file does not name
them; `library.md` has the functions that make them. `i0`, `i1`, ... and `f0` are a node's settings. An operation of class
*leaf* has no inputs, *elementwise* computes an expression of corresponding elements, *view* does no work, *kernel* has
a kernel of its own.

| operation | what it is | class |
|---|---|---|
END
"$crlc" --ops | while read -r name doc; do
  "$crlc" --ops "$name" | awk -v name="$name" '
    NR == 2 { doc = $0; sub(/^ */, "", doc); gsub(/\|/, "\\|", doc) }
    NR == 3 { class = $0; sub(/^ */, "", class) }
    END { print "| `" name "` | " doc " | " class " |" }'
done
