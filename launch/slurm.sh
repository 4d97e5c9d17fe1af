#!/usr/bin/env bash
# GPU nodes under SLURM: submits itself as a batch job, which is requeued until done.
#
#   bash launch/slurm.sh --nodes 4 --gpus 8 [--partition P] [--time 24:00:00] \
#     [--dry-run] -- ARGUMENTS OF musiclm train
#
# --gpus is for each node. Whole nodes are asked for, with one process on each, which uses
# all that is there; --model_dir and the data lie where all nodes see them. Account, QOS
# and the like: sbatch reads SBATCH_ACCOUNT, SBATCH_QOS ... by itself.
#
# Where it is preempted, or five minutes before its time is over, the training saves, and
# the job is queued again. To save and end it for good:
#   scancel --batch --signal=TERM JOB
set -euo pipefail

usage() { sed -n '1d;/^#/!q;s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "slurm.sh: error: $*" >&2
  exit 2
}

# ---- in the job ---------------------------------------------------------------------

IS_TOLD_TO_END='' IS_INTERRUPTED=''

end() {
  IS_TOLD_TO_END=1 IS_INTERRUPTED=1
  # To the tasks: srun would kill them if it were told itself.
  scancel --signal=TERM "$SLURM_JOB_ID" || true
}

in_job() { # GPUS ARGUMENT...
  local status
  # JAX finds the other processes by itself, but takes them for one a GPU.
  JAX_LOCAL_DEVICE_IDS=$(seq -s , 0 $(($1 - 1)))
  export JAX_LOCAL_DEVICE_IDS
  shift
  trap end TERM
  # Where one has failed the others wait for it for long; they get a minute.
  srun --cpu-bind=none --kill-on-bad-exit=0 --wait=60 \
    "${PYTHON:-python3}" -m musiclm_jax train "$@" </dev/null &
  # `wait` returns early where a signal comes.
  while
    IS_INTERRUPTED=''
    wait "$!" && status=0 || status=$?
    [[ -n $IS_INTERRUPTED ]]
  do :; done
  # 143: SIGTERM, after saving.
  if [[ $status == 143 && -z $IS_TOLD_TO_END ]]; then
    scontrol requeue "$SLURM_JOB_ID"
  fi
  exit "$status"
}

if [[ ${1:-} == --in_job ]]; then
  shift
  in_job "$@"
fi

# ---- submits ------------------------------------------------------------------------

NODES='' GPUS='' PARTITION='' TIME=24:00:00 DRY_RUN=''
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    --nodes | --gpus | --partition | --time)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        --nodes) NODES=$2 ;;
        --gpus) GPUS=$2 ;;
        --partition) PARTITION=$2 ;;
        --time) TIME=$2 ;;
      esac
      shift 2
      ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done

check() { # FLAG VALUE WHAT
  [[ -n $2 ]] || fail "$1 is missing, the number of $3"
  [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "$1 is $2; it must be a whole number above 0"
}
check --nodes "$NODES" nodes
check --gpus "$GPUS" "GPUs of each node"
(($# > 1)) || fail "the arguments of musiclm train are missing; they stand after --"
shift

SBATCH=(sbatch --job-name=musiclm --output=musiclm-%j.log --open-mode=append)
SBATCH+=(--nodes="$NODES" --ntasks-per-node=1 --gpus-per-node="$GPUS")
SBATCH+=(--exclusive --mem=0 --time="$TIME")
[[ -z $PARTITION ]] || SBATCH+=(--partition="$PARTITION")
# Without B: before it, the signal is for the tasks and not for this script.
SBATCH+=(--requeue --signal=TERM@300)
SBATCH+=("$0" --in_job "$GPUS" "$@")
if [[ -n $DRY_RUN ]]; then
  printf -v line '%q ' "${SBATCH[@]}"
  printf '%s\n' "${line% }"
  exit 0
fi
"${SBATCH[@]}"
