#!/usr/bin/env bash
# From nothing to a bundle: corpus, tokenizers, tokens, stages.
#
#   bash launch/train_tiny.sh --minutes 60 [--work FOLDER] [--output BUNDLE] [--dry-run]
#     [--clips N]            of the corpus; as many as suit the minutes if not given
#     [--soundfont FILE]     plays its acoustic and electric instruments
#     [--text_start FOLDER]  what `musiclm import bert` made: MuLan reads prompts by it
#     [--tokenizers BUNDLE]  trained ones; all minutes go to the stages
#
# Started again, it goes on where it stopped; a finished step is not done again. Two steps
# run side by side where there are two cores, each on its own half of them.
set -euo pipefail

# Share of --minutes that each training gets. What they leave goes to the corpus, the
# tokens and the exports, which take as long as they take.
declare -A SHARE=(
  # side by side: the codec, and the others one after the other
  [tone_codec]=0.40
  [semantic_aspects]=0.05 [mulan]=0.27 [mulan_rvq]=0.03 [image_tower]=0.05
  # side by side
  [soundstorm]=0.45 [semantic_stage]=0.45
)
TOKENIZER_TRAININGS=(tone_codec semantic_aspects mulan mulan_rvq image_tower)
STAGE_TRAININGS=(semantic_stage soundstorm)
# Clips of the corpus for each of --minutes, and how few and how many there are at least
# and at most.
CLIPS_PER_MINUTE=60 FEWEST_CLIPS=400 MOST_CLIPS=20000
# With less than this a training has hardly begun.
LEAST_MINUTES=0.1

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

fail() {
  echo "train_tiny.sh: error: $*" >&2
  exit 2
}

MINUTES=60 WORK=runs/tiny OUTPUT='' CLIPS='' SOUNDFONT='' TEXT_START='' TOKENIZERS='' DRY_RUN=''
while (($#)); do
  case $1 in
    --minutes | --work | --output | --clips | --soundfont | --text_start | --tokenizers)
      (($# > 1)) || fail "$1 has no value"
      case $1 in
        --minutes) MINUTES=$2 ;;
        --work) WORK=$2 ;;
        --output) OUTPUT=$2 ;;
        --clips) CLIPS=$2 ;;
        --soundfont) SOUNDFONT=$(realpath -m -- "$2") ;;
        --text_start) TEXT_START=$(realpath -m -- "$2") ;;
        --tokenizers) TOKENIZERS=$(realpath -m -- "$2") ;;
      esac
      shift 2
      ;;
    --dry-run) DRY_RUN=1 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) fail "there is no argument $1 (see --help)" ;;
  esac
done
[[ $MINUTES =~ ^[0-9]+(\.[0-9]+)?$ && $MINUTES =~ [1-9] ]] ||
  fail "--minutes is $MINUTES; it must be a number above 0"
[[ -z $CLIPS || $CLIPS =~ ^[1-9][0-9]*$ ]] ||
  fail "--clips is $CLIPS; it must be a whole number above 0"
[[ -z $SOUNDFONT || -f $SOUNDFONT ]] || fail "--soundfont: there is no file $SOUNDFONT"
[[ -z $TEXT_START || -d $TEXT_START ]] ||
  fail "--text_start: there is no folder $TEXT_START"
[[ -z $TOKENIZERS || -f $TOKENIZERS/bundle.json ]] ||
  fail "--tokenizers: there is no bundle in $TOKENIZERS"
[[ -z $TOKENIZERS || -z $TEXT_START ]] ||
  fail "--tokenizers have a MuLan that is trained, so --text_start has no use: give one"
TRAININGS=("${TOKENIZER_TRAININGS[@]}" "${STAGE_TRAININGS[@]}")
if [[ -n $TOKENIZERS ]]; then
  TRAININGS=("${STAGE_TRAININGS[@]}")
  SHARE=([soundstorm]=0.90 [semantic_stage]=0.90)
fi
# of NAME, its share of all minutes
budget() { awk -v m="$MINUTES" -v s="${SHARE[$1]}" 'BEGIN {print m * s}'; }
for name in "${TRAININGS[@]}"; do
  awk -v got="$(budget "$name")" -v least="$LEAST_MINUTES" 'BEGIN {exit got < least}' ||
    fail "of --minutes $MINUTES, $name would get $(budget "$name"), and a training wants" \
      "$LEAST_MINUTES at least: give more"
done
[[ -n $CLIPS ]] || CLIPS=$(awk -v n="$CLIPS_PER_MINUTE" -v m="$MINUTES" \
  -v low="$FEWEST_CLIPS" -v high="$MOST_CLIPS" \
  'BEGIN {n = int(n * m); print (n < low ? low : (n > high ? high : n))}')

# Absolute, since all is run from the repository's root, installed or not.
WORK=$(realpath -m -- "$WORK")
OUTPUT=$(realpath -m -- "${OUTPUT:-$WORK/bundle}")
cd -- "$(dirname -- "$0")/.."
PYTHON=${PYTHON:-python3}
MUSICLM=("$PYTHON" -m musiclm_jax)
DATA=$WORK/data VOCABULARY=$WORK/vocabulary.json TOKENS=$WORK/tokens
# As shared/synth_music.gin names it.
CORPUS=played

# ---- steps --------------------------------------------------------------------------

# step NAME COMMAND...: runs the command once, with its output in a log of its own.
step() {
  local name=$1 started status=0
  shift
  if [[ -n $DRY_RUN ]]; then
    printf '%s:' "$name"
    printf ' %q' ${PIN[@]+"${PIN[@]}"} "$@"
    printf '\n'
    return
  fi
  if [[ -e $WORK/done/$name ]]; then
    echo "$name: is done already"
    return
  fi
  echo "$name: started at $(date +%H:%M:%S), see $WORK/logs/$name.log"
  started=$(date +%s)
  ${PIN[@]+"${PIN[@]}"} "$@" >>"$WORK/logs/$name.log" 2>&1 || status=$?
  # Added up over restarts.
  echo $(($(date +%s) - started)) >>"$WORK/seconds/$name"
  if ((status)); then
    echo "$name: failed, see the end of $WORK/logs/$name.log" >&2
    return "$status"
  fi
  touch "$WORK/done/$name"
  echo "$name: done after $(minutes_of "$name") min"
}

minutes_of() { awk '{s += $1} END {printf "%.1f", s / 60}' "$WORK/seconds/$1"; }

train() { # NAME [ARGUMENT...]
  local name=$1
  shift
  step "$name" "${MUSICLM[@]}" train \
    --gin_file="runs/$name.gin" --gin_file=sizes/tiny.gin \
    --model_dir="$WORK/runs/$name" \
    --minutes="$(budget "$name")" "$@"
}

export_run() { # NAME [ARGUMENT...]
  local name=$1
  shift
  step "export_$name" "${MUSICLM[@]}" export \
    --run="$WORK/runs/$name" --output="$OUTPUT" "$@"
}

corpus() {
  step corpus "${MUSICLM[@]}" data prepare \
    --gin_file=runs/prepare.gin --gin_file=shared/synth_music.gin \
    --gin.NUM_CLIPS="$CLIPS" \
    --gin.SOUNDFONT="'$SOUNDFONT'" --gin.DATA_DIR="'$DATA'"
}

tokens() {
  step tokens "${MUSICLM[@]}" tokenize --dataset="synth_music/$CORPUS" \
    --data_dir="$DATA" --bundle="$OUTPUT" --output="$TOKENS"
}

# ---- lanes --------------------------------------------------------------------------

SOUND=(--gin.DATA_DIR="'$DATA'" --gin.DATASET="'synth_music/$CORPUS'")

codec_lane() { train tone_codec "${SOUND[@]}"; }

# One after the other, and so are the exports: only one may write to the bundle.
tokenizer_lane() {
  local words=(--gin.VOCABULARY="'$VOCABULARY'") bits=16
  if [[ -n $TEXT_START ]]; then
    VOCABULARY=$TEXT_START/vocabulary.json
    bits=8 # most of the bundle, and none of it trained here
    words=(--gin_file=shared/sentence_encoder.gin --gin.TEXT_START="'$TEXT_START'")
  fi
  train semantic_aspects "${SOUND[@]}" &&
    export_run semantic_aspects &&
    train mulan "${SOUND[@]}" "${words[@]}" &&
    export_run mulan --vocabulary="$VOCABULARY" --bits="$bits" &&
    train mulan_rvq "${SOUND[@]}" --gin.BUNDLE="'$OUTPUT'" &&
    export_run mulan_rvq &&
    train image_tower --gin.BUNDLE="'$OUTPUT'" &&
    export_run image_tower --bits=8
}

train_stage() { train "$1" --gin.TOKENS="'$TOKENS'" --gin.BUNDLE="'$OUTPUT'"; }
acoustic_lane() { train_stage soundstorm; }
semantic_lane() { train_stage semantic_stage; }

# side_by_side FUNCTION FUNCTION: each on half of the cores; one after the other where
# they would share one core or one accelerator.
side_by_side() {
  local lanes=() lane ended
  if ((CORES < 2)) || [[ $BACKEND != cpu || -n $DRY_RUN ]]; then
    "$1" && "$2"
    return
  fi
  set -m # a process group for each lane, so that all of it can be ended
  (pin "0-$((CORES / 2 - 1))" && "$1") &
  lanes+=("$!")
  (pin "$((CORES / 2))-$((CORES - 1))" && "$2") &
  lanes+=("$!")
  set +m
  # The trainings save what they have when they are told to end.
  trap 'for lane in "${lanes[@]}"; do kill -TERM -- "-$lane"; done 2>/dev/null || true
    wait; exit 130' INT TERM
  while ((${#lanes[@]})); do
    if ! wait -n -p ended "${lanes[@]}"; then
      kill -TERM -- "${lanes[@]/#/-}" 2>/dev/null || true
      wait
      fail "a step failed; the same command goes on from there"
    fi
    for lane in "${!lanes[@]}"; do
      [[ ${lanes[lane]} != "$ended" ]] || unset "lanes[lane]"
    done
  done
  trap - INT TERM
}

pin() {
  PIN=()
  if taskset -c "$1" true 2>/dev/null; then PIN=(taskset -c "$1"); fi
}

# ---- all of it ----------------------------------------------------------------------

report() {
  printf '\n%-16s %9s %9s\n' part minutes steps
  local name metrics count
  for name in corpus tokens "${TRAININGS[@]}"; do
    metrics=$WORK/runs/$name/metrics.jsonl count='-'
    [[ ! -e $metrics ]] || count=$(sed -n '$s/.*"step": \([0-9]*\).*/\1/p' "$metrics")
    printf '%-16s %9s %9s\n' "$name" "$(minutes_of "$name")" "$count"
  done
  printf 'on %s\nmodel: %s\n' "$HARDWARE" "$OUTPUT"
}

write_card() {
  local name comma=''
  {
    printf '{"corpus": "synth_music, %s clips", ' "$CLIPS"
    [[ -z $SOUNDFONT ]] || printf '"soundfont": "%s", ' "$(basename "$SOUNDFONT")"
    printf '"hardware": "%s", "minutes": {' "$HARDWARE"
    for name in "${TRAININGS[@]}"; do
      printf '%s"%s": %s' "$comma" "$name" "$(minutes_of "$name")"
      comma=', '
    done
    printf '}}\n'
  } >"$WORK/card.json"
}

PIN=()
CORES=$(nproc)
BACKEND=cpu
HARDWARE="$CORES CPU cores"
if [[ -z $DRY_RUN ]]; then
  mkdir -p "$WORK"/{done,logs,seconds} "$OUTPUT"
  BACKEND=$("$PYTHON" -c 'import jax; print(jax.default_backend())')
  MODEL=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
  HARDWARE="$CORES CPU cores${MODEL:+ ($MODEL)}"
  if [[ $BACKEND != cpu ]]; then
    HARDWARE+=", $("$PYTHON" -c 'import jax; print(
      f"{len(jax.devices())} x {jax.devices()[0].device_kind}")')"
  fi
fi

corpus
if [[ -n $TOKENIZERS ]]; then
  step tokenizers cp -r -- "$TOKENIZERS/." "$OUTPUT"
else
  side_by_side codec_lane tokenizer_lane
  export_run tone_codec
fi
tokens
side_by_side acoustic_lane semantic_lane
for name in "${STAGE_TRAININGS[@]}"; do export_run "$name"; done
if [[ -z $DRY_RUN ]]; then
  write_card
  # So small a model follows prompts better when it is guided, and keeps the beat when
  # tokens of onsets, timbre and beat are drawn with care: those of harmony move a tune.
  # What it wrote before outweighs a new prompt, so it keeps two of those tokens alone.
  # Without a prompt nothing holds a key but what was heard: there, harmony too is drawn
  # with care.
  "${MUSICLM[@]}" export --card="$WORK/card.json" --output="$OUTPUT" \
    --gin_file=runs/generate.gin --gin.SEMANTIC_GUIDANCE=3 \
    --gin.SEMANTIC_TEMPERATURE="(0.35, 0.8, 0.25, 0.8, 0.35)" \
    --gin.UNPROMPTED_TEMPERATURE="(0.35, 0.35, 0.25, 0.35, 0.35)" \
    --gin.CHANGE_OVERLAP=0.008 \
    --gin.SOUNDSTORM_ITERATIONS=1 --gin.SOUNDSTORM_MEAN_LEVELS=2 >/dev/null
  report
fi
