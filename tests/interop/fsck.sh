#!/usr/bin/env bash
# Tessera's fsck reads an exported log: `fsck.sh EXPORT_DIR VKEY_FILE CACHE_DIR`.
# It must accept the export and refuse a copy with one changed byte in an entry bundle, and one in a tile.
#
# Which fsck: $DAYBOOK_FSCK if set; else built from Tessera's main branch at the commit below; else, where the Go
# module proxy does not offer that commit, the latest release. The checking code of the two is the same, but the
# release ends with status 0 even when the check failed. So an acceptance counts only if fsck *says* that it
# succeeded and ends with status 0; anything else, also running out of time, counts as a refusal.
# (fsck stands still when more files are wrong than it has workers, hence --N=64 and the time limit.)
set -euo pipefail

export_dir=$(realpath "$1")
vkey_file=$(realpath "$2")
mkdir -p "$3"
cache=$(realpath "$3")

module=github.com/transparency-dev/tessera/cmd/fsck
main_commit=1811ae1a7c40 # 2026-08-21
release=v1.0.4
time_limit_s=120

find_fsck() {
    if [[ -n ${DAYBOOK_FSCK:-} ]]; then
        fsck=$DAYBOOK_FSCK
        echo "fsck: $fsck"
        return
    fi
    if ! command -v go > /dev/null; then
        echo "fsck: not run: no Go toolchain"
        exit 0
    fi
    fsck=$cache/fsck
    for version in "$main_commit" "$release"; do
        # A build of the same version from an earlier run is used again.
        if [[ -x $fsck && $(cat "$fsck.version" 2> /dev/null) == "$version" ]]; then
            echo "fsck: Tessera $version, built before"
            return
        fi
        if GOBIN=$cache go install "$module@$version" > "$cache/fsck.build" 2>&1; then
            echo "$version" > "$fsck.version"
            echo "fsck: Tessera $version"
            return
        fi
        echo "fsck: Tessera $version cannot be built here: $(tail -n 1 "$cache/fsck.build" | cut -c1-160)"
    done
    if grep -Eq '403|404|dial tcp|no such host|timeout|connection refused' "$cache/fsck.build"; then
        echo "fsck: not run: the Go module proxy does not answer or does not offer it"
        exit 0
    fi
    cat "$cache/fsck.build" >&2
    exit 1
}

# Status 0 if fsck accepts the log in directory $1.
accepts() {
    local said
    said=$(timeout "$time_limit_s" "$fsck" --storage_url="file://$1/" --public_key="$vkey_file" \
        --ui=false --N=64 2>&1) || return 1
    said=$(cut -c1-200 <<< "$said")
    grep -F "Successfully fsck'd log" <<< "$said"
}

# Changes the middle byte of file $1.
change_a_byte() {
    python3 - "$1" << 'EOF'
import sys
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    file.seek(len(data) // 2)
    file.write(bytes([data[len(data) // 2] ^ 1]))
EOF
}

find_fsck
accepts "$export_dir" || { echo "fsck: DISAGREE: the export is refused" >&2; exit 1; }
for place in tile/entries tile/0; do
    copy=$(mktemp -d)
    cp -r "$export_dir/." "$copy"
    change_a_byte "$(find "$copy/$place" -type f | sort | head -n 1)"
    if accepts "$copy"; then
        echo "fsck: DISAGREE: a copy with a changed byte in $place is accepted" >&2
        exit 1
    fi
    rm -r "$copy"
    echo "fsck: a copy with one changed byte in $place is refused, as it must be"
done
