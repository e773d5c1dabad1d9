#!/usr/bin/env bash
# The page HAND-CHECK.txt of an unpacked production, run as it stands, with nothing to be found but bash, coreutils and openssl:
# `tests/interop/hand_check.sh FOLDER`, the folder that holds bagit.txt.
set -euo pipefail

cd "${1:?the folder of the production is missing}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for program in bash openssl base64 basenc cat cut mktemp sha256sum sha512sum tr wc; do
    ln -s "$(command -v "$program")" "$work/bin/$program"
done
# The commands stand indented by four blanks.
sed -n 's/^    //p' data/VERIFY/HAND-CHECK.txt > "$work/check.sh"

env -i PATH="$work/bin" "$work/bin/bash" -eu "$work/check.sh"
