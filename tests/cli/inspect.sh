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

# compiles FILE OPTION...: a model takes the printed lines as they are, and reads every column of the first table.
compiles() {
  expect 0 "" --inspect "$@"
  {
    echo "crl 1"
    sed -n '/^data /,$p' "$work/out"
    sed -n '/^data d = /,/)$/s/^  \([A-Za-z0-9_]*\) = .*/view of_\1 = d.\1/p' "$work/out" >"$work/views"
    cat "$work/views"
    echo 'param w = 1'
    sed -n 's/^view \([A-Za-z0-9_]*\) = .*/\1/p' "$work/views" | head -n 1 |
      sed 's/.*/minimize { l = w * mean(sq(flatten(&) else 0), [batch, 0]) }/'
    echo 'train { epochs 1  batch 1  optimizer sgd(lr = 0.1) }'
  } >"$work/lines.crl"
  pass_if "$1 has lines" test -s "$work/views"
  expect 0 "" lines.crl --data "$work"
}

cp -r "$srcdir"/tests/data/files "$work/files"
chmod -R u+w "$work/files"
names='wide.csv'
echo 'id,a b,a_b,c,d,e,f,g,h,kind' >"$work/wide.csv"
echo '1,2,3,4,5,6,7,8,9,x' >>"$work/wide.csv"
echo '2,3,4,5,6,7,8,9,1,y' >>"$work/wide.csv"
echo 'a b,a_b,"say ""x"""' >"$work/names.csv"
printf 'x,1,2\ny,2,3\n' >>"$work/names.csv"
for file in "$work"/files/*; do
  name=$(basename "$file")
  mv "$file" "$work/$name" 2>/dev/null
  (cd "$work" && "$crlc" --inspect "$name" 2>/dev/null) | grep -q '^data ' || continue
  compiles "$name"
  names="$names $name"
done
pass_if "files of every reader" test "$(echo "$names" | wc -w)" -ge 12
for name in .npy .npz .csv .mat .h5 .tar; do
  case $names in *"$name"*) pass_if "$name" true ;; *) pass_if "a file of $name" false ;; esac
done
compiles wide.csv
pass_if "numbers side by side" grep -qF 'x = columns(file("wide.csv"), "id", "h")' "$work/lines.crl"
compiles names.csv
pass_if "names that become alike" grep -qF 'a_b_2 = file("names.csv").a_b' "$work/lines.crl"
printf '1 2 3\n4 5 6\n' >"$work/g.txt"
compiles g.txt --header no
compiles columns_v5.mat --by columns
pass_if "the axis is said" grep -q 'by = "columns"' "$work/lines.crl"

mkdir "$work/none"
expect 3 "cannot open 'none.npy'" --inspect none.npy
expect 3 "there is no PNG or JPEG file in it" --inspect none
expect 2 "'ab' is not a delimiter" --inspect f.txt --delimiter ab
expect 2 "--by takes 'rows' or 'columns', not 'lines'" --inspect f.txt --by lines
expect 2 "--by means nothing to" "$pair" --by rows
finish
