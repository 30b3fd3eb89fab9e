#!/bin/sh
# Unit tests of the pure arithmetic (src/*/*_core.c), without a server.
# Builds each test/unit/*.c with the sources that its line "cores:" names,
# runs it, and prints the lines of all of them as one TAP stream.
# CC chooses the compiler; sanitizers are on where it has them.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$(mktemp -d) || exit 2
trap 'rm -rf "$build"' EXIT
cc=${CC:-cc}
flags="-std=c11 -O2 -Wall -Wextra -Werror -Isrc -Itest/unit"

echo 'int main(void) { return 0; }' >"$build/probe.c"
for sanitizer in -fsanitize=address,undefined -fsanitize=undefined
do
	if $cc $sanitizer -o "$build/probe" "$build/probe.c" 2>/dev/null && "$build/probe"
	then
		flags="$flags $sanitizer -fno-sanitize-recover=all"
		break
	fi
done

for program in test/unit/*.c
do
	name=$(basename "$program" .c)
	cores=$(sed -n 's/^.*cores: \(.*[a-z]\)[ */]*$/\1/p' "$program")
	if ! $cc $flags -o "$build/$name" "$program" $cores -lm >"$build/log" 2>&1
	then
		echo "not ok - $name compiles"
		sed 's/^/# /' "$build/log"
		continue
	fi
	"$build/$name" >"$build/out" 2>"$build/log"
	status=$?
	cat "$build/out"
	if [ $status -ne 0 ] && ! grep -q '^not ok ' "$build/out"
	then
		echo "not ok - $name runs to its end (status $status)"
		sed 's/^/# /' "$build/log"
	fi
done | awk '
	/^(not )?ok / { number++; sub(/ok /, "ok " number " ") }
	{ print }
	/^not ok / { failed = 1 }
	END { print "1.." number; exit failed }'
