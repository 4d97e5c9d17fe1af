#!/usr/bin/env bash
# One machine: trains, and starts again what was preempted.
#
#   bash launch/single.sh [--processes N] [--restarts K] [--codes 137,143] [--dry-run] \
#     -- ARGUMENTS OF musiclm train
#
# `musiclm train` saves on SIGTERM and exits with 143, and the same command goes on from
# there. After 143, or after 137 (it was killed), it is started again, at most K times
# (10); any other exit code is passed on. A signal to this script is passed on to the
# training, which saves, and then nothing is started again. As several processes
# launch/processes.sh starts it.
set -euo pipefail

usage() { sed -n '1d;/^#/!q;s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "single.sh: error: $*" >&2
  exit 2
}

PROCESSES='' RESTARTS=10 CODES=137,143 DRY_RUN=''
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    --processes | --restarts | --codes)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        --processes) PROCESSES=$2 ;;
        --restarts) RESTARTS=$2 ;;
        --codes) CODES=$2 ;;
      esac
      shift 2
      ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done
[[ -z $PROCESSES || $PROCESSES =~ ^[1-9][0-9]*$ ]] ||
  fail "--processes is $PROCESSES; it must be a whole number above 0"
[[ $RESTARTS =~ ^[0-9]+$ ]] || fail "--restarts is $RESTARTS; it must be a whole number"
[[ $CODES =~ ^[0-9]+(,[0-9]+)*$ ]] ||
  fail "--codes is $CODES; it must be exit codes with commas between them"
(($# > 1)) || fail "the arguments of musiclm train are missing; they stand after --"
shift
COMMAND=("${PYTHON:-python3}" -m musiclm_jax train "$@")
[[ -z $PROCESSES ]] ||
  COMMAND=(bash "$(dirname -- "$0")/processes.sh" -n "$PROCESSES" -- "$@")

if [[ -n $DRY_RUN ]]; then
  printf -v line '%q ' "${COMMAND[@]}"
  printf '%s\n' "${line% }"
  exit 0
fi

TRAINING='' IS_TOLD_TO_END='' IS_INTERRUPTED=''

pass_on() { # SIGNAL
  IS_TOLD_TO_END=1 IS_INTERRUPTED=1
  [[ -z $TRAINING ]] || kill -s "$1" "$TRAINING" 2>/dev/null || true
}

train() {
  local status
  "${COMMAND[@]}" </dev/null &
  TRAINING=$!
  # A signal may have come before there was a training to pass it on to.
  [[ -z $IS_TOLD_TO_END ]] || kill -s TERM "$TRAINING" 2>/dev/null || true
  # `wait` returns early where a signal comes.
  while
    IS_INTERRUPTED=''
    wait "$TRAINING" && status=0 || status=$?
    [[ -n $IS_INTERRUPTED ]]
  do :; done
  return "$status"
}

# With a process group of its own the training hears of Ctrl-C once, from here; at a
# second one it would end without saving.
set -m
trap 'pass_on INT' INT
trap 'pass_on TERM' TERM
for ((restart = 0; ; restart++)); do
  train && exit || status=$?
  if [[ -n $IS_TOLD_TO_END || ,$CODES, != *,$status,* ]] || ((restart >= RESTARTS)); then
    exit "$status"
  fi
  echo "single.sh: ended with $status; restart $((restart + 1)) of $RESTARTS" >&2
done
