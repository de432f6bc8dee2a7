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
