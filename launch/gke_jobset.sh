#!/usr/bin/env bash
# A TPU slice of a GKE cluster: a JobSet, which starts again when it was preempted.
#
#   bash launch/gke_jobset.sh --name NAME --image IMAGE --topology 4x4 \
#     --accelerator tpu-v5-lite-podslice --hosts 4 --chips_per_host 4 \
#     [--bucket gs://BUCKET] [--dry-run] -- ARGUMENTS OF musiclm train
#
# In the image `musiclm` is installed with its extra `tpu`; GKE tells JAX the other hosts.
# The cluster has the JobSet controller, and for --bucket, which is then the folder
# /bucket, the Cloud Storage FUSE driver; the Kubernetes service account `default` may
# write to it. `--dry-run` prints the manifest alone.
#
# `kubectl logs --follow job/NAME-slice-0` follows it; `kubectl delete jobset NAME` saves,
# and ends it.
set -euo pipefail

usage() { sed -n '1d;/^#/!q;s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "gke_jobset.sh: error: $*" >&2
  exit 2
}

NAME='' IMAGE='' TOPOLOGY='' ACCELERATOR='' HOSTS='' CHIPS='' BUCKET='' DRY_RUN=''
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    --name | --image | --topology | --accelerator | --hosts | --chips_per_host | --bucket)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        --name) NAME=$2 ;;
        --image) IMAGE=$2 ;;
        --topology) TOPOLOGY=$2 ;;
        --accelerator) ACCELERATOR=$2 ;;
        --hosts) HOSTS=$2 ;;
        --chips_per_host) CHIPS=$2 ;;
        --bucket) BUCKET=$2 ;;
      esac
      shift 2
      ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done

check() { # FLAG VALUE PATTERN EXAMPLE
  [[ -n $2 ]] || fail "$1 is missing, such as $4"
  [[ $2 =~ ^($3)$ ]] || fail "$1 is $2; it must be such as $4"
}
check --name "$NAME" '[a-z]([-a-z0-9]*[a-z0-9])?' musiclm-coarse
check --image "$IMAGE" '[-a-zA-Z0-9./:_@]+' europe-docker.pkg.dev/me/music/musiclm:1
check --topology "$TOPOLOGY" '[1-9][0-9]*(x[1-9][0-9]*){1,2}' 4x4
check --accelerator "$ACCELERATOR" '[-a-z0-9]+' tpu-v5-lite-podslice
check --hosts "$HOSTS" '[1-9][0-9]*' 4
check --chips_per_host "$CHIPS" '[1-9][0-9]*' 4
((HOSTS * CHIPS == ${TOPOLOGY//x/*})) ||
  fail "--topology $TOPOLOGY is not --hosts $HOSTS times --chips_per_host $CHIPS chips"
[[ -z $BUCKET ]] || check --bucket "$BUCKET" 'gs://[-a-z0-9._]+' gs://my-music
(($# > 1)) || fail "the arguments of musiclm train are missing; they stand after --"
shift

quote() { # TEXT: a JSON string, which is YAML too.
  local text=$1
  text=${text//"\\"/"\\\\"}
  text=${text//'"'/'\"'}
  text=${text//$'\n'/'\n'}
  text=${text//$'\t'/'\t'}
  [[ $text != *[[:cntrl:]]* ]] || fail "an argument has a control character"
  # Kubernetes would put a variable in place of $(NAME), and reads $$ as $.
  printf '"%s"' "${text//'$'/'$$'}"
}

manifest() { # ARGUMENT...
  local argument quoted
  cat <<YAML
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata:
  name: $NAME
  annotations:
    # All hosts of one slice.
    alpha.jobset.sigs.k8s.io/exclusive-topology: cloud.google.com/gke-nodepool
spec:
  failurePolicy:
    # A pod that was preempted or has failed ends all pods: they start again together,
    # and go on from the last checkpoint.
    maxRestarts: 100
  replicatedJobs:
    - name: slice
      replicas: 1
      template:
        spec:
          parallelism: $HOSTS
          completions: $HOSTS
          backoffLimit: 0
          template:
YAML
  [[ -z $BUCKET ]] || cat <<YAML
            metadata:
              annotations:
                gke-gcsfuse/volumes: "true"
YAML
  cat <<YAML
            spec:
              restartPolicy: Never
              # From SIGTERM on: as long as it may take to save.
              terminationGracePeriodSeconds: 600
              nodeSelector:
                cloud.google.com/gke-tpu-accelerator: $ACCELERATOR
                cloud.google.com/gke-tpu-topology: $TOPOLOGY
              tolerations:
                # Of spot nodes, where the slice is made of them.
                - key: cloud.google.com/gke-spot
                  operator: Equal
                  value: "true"
                  effect: NoSchedule
              containers:
                - name: musiclm
                  image: "$IMAGE"
                  command: ["musiclm", "train"]
                  args:
YAML
  for argument in "$@"; do
    quoted=$(quote "$argument") || exit
    echo "                    - $quoted"
  done
  cat <<YAML
                  resources:
                    requests:
                      google.com/tpu: $CHIPS
                    limits:
                      google.com/tpu: $CHIPS
YAML
  [[ -z $BUCKET ]] || cat <<YAML
                  volumeMounts:
                    - name: bucket
                      mountPath: /bucket
              volumes:
                - name: bucket
                  csi:
                    driver: gcsfuse.csi.storage.gke.io
                    volumeAttributes:
                      bucketName: ${BUCKET#gs://}
                      # A checkpoint becomes visible when its folder is renamed.
                      mountOptions: implicit-dirs,rename-dir-limit=1000000
YAML
}

# All of it before kubectl sees any: an argument may not be fit for it.
MANIFEST=$(manifest "$@")
if [[ -n $DRY_RUN ]]; then
  printf '%s\n' "$MANIFEST"
else
  kubectl apply -f - <<<"$MANIFEST"
fi
