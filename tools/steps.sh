# shellcheck shell=bash
# Numbered steps for ./check: each has a log, a time and counts, and all of them together make the last line.
#
# A step's command tells its counts by a line `N passed, N failed, N skipped`, and each skip by `skipped: WHAT: REASON`.
# A command that tells no counts is one test, which its exit code decides.

steps_dir=$PWD/build/check
steps_number=0
steps_passed=0
steps_failed=0
steps_skips=()
steps_table=()

steps_begin() {
    rm -rf "$steps_dir"
    mkdir -p "$steps_dir"
    steps_tell_load ", $(nproc) cores"
}

# step NAME COMMAND...: runs the command without standard input; false when it failed.
step() {
    local name=$1 started=${EPOCHREALTIME/./} code=0 log
    shift
    steps_number=$((steps_number + 1))
    printf -v log '%s/%02d-%s.log' "$steps_dir" $steps_number "${name//[^a-zA-Z0-9]/-}"
    [ ! -t 1 ] || printf '%2d  %-24s ...' $steps_number "$name"
    ("$@") >"$log" 2>&1 </dev/null || code=$?
    steps_take_counts "$name" "$log" "$code" $(((${EPOCHREALTIME/./} - started) / 100000))
    [ $code = 0 ] || steps_show_log "$log"
    return $code
}

steps_show_log() {
    grep '^failed: ' "$1" | head -n 40 | sed 's/^/    ! /'
    tail -n 40 "$1" | sed 's/^/    | /'
    echo "    the whole log: $1"
}

# skip_step NAME REASON: a step that cannot run here counts as one skip.
skip_step() {
    steps_number=$((steps_number + 1))
    steps_skips+=("$1: $2")
    local row
    printf -v row '%2d  %-24s skipped  %s' $steps_number "$1" "$2"
    steps_row "$row"
}

steps_tell_load() {
    local load
    read -r -a load </proc/loadavg
    echo "load average: ${load[*]:0:3}$1"
}

steps_row() {
    steps_table+=("$1")
    echo "$1"
}

steps_take_counts() { # NAME LOG EXIT-CODE TENTHS-OF-A-SECOND
    local name=$1 log=$2 code=$3 took=$4 line row word=ok passed=$(($3 == 0)) failed=0
    while IFS= read -r line; do
        if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ [0-9]+\ skipped$ ]]; then
            passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
        else
            steps_skips+=("$name: ${line#skipped: }")
        fi
    done < <(grep -E '^skipped: |^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log")
    [ "$code" = 0 ] || [ "$failed" -gt 0 ] || failed=1
    steps_passed=$((steps_passed + passed)) steps_failed=$((steps_failed + failed))
    [ "$failed" = 0 ] || word=FAILED
    [ ! -t 1 ] || printf '\r'
    printf -v row '%2d  %-24s %-7s %5d.%d s  %s passed, %s failed' $steps_number "$name" $word $((took / 10)) $((took % 10)) \
        "$passed" "$failed"
    steps_row "$row"
}

# The table, the skips with their reasons, and the last line; false when a test failed.
steps_end() {
    local skip
    printf '\n%s\n' "summary"
    printf '%s\n' "${steps_table[@]}"
    for skip in "${steps_skips[@]}"; do echo "skipped: $skip"; done
    steps_tell_load "; logs in $steps_dir"
    echo "$steps_passed passed, $steps_failed failed, ${#steps_skips[@]} skipped"
    [ $steps_failed = 0 ]
}
