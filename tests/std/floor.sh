#!/bin/sh
# The products of a step of CorrMCNN are as few as can be: `--plan` counts what is worked out here by hand.
#
# Million multiply-adds of one row, forward (layers as in the model's table, both views alike):
#   conv1 26 12 9 128, conv2 11 4 9 128 64, dense1 640 500: once a view, although three codes read it; a view of zeros is
#   the same for all rows
#   dense2 500 300: twice a view, since dropout draws on a view of zeros too
#   joint 300 50: for three codes; decoders 50 294 and 26 12 3 9: of two views from three codes
# and each once more for its weights and once more for its input, but for conv1, whose input is data.  Two operations each.
# Once a step, for the views of zeros: conv2 and dense1, forward, by weights and by input.
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.} batch=100
"$builddir/crlc" "$srcdir/models/corrmcnn.crl" --plan --batch $batch | awk -v batch=$batch '
  $3 ~ /^(conv2d|matmul)/ { # number, node, operation, [shape], bytes, million operations
    sub(/^.*\]  +[0-9]+ +/, "")
    counted += $1
  }
  END {
    view = 2 * (26 * 12 * 9 * 128 + 11 * 4 * 9 * 128 * 64 + 640 * 500 + 2 * 500 * 300)
    forward = view + 3 * 300 * 50 + 6 * (50 * 294 + 26 * 12 * 3 * 9)
    zeros = 2 * 3 * (11 * 4 * 9 * 128 * 64 + 640 * 500)
    floor = 2e-6 * (batch * (3 * forward - 2 * 26 * 12 * 9 * 128) + zeros)
    good = counted > 0.999 * floor && counted < 1.001 * floor
    if (!good) printf "FAIL products of a step: %.2f million operations, by hand %.2f\n", counted, floor
    printf "%d passed, %d failed\n", good, !good
    exit !good
  }'
