"""Reads a run folder with NumPy alone: python3 docs/read_run.py runs/<folder>"""
import json, sys
from pathlib import Path
import numpy as np

run = Path(sys.argv[1])
*epochs, result = [json.loads(line) for line in open(run / "metrics.jsonl")]
print(f"test accuracy {100 * result['test_accuracy']:.2f} % after {len(epochs)} epochs")

spikes = np.load(run / "spikes.liquid.npz")  # one entry a spike: timestamps in ms, node_ids, trial
first = spikes["trial"] == 0
counts = np.bincount(spikes["node_ids"][first])
print(f"spikes of trial 0: {first.sum()}, most from neuron {counts.argmax()} ({counts.max()})")

readout = np.load(run / "readout.npz")  # score of a class = weights @ counts + bias
padded = np.zeros(readout["weights"].shape[1])
padded[: len(counts)] = counts
print("named digit of trial 0:", int(np.argmax(readout["weights"] @ padded + readout["bias"])))
