#!/bin/sh
# --profile --trace: a trace of every call, on one thread and on several, is what trace.py says of it.
. "${srcdir:-.}/tests/cli/cli.sh"
command -v python3 >/dev/null || { echo "python3 is not there, which reads the trace"; exit 77; }
"$builddir/tests/cli/make_digits" "$work/data" 200 60 || exit 1

for threads in 1 3; do
  expect 0 "" "$pair" --profile --trace "trace.json" --data data --threads $threads
  pass_if "a trace of $threads threads" python3 "$srcdir/tests/cli/trace.py" "$work/trace.json" "$work/out" $threads
done
expect 2 "--trace" "$pair" --train --trace trace.json
expect 3 "" "$pair" --profile --trace /dev/null/trace.json --data data

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
