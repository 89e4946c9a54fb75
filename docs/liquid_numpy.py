"""Runs the liquid of a run folder again in NumPy and compares every spike.

    synohm run configs/lsm-digits.yaml --set substrate=ideal --out runs/check \\
        --set 'record=[{what: spikes, of: liquid}, {what: input, of: camera}, {what: weights, of: in}, {what: weights, of: rec}]'
    python3 docs/liquid_numpy.py runs/check

Needs ideal or quantised weights (read noise is not drawn here), a step of 6 ms
or what stands as second argument, decay 0.9 and threshold 5.
"""
import sys, time
from pathlib import Path
import numpy as np

run, step_ms = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 6.0
decay, v_th, steps = 0.9, 5.0, round(300 / step_ms)
w_in = np.load(run / "weights.in.npz")["weights"].astype(np.float32)  # [source, target]
w_rec = np.load(run / "weights.rec.npz")["weights"].astype(np.float32)


def events(name):
    z = np.load(run / f"{name}.npz")
    return z["trial"], np.rint(z["timestamps"] / step_ms).astype(int), z["node_ids"]


trial, step, node = events("input.camera")
trials = trial.max() + 1
x = np.zeros((trials, steps, w_in.shape[0]), bool)
x[trial, step, node] = True
trial, step, node = events("spikes.liquid")
want = np.zeros((trials, steps, w_in.shape[1]), bool)
want[trial, step, node] = True

# Spike by spike, in the order of the simulator: the same float32 additions.
for k in range(trials):
    u, s = np.zeros(w_in.shape[1]), np.zeros(w_in.shape[1], bool)
    for t in range(steps):
        total = np.zeros(w_in.shape[1], np.float32)
        for i in np.flatnonzero(x[k, t]):
            total += w_in[i]
        for i in np.flatnonzero(s):
            total += w_rec[i]
        u = u * decay * ~s + total
        s = u > v_th
        assert (s == want[k, t]).all(), f"trial {k}, step {t}: the spikes differ"
print(f"{want.sum()} spikes of {trials} trials are the same")

# As one would write it for speed: all trials at once, by matrix products.
best = np.inf
for _ in range(3):
    begin = time.perf_counter()
    u, s = np.zeros((trials, w_in.shape[1]), np.float32), np.zeros((trials, w_in.shape[1]), np.float32)
    for t in range(steps):
        u = u * np.float32(decay) * (1 - s) + x[:, t].astype(np.float32) @ w_in + s @ w_rec
        s = (u > v_th).astype(np.float32)
    best = min(best, time.perf_counter() - begin)
print(f"batched matrix products: {trials / best:.0f} trials/s")
