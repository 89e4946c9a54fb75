"""Reads a run folder with NumPy alone: python3 docs/read_run.py runs/<folder>"""
import json, sys
from pathlib import Path
import numpy as np

run = Path(sys.argv[1])
*epochs, result = [json.loads(line) for line in open(run / "metrics.jsonl")]


def simulation():
    """Recordings of a simulation: names of files are what.of.npz."""
    for file in sorted(run.glob("*.npz")):
        what, of = file.stem.split(".", 1)
        z = np.load(file)
        if what == "spikes":  # one entry a spike: timestamps in ms, node_ids
            t, ids = z["timestamps"], z["node_ids"]
            most = f", most from neuron {np.bincount(ids).argmax()}" if len(ids) else ""
            print(f"spikes of {of}: {len(t)}{most}")
        elif what == "rate":  # one entry a bin, timestamps at their ends
            print(f"rate of {of} ({z['unit']}): {len(z['rate'])} bins, mean {z['rate'].mean():.3g}")
        elif what == "weights":  # [time, synapse] between source_ids and target_ids
            print(f"weights of {of} ({z['unit']}): {z['weights'].shape[0]} times, {len(z['source_ids'])} synapses, last mean {z['weights'][-1].mean():.4g}")
        elif what == "conductances":  # of each plane of cells, beside what it was programmed to
            for plane in [name for name in z.files if name + "_target" in z.files]:
                print(f"conductances of {of}, {plane} ({z['unit']}): {z[plane].size} cells, mean {z[plane].mean():.4g}")
        else:  # [time, neuron] of node_ids
            print(f"{what} of {of} ({z['unit']}): {z[what].shape[0]} times, {len(z['node_ids'])} neurons, mean {z[what].mean():.4g}")


    rates = ", ".join(f"{population} {rate:.3g} Hz" for population, rate in result["rate_hz"].items())
    print("rates:", rates)


def liquid():
    print(f"test accuracy {100 * result['test_accuracy']:.2f} % after {len(epochs)} epochs")
    spikes = np.load(run / "spikes.liquid.npz")  # one entry a spike: timestamps in ms, node_ids, trial
    first = spikes["trial"] == 0
    counts = np.bincount(spikes["node_ids"][first])
    print(f"spikes of trial 0: {first.sum()}, most from neuron {counts.argmax()} ({counts.max()})")

    readout = np.load(run / "readout.npz")  # score of a class = weights @ counts + bias
    padded = np.zeros(readout["weights"].shape[1])
    padded[: len(counts)] = counts
    print("named digit of trial 0:", int(np.argmax(readout["weights"] @ padded + readout["bias"])))


{"simulate": simulation, "liquid": liquid}[result["task"]]()
