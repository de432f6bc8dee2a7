#!/bin/sh
# What is wrong with a command line, and the actions on text.
. "${srcdir:-.}/tests/cli/cli.sh"

expect 2 "there is no option '--epoch'" "$pair" --epoch 3
expect 2 "did you mean '--epochs'?" "$pair" --epoch 3
expect 2 "no model file is given"
expect 2 "--epochs takes an integer from 1 to" "$pair" --train --epochs none
expect 2 "--epochs means nothing to --summary" "$pair" --epochs 3
expect 2 "--resume needs the directory" "$pair" --train --resume
expect 2 "names no format that can be written" "$pair" --compute h --out d --to h.txt
expect 2 "cannot write ONNX" "$pair" --export m.onnx --out d
expect 2 "there is no operation 'relo'" --ops relo
expect 2 "did you mean 'relu'?" --ops relo
expect 2 "there is no error 'E9999'" --explain E9999
expect 2 "there is no data set 'mnits'" --fetch mnits
expect 2 "did you mean 'mnist'?" --fetch mnits
expect 3 "none.crl" none.crl
pass_if "no run directory is made by a wrong command line" test ! -e "$work/runs"

expect 0 "" --help
pass_if "help lists options" grep -q -e '--log-every N' "$work/out"
expect 0 "" "$pair" --help
pass_if "a model's options" grep -q 'width' "$work/out"
expect 0 "" --version
pass_if "version" grep -Eq '^crlc [0-9]+\.' "$work/out"
expect 0 "" --ops
pass_if "operations" grep -q '^relu ' "$work/out"
expect 0 "" --ops conv2d
pass_if "one operation" grep -q 'stride' "$work/out"
code=$(cd "$srcdir" && grep -ohE '\bE[0-9]{4}\b' dsl/syntax/messages*.def | head -n 1)
expect 0 "" --explain "$code"
pass_if "an explanation" test -s "$work/out"

expect 0 "wrote 'mine.crl'" --new mine
expect 3 "'mine.crl' is there already" --new mine
expect 0 "" mine.crl
pass_if "the starter has a summary" grep -q 'left' "$work/out"
cp "$work/mine.crl" "$work/before"
expect 0 "" --fmt mine.crl
pass_if "the starter is formatted" cmp -s "$work/mine.crl" "$work/before"
printf 'crl 1\nview   x=1\nview y = = 2\n' >"$work/bad.crl"
expect 1 "bad.crl:3:" --fmt bad.crl
expect 1 "bad.crl:3:" bad.crl
expect 1 '"line"' bad.crl --message-format=json
expect 3 "absent.crl" --fmt absent.crl mine.crl

expect 0 "" "$pair" --summary --set width=9
pass_if "an option of the model" grep -q '9' "$work/out"
printf 'crl 1\ndata d = mnist\nview x = flatten(d.image)\nparam tied[784, 6] ~ normal(0, 0.1)\nminimize { a = mse((x @ tied) @ tied'"'"', x) }\ntrain { epochs 1  batch 10  optimizer adam() }\n' >"$work/own.crl"
expect 0 "" own.crl --summary
pass_if "a weight of the file itself" grep -Eq '^tied +param +\[784, 6\] +4,704$' "$work/out"
expect 2 "widht" "$pair" --set widht=9
expect 2 "crlc: --set has 'width' twice" "$pair" --set width=9 --set rate=1 --set width=8
expect 2 "crlc: --sweep has 'width' twice" "$pair" --train --sweep width=9 --sweep width=8
expect 2 "wid" "$pair" --variant wid
expect 0 "" "$pair" --variant wide
expect 0 "" "$pair" --graph
pass_if "a graph" grep -q '^digraph' "$work/out"
expect 0 "" "$pair" --graph=g.dot
pass_if "a graph in a file" grep -q '^digraph' "$work/g.dot"
expect 0 "" "$pair" --plan
pass_if "a plan" grep -q 'lower bound' "$work/out"
expect 0 "" "$pair" --gradcheck
pass_if "gradients" grep -q ', 0 wrong' "$work/out"
finish
