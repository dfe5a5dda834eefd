#!/usr/bin/env bash
# The extension under the address and undefined-behaviour sanitizers, driven by the Python tests that
# reach all of it, arguments for pytest behind them; then threads of a C driver under the thread sanitizer.
set -euo pipefail

cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

python3 -m venv "$out/venv"
CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
  LDFLAGS='-fsanitize=address,undefined' "$out/venv/bin/pip" install --quiet '.[test]'
rm -rf build
LD_PRELOAD="$("${CC:-cc}" -print-file-name=libasan.so) $("${CC:-cc}" -print-file-name=libubsan.so)" \
  ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
  "$out/venv/bin/pytest" -q -p no:cacheprovider tests/test_kernels.py tests/test_statistics.py \
  tests/test_input.py tests/test_bad_input.py tests/test_promise.py tests/trust/test_conditionals.py \
  tests/trust/test_equations.py \
  tests/test_answers.py::test_chances_at_extremes_are_those_of_scipy_at_every_instruction_set \
  tests/test_loo.py::test_flat_weights_are_read_as_raw_ones_at_every_instruction_set \
  --deselect tests/test_promise.py::test_core_calls_nothing_but_memory_functions "$@"

flags=(-std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-fast-math -ffp-contract=off -fno-math-errno
  -fno-trapping-math -fsanitize=thread)
mapfile -t sources < <(find csrc -name '*.c' | sort)
for source in "${sources[@]}"; do
  printf '%s\0%s\0' "$source" "$out/$(tr / _ <<<"$source").o"
done | xargs -0 -n 2 -P 2 bash -c "${CC:-cc} ${flags[*]} -Icsrc -c \"\$0\" -o \"\$1\""
"${CC:-cc}" "${flags[@]}" -Icsrc -Itests/c tests/c/threads/test_threads.c "$out"/*.o -lm -lpthread -o "$out/test"
"$out/test"
