#!/usr/bin/env bash
# Builds targets and runs each for so many seconds, one after the other.
#
#   fuzz/run.sh SECONDS [TARGET...]
#
# Without targets: all of them. Needs `cargo install cargo-fuzz`. FUZZ_SEEDS may name folders of files to begin with
# beside those of the repository, divided by colons. Ends with an error if there is a finding.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?"usage: fuzz/run.sh SECONDS [TARGET...]"}
shift
targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(cargo fuzz list)

# Longer files only make it slow.
longest=65536

# What is new in the compiler's flags is open to the stable compiler, too.
rustc --version | grep -q nightly || export RUSTC_BOOTSTRAP=1
# Threads would only take turns; the journal need not wait for a disk.
export RAYON_NUM_THREADS=1
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm

extensions() {
    case $1 in
        jpeg | jpeg_planes) echo jpg jpeg ;;
        tiff) echo tif tiff ;;
        heic) echo heic heif hif ;;
        svg) echo svg svgz ;;
        raw) echo dng cr2 cr3 nef arw raf orf rw2 ;;
        pnm) echo pbm pgm ppm pam ;;
        *) echo "$1" ;;
    esac
}

# Files of a decoder's format, all in one folder: the fuzzer opens each folder that it is given.
gather() {
    local target=$1 into=$2 folders extension
    IFS=: read -ra folders <<<"sample_images:src/codecs/jpeg/samples:tests/regressions/$target:${FUZZ_SEEDS:-}"
    for extension in $(extensions "${target#decode_}"); do
        find "${folders[@]}" -type f -iname "*.$extension" -size "-${longest}c" \
            -exec cp --backup=numbered -t "$into" {} + 2>/dev/null || true
    done
}

run() {
    local target=$1 folders=("fuzz/corpus/$1") begin status=0
    mkdir -p "${folders[0]}"
    [[ -d fuzz/seeds/$target ]] && folders+=("fuzz/seeds/$target")
    begin=$(mktemp -d)
    if [[ $target == decode_* || $target == jpeg_planes ]]; then gather "$target" "$begin"; fi
    cargo fuzz run --release --sanitizer address "$target" "${folders[@]}" "$begin" -- \
        -max_total_time="$seconds" -max_len=$longest -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=512 -detect_leaks=0 -print_final_stats=1 || status=$?
    rm -r "$begin"
    return $status
}

found=()
for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    run "$target" || found+=("$target")
done
if ((${#found[@]})); then
    printf '\nfindings: %s\n' "${found[*]}"
    exit 1
fi
