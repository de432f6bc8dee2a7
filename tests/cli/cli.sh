# Sourced by the tests of the command line.  Every case names a command line, its exit status, and a text that its
# messages must hold.
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
crlc=$builddir/crlc
pair=$srcdir/tests/cli/pair.crl
work=$(mktemp -d "$builddir/cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset CRL_DATA
HOME=$work
export HOME
passed=0 failed=0

# pass_if NAME CONDITION...
pass_if() {
  name=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAIL $name: $*"
  fi
}

# expect STATUS TEXT ARGUMENT...: runs crlc in $work; $work/out and $work/err keep what it wrote.
expect() {
  status=$1 text=$2
  shift 2
  (cd "$work" && "$crlc" "$@" >out 2>err)
  found=$?
  if [ $found -eq "$status" ] && { [ -z "$text" ] || grep -qF -e "$text" "$work/err"; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL crlc $*: status $found, expected $status with '$text' in:"
    cat "$work/err"
  fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
}

# same_checkpoints RUN OTHER STEP
same_checkpoints() { cmp -s "$work/$1/checkpoint-$3.crlk" "$work/$2/checkpoint-$3.crlk"; }

# trains_alike MODEL STEP: two epochs on the data in $work/data end with the same bits, on other threads and after a stop.
trains_alike() {
  expect 0 "" "$1" --train --data data --out one --quiet --threads 1
  expect 0 "" "$1" --train --data data --out three --quiet --threads 3
  expect 0 "" "$1" --train --data data --out half --quiet --epochs 1
  expect 0 "" "$1" --train --resume --data data --out half --quiet --epochs 2
  pass_if "the same bits on other threads" same_checkpoints one three "$2"
  pass_if "the same bits after a stop" same_checkpoints one half "$2"
}

# stop_at SIGNAL LINES ARG...: trains anew in $work/part, which the arguments name, and stops when the log has so many lines.
stop_at() {
  signal=$1 lines=$2
  shift 2
  rm -rf "$work/part"
  (cd "$work" && exec "$crlc" "$@" >out 2>err) &
  child=$!
  tries=0
  until [ "$(cat "$work/part/log.jsonl" 2>/dev/null | wc -l)" -ge "$lines" ] || [ $tries -gt 500 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
  kill -"$signal" $child 2>/dev/null
  wait $child 2>/dev/null
}
