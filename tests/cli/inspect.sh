#!/bin/sh
# crlc --inspect: what is in a file of arrays, and the lines of a model that read it.
. "${srcdir:-.}/tests/cli/cli.sh"

# same NAME: what was printed is what this script's input says.
same() {
  cat >"$work/expected"
  diff "$work/expected" "$work/out" >"$work/difference" || cat "$work/difference"
  pass_if "$1" test ! -s "$work/difference"
}

cp "$srcdir"/tests/data/files/pandas.csv "$srcdir"/tests/data/files/complex.npy "$work"
expect 0 "" --inspect pandas.csv
same "a table" <<'END'
pandas.csv: CSV

entry    rows  of shape  type  range or classes               missing
column1  3     []        i64   0 to 2
x        3     []        f64   1e-300 to 0.333333             1
kind     3     []        text  2 classes: 'a, b', 'say "hi"'  1
n        3     []        i64   1 to 3
ok       3     []        text  2 classes: 'False', 'True'

data d = table(
  column1 = file("pandas.csv").column1,
  x = file("pandas.csv").x,
  kind = file("pandas.csv").kind,
  n = file("pandas.csv").n,
  ok = file("pandas.csv").ok)
END

expect 0 "" --inspect complex.npy
same "what cannot be read" <<'END'
complex.npy: NumPy array

entry    rows  of shape  type  range or classes          missing
complex                        it holds complex numbers

END

printf 'a\tb\n1\t2\n3\tx\n' >"$work/f.txt"
expect 0 "" --inspect f.txt --header=no --delimiter='\t'
same "options" <<'END'
f.txt: CSV

entry    rows  of shape  type  range or classes                                                      missing
column1  3     []        text  3 classes: '1', '3', 'a' (it has numbers too; 'a' in line 1 is none)
column2  3     []        text  3 classes: '2', 'b', 'x' (it has numbers too; 'b' in line 1 is none)

data d = table(
  column1 = file("f.txt", header = false, delimiter = "\t").column1,
  column2 = file("f.txt", header = false, delimiter = "\t").column2)
END

printf '1 2 3\n4 5 6\n' >"$work/g.txt"
mkdir "$work/none"
expect 3 "cannot open 'none.npy'" --inspect none.npy
expect 3 "there is no PNG or JPEG file in it" --inspect none
expect 2 "'ab' is not a delimiter" --inspect f.txt --delimiter ab
expect 2 "--by takes 'rows' or 'columns', not 'lines'" --inspect f.txt --by lines
expect 2 "--by means nothing to" "$pair" --by rows
finish
