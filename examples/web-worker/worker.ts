import "crf-rnn/worker";
