#!/usr/bin/env bash
# Several processes on this machine as one program, as on several hosts.
#
#   bash launch/processes.sh -n N [--port P] [--grace S] [--dry-run] \
#     -- ARGUMENTS OF musiclm train
#
# Each line that process I prints begins with [I]. A signal to this script is passed on to
# all of them, so that they save. Where one fails, the others are told to end (SIGTERM),
# and are ended S seconds (60) later; the exit code is that of the first that failed.
# Process 0 listens at port P (8476).
set -euo pipefail

usage() { sed -n '1d;/^#/!q;s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "processes.sh: error: $*" >&2
  exit 2
}

N='' PORT=8476 GRACE=60 DRY_RUN=''
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    -n | --port | --grace)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        -n) N=$2 ;;
        --port) PORT=$2 ;;
        --grace) GRACE=$2 ;;
      esac
      shift 2
      ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done
[[ -n $N ]] || fail "-n is missing, the number of processes (see --help)"
[[ $N =~ ^[1-9][0-9]*$ ]] || fail "-n is $N; it must be a whole number above 0"
[[ $PORT =~ ^[1-9][0-9]{0,4}$ && $PORT -lt 65536 ]] ||
  fail "--port is $PORT; it must be from 1 to 65535"
[[ $GRACE =~ ^[0-9]+$ ]] || fail "--grace is $GRACE; it must be a whole number of seconds"
(($# > 1)) || fail "the arguments of musiclm train are missing; they stand after --"
shift
TRAIN=("${PYTHON:-python3}" -m musiclm_jax train "$@")
TRAIN+=(--coordinator "localhost:$PORT" --num_processes "$N" --process_id)

if [[ -n $DRY_RUN ]]; then
  for ((i = 0; i < N; i++)); do
    printf -v line '%q ' "${TRAIN[@]}" "$i"
    printf '%s\n' "${line% }"
  done
  exit 0
fi

declare -A ID=() # of each process that runs
PREFIXES=() IS_TOLD_TO_END='' STATUS=0 KILLER=''

# shellcheck disable=SC2329  # called by the traps
pass_on() { # SIGNAL
  IS_TOLD_TO_END=1
  ((${#ID[@]} == 0)) || kill -s "$1" "${!ID[@]}" 2>/dev/null || true
}

prefix() { # ID: outlives the signals, since the processes say what they save.
  local line
  trap '' INT TERM
  while IFS= read -r line || [[ -n $line ]]; do
    printf '[%s] %s\n' "$1" "$line"
  done
}

end_others() {
  local others=("${!ID[@]}")
  kill -s TERM "${others[@]}" 2>/dev/null || true
  # They may wait for the one that failed, and for long. Each is a process group.
  (sleep "$GRACE" && kill -s KILL -- "${others[@]/#/-}") >/dev/null 2>&1 &
  KILLER=$!
  disown "$KILLER" # so that nothing is said of its own end
}

note_end() { # PROCESS STATUS
  local i=${ID[$1]}
  unset "ID[$1]"
  kill -s TERM -- "-$1" 2>/dev/null || true # what it left behind
  (($2 && ! STATUS)) || return 0
  STATUS=$2
  [[ -z $IS_TOLD_TO_END ]] || return 0
  echo "processes.sh: process $i ended with $2" >&2
  ((${#ID[@]} == 0)) || end_others
}

# With a process group each they hear of Ctrl-C once, from here; at a second one they
# would end without saving.
set -m
trap 'pass_on INT' INT
trap 'pass_on TERM' TERM
for ((i = 0; i < N; i++)); do
  [[ -z $IS_TOLD_TO_END ]] || break
  exec {output}> >(prefix "$i")
  PREFIXES+=("$!")
  "${TRAIN[@]}" "$i" </dev/null >&"$output" 2>&1 {output}>&- &
  ID[$!]=$i
  exec {output}>&-
done
while ((${#ID[@]})); do
  # Returns when one has ended, and early where a signal comes. It may miss the status of
  # the one that ended; asked for by its number the status is there.
  wait -n "${!ID[@]}" 2>/dev/null || true
  for process in "${!ID[@]}"; do
    ! kill -0 "$process" 2>/dev/null || continue
    wait "$process" && status=0 || status=$?
    note_end "$process" "$status"
  done
done
[[ -z $KILLER ]] || kill -s KILL -- "-$KILLER" 2>/dev/null || true
wait "${PREFIXES[@]}" 2>/dev/null || true
exit "$STATUS"
