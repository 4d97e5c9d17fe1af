#!/usr/bin/env bash
# A TPU pod slice of Google Cloud, as a queued resource: from its creation to its end.
#
#   bash launch/tpu_pod.sh COMMAND --name NAME --zone ZONE [--project P]
#     [--type v5litepod-256] [--runtime v2-alpha-tpuv5-lite] [--spot] [--dry-run]
#     [-- ARGUMENTS OF musiclm train]
#
# COMMAND is one of
#   create    asks for the slice, and waits until it is there
#   install   puts the last commit and its dependencies on all workers
#   run       starts the training on all workers; what follows -- is for this one alone
#   log       follows the log of worker 0
#   stop      ends the training on all workers, after it has saved
#   delete    gives the slice back; what is on its disks is lost
#
# JAX finds the other hosts by itself. All workers must see the same --model_dir and data:
# a mounted bucket or file share. Before the first of these commands that goes to all
# workers: ssh-add ~/.ssh/google_compute_engine

# shellcheck disable=SC2016  # what stands in single quotes is for the workers' shells
set -euo pipefail

usage() { sed -n '1d;/^#/!q;s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "tpu_pod.sh: error: $*" >&2
  exit 2
}

COMMANDS='create, install, run, log, stop, delete'
COMMAND=${1:-}
case $COMMAND in
  create | install | run | log | stop | delete) shift ;;
  --help | -h) usage && exit 0 ;;
  '' | -*) fail "the command is missing: one of $COMMANDS (see --help)" ;;
  *) fail "there is no command $COMMAND; there are $COMMANDS" ;;
esac

NAME='' ZONE='' PROJECT='' SPOT='' DRY_RUN=''
TYPE=v5litepod-256 RUNTIME=v2-alpha-tpuv5-lite
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    --name | --zone | --project | --type | --runtime)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        --name) NAME=$2 ;;
        --zone) ZONE=$2 ;;
        --project) PROJECT=$2 ;;
        --type) TYPE=$2 ;;
        --runtime) RUNTIME=$2 ;;
      esac
      shift 2
      ;;
    --spot) SPOT=1 && shift ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done
[[ -n $NAME ]] || fail "--name is missing, of the slice"
[[ -n $ZONE ]] || fail "--zone is missing, such as us-west4-a"
(($# == 0)) || shift
if [[ $COMMAND == run ]]; then
  (($#)) || fail "the arguments of musiclm train are missing; they stand after --"
else
  ((!$#)) || fail "$COMMAND takes no arguments after --"
fi

cd -- "$(dirname -- "$0")/.."
TPUS=(gcloud compute tpus)
WHERE=(--zone="$ZONE")
[[ -z $PROJECT ]] || WHERE+=(--project="$PROJECT")

# ---- on this machine ----------------------------------------------------------------

step() { # COMMAND...
  local line
  if [[ -z $DRY_RUN ]]; then
    "$@"
    return
  fi
  printf -v line '%q ' "$@"
  printf '%s\n' "${line% }"
}

on_workers() { # WHICH COMMAND
  step "${TPUS[@]}" tpu-vm ssh "$NAME" "${WHERE[@]}" --worker="$1" --command="$2"
}

wait_until_active() {
  local state before=''
  local describe=("${TPUS[@]}" queued-resources describe "$NAME" "${WHERE[@]}")
  describe+=(--format='value(state.state)')
  if [[ -n $DRY_RUN ]]; then
    step "${describe[@]}"
    return
  fi
  while state=$("${describe[@]}"); do
    [[ $state == "$before" ]] || echo "$NAME: $state at $(date +%H:%M:%S)"
    case $state in
      ACTIVE) return ;;
      FAILED | SUSPENDING | SUSPENDED | DELETING) fail "$NAME is $state, not ACTIVE" ;;
    esac
    before=$state
    sleep 30
  done
  fail "the state of $NAME cannot be read"
}

create() {
  local arguments=(--node-id="$NAME" --accelerator-type="$TYPE")
  arguments+=(--runtime-version="$RUNTIME")
  [[ -z $SPOT ]] || arguments+=(--spot)
  step "${TPUS[@]}" queued-resources create "$NAME" "${WHERE[@]}" "${arguments[@]}"
  wait_until_active
}

install() {
  local archive=dist/musiclm_jax.tar.gz # where git does not look
  step mkdir -p dist
  step git archive --format=tar.gz --prefix=musiclm_jax/ --output="$archive" HEAD
  step "${TPUS[@]}" tpu-vm scp "$archive" "$NAME:" "${WHERE[@]}" --worker=all
  on_workers all "$INSTALL"
}

# ---- on the workers, in the home folder ---------------------------------------------

# The Python of the TPU images is older than what the package needs; uv brings one.
INSTALL='rm -rf musiclm_jax && tar -xzf musiclm_jax.tar.gz'
INSTALL+=' && python3 -m pip install --quiet --user uv'
INSTALL+=' && python3 -m uv venv --allow-existing --seed --python 3.12 musiclm_venv'
INSTALL+=' && musiclm_venv/bin/pip install --quiet "./musiclm_jax[tpu]"'

# A host that has lost another one ends with 1, or 134 by JAX's hand: all start again.
RUN='if kill -0 "$(cat musiclm.pid 2>/dev/null)" 2>/dev/null'
RUN+='; then echo "a training runs already" >&2; exit 1; fi'
RUN+='; PYTHON="$HOME/musiclm_venv/bin/python" nohup bash musiclm_jax/launch/single.sh --codes 1,134,137,143 --'

# To the loop around the training: a training that ends alone is started again.
STOP='pid=$(cat musiclm.pid) && kill -s TERM "$pid" && tail --pid="$pid" -f /dev/null'

run() { # ARGUMENT...
  local arguments
  printf -v arguments ' %q' "$@"
  on_workers all \
    "$RUN$arguments >>musiclm.log 2>&1 </dev/null & echo \$! >musiclm.pid"
}

case $COMMAND in
  create) create ;;
  install) install ;;
  run) run "$@" ;;
  log) on_workers 0 'tail -n 100 -F musiclm.log' ;;
  stop) on_workers all "$STOP" ;;
  delete) step "${TPUS[@]}" queued-resources delete "$NAME" "${WHERE[@]}" --force ;;
esac
