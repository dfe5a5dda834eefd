#!/usr/bin/env bash
# Builds the core without Python, under the address and undefined-behaviour sanitizers, and runs
# every tests/c/test_*.c against it.
set -euo pipefail

cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-std=c11 -O1 -g -Wall -Wextra -Werror -fno-fast-math -ffp-contract=off -fno-math-errno
  -fno-trapping-math -fsanitize=address,undefined -fno-sanitize-recover=all)

mapfile -t sources < <(find csrc -name '*.c' | sort)
for source in "${sources[@]}"; do
  printf '%s\0%s\0' "$source" "$out/$(tr / _ <<<"$source").o"
done | xargs -0 -n 2 -P 2 bash -c "${CC:-cc} ${flags[*]} -Icsrc -c \"\$0\" -o \"\$1\""

for test in tests/c/test_*.c; do
  "${CC:-cc}" "${flags[@]}" -Icsrc "$test" "$out"/*.o -lm -o "$out/test"
  printf '%s: ' "$test"
  "$out/test"
done
