#!/bin/bash
# Labels a folder of photographs in 16 parts, four at a time, with GNU parallel; on several machines: --sshloginfile machines --workdir .
# Run it again to go on: the log knows which parts are done, and each part which photographs.
set -euo pipefail

parallel --jobs 4 --joblog segment.log --resume-failed --halt soon,fail=30% \
  npx crf-rnn segment photos --checkpoint crf.safetensors --out masks --threads 4 --quiet --resume --shard {}/16 ::: {1..16}
