#!/bin/sh
# Finished runs side by side: their figures, and what makes them unlike each other.
. "${srcdir:-.}/tests/cli/cli.sh"
command -v python3 >/dev/null || { echo "python3 is not there, which reads the tables"; exit 77; }
"$builddir/tests/cli/make_digits" "$work/data" 200 60 || exit 1
"$builddir/tests/cli/make_digits" "$work/less" 200 40 || exit 1
check() { (cd "$work" && python3 "$srcdir/tests/cli/experiment.py" compare "$@"); }

expect 0 "" "$pair" --train --seeds 3 --epochs 1 --out seeds --quiet --data data
expect 0 "" "$pair" --train --epochs 1 --out one_1 --quiet --data data --seed 4
expect 0 "" --compare one_1 seeds/ --to table.csv
pass_if "the figures" check table.csv one_1 seeds
pass_if "how many runs" grep -q '^metric  *split  *chance  *one_1  *seeds (3)$' "$work/out"
pass_if "mean and deviation" grep -q '^correlation.sum  *test  *.*[0-9] of 8  *[-0-9.]* ± [0-9.]* of 8$' "$work/out"
pass_if "nothing differs" sh -c "! grep -q 'differs:\|differ:' '$work/out'"

# ---- models, data, protocols and splits ----
expect 0 "" "$pair" --train --epochs 1 --out wide --quiet --data data --variant wide
expect 0 "" "$pair" --train --epochs 1 --out less --quiet --data less
sed -e 's/^evaluate {/&\n  seen = figure(mean(h, [batch, 0]), protocol = "one way")/' "$pair" >"$work/a.crl"
sed -e 's/^evaluate {/evaluate on train { seen = figure(mean(h, [batch, 0]), protocol = "another way") }\n&/' "$pair" >"$work/b.crl"
expect 0 "" a.crl --train --epochs 1 --out a --quiet --data data
expect 0 "" b.crl --train --epochs 1 --out b --quiet --data data
expect 0 "" --compare one_1 wide
pass_if "another model" grep -q '^the model differs: pair, width=8, rate=0.005 (text [0-9a-f]*) in one_1; pair, variant wide, width=12, .* in wide$' "$work/out"
pass_if "of the same data" sh -c "! grep -q 'data differ' '$work/out'"
pass_if "another unit" grep -q "^\[1\] 'correlation.sum' differs: unit: of 8 in one_1; of 12 in wide$" "$work/out"
pass_if "which is marked" grep -q '^correlation.sum \[1\] ' "$work/out"
expect 0 "" --compare one_1 seeds less
pass_if "other data" grep -q '^the data differ: mnist, train 200, test 60 (files [0-9a-f]*) in one_1, seeds; mnist, train 200, test 40 (files [0-9a-f]*) in less$' "$work/out"
pass_if "of other rows" grep -q "'transfer.first_to_second' differs: rows: 60 in one_1, seeds; 40 in less" "$work/out"
pass_if "of the same model" sh -c "! grep -q 'model differs' '$work/out'"
expect 0 "" --compare a b --to table.tex
pass_if "another split and protocol" grep -q "'seen' differs: split: test in a; train in b; rows: 60 in a; 200 in b; protocol: 'one way' in a; 'another way' in b$" "$work/out"
pass_if "a table for LaTeX" grep -q '^\\begin{tabular}{llrrr}$' "$work/table.tex"
pass_if "its rules" test "$(grep -c '^\\\(top\|mid\|bottom\)rule$' "$work/table.tex")" -eq 3
pass_if "its lines" test "$(grep -c ' \\\\$' "$work/table.tex")" -eq "$(($(sed '/^$/q' "$work/out" | wc -l) - 1))"
pass_if "special characters" grep -q '^transfer.first\\_to\\_second & test & [0-9.]* \\% & ' "$work/table.tex"
pass_if "what differs is in it" grep -q "^.par{.footnotesize \[1\] 'seen' differs: " "$work/table.tex"
expect 0 "" --compare seeds one_1 --to table.tex
pass_if "a deviation" grep -q '\$\\pm\$' "$work/table.tex"

# ---- settings, and runs that are not done ----
cp "$srcdir/tests/cli/numbered.crl" "$work"
(cd "$work" && python3 "$srcdir/tests/cli/experiment.py" rows >rows.csv)
expect 0 "" numbered.crl --train --sweep width=2,3 --seeds 2 --out sweep --quiet --epochs 2
expect 0 "" --compare sweep --to sweep.csv
pass_if "a column for each setting" grep -q '^metric .*  sweep: width=2 (2)  *sweep: width=3 (2)$' "$work/out"
pass_if "their figures" check sweep.csv "sweep: width=2" "sweep: width=3"
rm "$work/sweep/width=3/seed-2/metrics.json"
expect 0 "" --compare sweep
pass_if "those that are missing are told of" grep -q '^of sweep: width=3, 1 of 2 runs are measured$' "$work/out"

# ---- what does not go ----
expect 3 "there is no run directory 'nowhere'" --compare one_1 nowhere
expect 3 "there is no 'data/metrics.json': the run has not been measured" --compare data
expect 2 "--compare needs an argument: --compare RUN..." --compare
expect 2 "'table.txt' names no format that a comparison can be written in" --compare one_1 --to table.txt
echo '{' >"$work/less/metrics.json"
expect 3 "'less/metrics.json' does not hold the metrics of a run" --compare less
finish
