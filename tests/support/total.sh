#!/bin/sh
# Adds up the cases of the tests whose logs are given (the convention is in tests/local.mk) and ends with the line
# "N passed, N failed".  Exit status 1 when a case failed or none ran.
passed=0 failed=0
for log; do
  result=$(sed -n 's/^:global-test-result: *//p' "${log%.log}.trs" 2>/dev/null)
  set -- $(sed -n \
    -e 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' \
    -e 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log" 2>/dev/null |
    awk '{ p = NF == 3 ? $1 - $2 - $3 : $1; f = NF == 3 ? $2 + $3 : $2 } END { if (NR) print p, f }')
  case $result in
  PASS) p=${1:-1} f=${2:-0} ;;
  SKIP) p=0 f=0; echo "skipped ${log%.log}: $(grep -v '^SKIP .*(exit status: ' "$log" | tail -n 1)" ;;
  *) p=${1:-0} f=${2:-0}; [ "$f" -gt 0 ] || f=1; echo "failed ${log%.log}" ;; # a crash is a failed case, too
  esac
  passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
