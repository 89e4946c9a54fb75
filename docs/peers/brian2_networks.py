"""The networks of configs/bench in Brian2, as C++ programs of its standalone mode.

    /usr/bin/python3 docs/peers/brian2_networks.py NAME --dir BUILD [--seed N] [--scale S]

builds BUILD/main and runs it once; afterwards `cd BUILD && ./main` runs it
again. results/last_run_info.txt then holds the wall time of the run after the
warm-up, in seconds. Printed is one JSON object: rates (Hz) after the warm-up
by population and, with --stats, mean coefficient of variation of the intervals
and mean pairwise correlation of counts. --copies N puts N independent networks
(of cuba and coba) into one program and gives the figures of each.
"""

import argparse
import json
import os

import numpy as np
from brian2 import (Hz, Network, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, defaultclock, device, mV, ms, nS,
                    pA, pF, prefs, seed, set_device)

WARM_UP = {"brunel-delta": 500, "brunel-alpha": 500, "cuba": 200, "coba": 200, "microcircuit": 500, "stdp-balanced": 500}
RUN = {"brunel-delta": 1000, "brunel-alpha": 1000, "cuba": 2000, "coba": 2000, "microcircuit": 1000, "stdp-balanced": 1000}


def indegree(source, target, n, rng, **kw):
    """n sources for every target, with replacement."""
    s = Synapses(source, target, **kw)
    s.connect(i=rng.integers(0, len(source), n * len(target)), j=np.repeat(np.arange(len(target)), n))
    return s


def brunel(alpha, rng):
    tau = 20 * ms
    if alpha:
        w, rate = 20.68015524367846 * pA, 17789.0077 * Hz
        eqs = """dv/dt = -v/tau + (ie + ii)/(250*pF) : volt (unless refractory)
                 die/dt = -ie/(0.5*ms) + ye/(0.5*ms) : amp
                 dii/dt = -ii/(0.5*ms) + yi/(0.5*ms) : amp
                 dye/dt = -ye/(0.5*ms) : amp
                 dyi/dt = -yi/(0.5*ms) : amp"""
        we, wi, onto, inh = np.e * w, -5 * np.e * w, "ye", "yi"
    else:
        eqs = "dv/dt = -v/tau : volt (unless refractory)"
        we, wi, rate, onto, inh = 0.1 * mV, -0.5 * mV, 20000 * Hz, "v", "v"
    g = NeuronGroup(12500, eqs, threshold="v >= 20*mV", reset="v = 0*mV", refractory=2 * ms, method="exact",
                    namespace={"tau": tau})
    e = indegree(g[:10000], g, 1000, rng, on_pre=f"{onto} += we", delay=1.5 * ms, namespace={"we": we})
    i = indegree(g[10000:], g, 250, rng, on_pre=f"{inh} += wi", delay=1.5 * ms, namespace={"wi": wi})
    p = PoissonInput(g, onto, N=1000, rate=rate / 1000, weight=we)
    return {"exc": g[:10000], "inh": g[10000:]}, [g, e, i, p]


def bernoulli(rng, sources, p, copies):
    """Pairs of 4,000-cell networks, the sources being a range of each."""
    pairs = [np.nonzero(rng.random((len(sources), 4000)) < p) for _ in range(copies)]
    return {"i": np.concatenate([4000 * c + sources[0] + i for c, (i, _) in enumerate(pairs)]),
            "j": np.concatenate([4000 * c + j for c, (_, j) in enumerate(pairs)])}


def vogels_abbott(rng, g, exc, inh, copies):
    e = Synapses(g, g, on_pre=exc, delay=0.1 * ms)
    i = Synapses(g, g, on_pre=inh, delay=0.1 * ms)
    e.connect(**bernoulli(rng, range(3200), 0.02, copies))
    i.connect(**bernoulli(rng, range(3200, 4000), 0.02, copies))
    pops = {}
    for c in range(copies):
        name = f"/{c}" if copies > 1 else ""
        pops["exc" + name] = g[4000 * c:4000 * c + 3200]
        pops["inh" + name] = g[4000 * c + 3200:4000 * (c + 1)]
    return pops, [g, e, i]


def cuba(rng, copies=1):
    eqs = """dv/dt = (ge + gi - (v + 49*mV))/(20*ms) : volt (unless refractory)
             dge/dt = -ge/(5*ms) : volt
             dgi/dt = -gi/(10*ms) : volt"""
    n = 4000 * copies
    g = NeuronGroup(n, eqs, threshold="v >= -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact")
    g.v = rng.uniform(-60, -50, n) * mV
    return vogels_abbott(rng, g, "ge += 1.62*mV", "gi -= 9*mV", copies)


def coba(rng, copies=1):
    eqs = """dv/dt = (10*nS*(-60*mV - v) + ge*(0*mV - v) + gi*(-80*mV - v))/(200*pF) : volt (unless refractory)
             dge/dt = -ge/(5*ms) : siemens
             dgi/dt = -gi/(10*ms) : siemens"""
    n = 4000 * copies
    g = NeuronGroup(n, eqs, threshold="v >= -50*mV", reset="v = -60*mV", refractory=5 * ms,
                    method="exponential_euler")
    g.v = rng.normal(-65, 5, n) * mV
    g.ge = rng.normal(40, 15, n) * nS
    g.gi = rng.normal(200, 120, n) * nS
    return vogels_abbott(rng, g, "ge += 6*nS", "gi += 67*nS", copies)


POPULATIONS = "L23E L23I L4E L4I L5E L5I L6E L6I".split()
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
# Connection probabilities [target][source] of Potjans and Diesmann 2014, table 5.
PROBABILITY = np.array([
    [.1009, .1689, .0437, .0818, .0323, 0, .0076, 0], [.1346, .1371, .0316, .0515, .0755, 0, .0042, 0],
    [.0077, .0059, .0497, .135, .0067, .0003, .0453, 0], [.0691, .0029, .0794, .1597, .0033, 0, .1057, 0],
    [.1004, .0622, .0505, .0057, .0831, .3726, .0204, 0], [.0548, .0269, .0257, .0022, .06, .3158, .0086, 0],
    [.0156, .0066, .0211, .0166, .0572, .0197, .0396, .2252], [.0364, .001, .0034, .0005, .0277, .008, .0658, .1443]])
RATES = np.array([.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
V0 = [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]
SD0 = [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]


def cut(rng, mean, sd, low, n):
    """Normal numbers; what lies below low is drawn again."""
    x = rng.normal(mean, sd, n)
    while (bad := x < low).any():
        x[bad] = rng.normal(mean, sd, bad.sum())
    return x


def microcircuit(scale, rng):
    w, root = 87.80849352920845, np.sqrt(scale)
    full = np.array(SIZES)
    sizes = np.round(full * scale).astype(int)
    pairs = np.outer(full, full)
    count = np.round(np.log1p(-PROBABILITY) / np.log1p(-1 / pairs))
    weight = np.where(np.arange(8) % 2 == 0, w, -4 * w) * np.ones((8, 1))
    weight[0, 2] *= 2
    lost = 1e-3 * 0.5 * (1 - root) * ((count / full[:, None] * weight * RATES).sum(1) + w * EXTERNAL * 8)
    eqs = """dv/dt = -(v + 65*mV)/(10*ms) + (isyn + dc)/(250*pF) : volt (unless refractory)
             disyn/dt = -isyn/(0.5*ms) : amp
             dc : amp"""
    start = np.concatenate([[0], np.cumsum(sizes)])
    g = NeuronGroup(start[-1], eqs, threshold="v >= -50*mV", reset="v = -65*mV", refractory=2 * ms, method="exact")
    g.v = np.concatenate([rng.normal(V0[k], SD0[k], sizes[k]) for k in range(8)]) * mV
    g.dc = np.repeat(lost, sizes) * pA
    parts, pops = [g], {}
    for t, name in enumerate(POPULATIONS):
        pops[name] = g[start[t]:start[t + 1]]
        parts.append(PoissonInput(pops[name], "isyn", N=EXTERNAL[t], rate=8 * scale * Hz, weight=w / root * pA))
    # All synapses in two objects, as one would write it for speed.
    for kind in range(2):
        pre, post, ws, ds = [], [], [], []
        for t in range(8):
            for s in range(kind, 8, 2):
                n = int(round(count[t, s] * scale * scale))
                pre.append(start[s] + rng.integers(0, sizes[s], n))
                post.append(start[t] + rng.integers(0, sizes[t], n))
                mean = weight[t, s] / root
                ws.append(np.sign(mean) * cut(rng, abs(mean), 0.1 * abs(mean), 0, n))
                ds.append(np.maximum(np.round(cut(rng, 0.75 * (2 - kind), 0.375 * (2 - kind), 0.1, n), 1), 0.1))
        syn = Synapses(g, g, "w : amp", on_pre="isyn += w")
        syn.connect(i=np.concatenate(pre), j=np.concatenate(post))
        syn.w, syn.delay = np.concatenate(ws) * pA, np.concatenate(ds) * ms
        parts.append(syn)
    return pops, parts


def stdp_balanced(rng):
    eqs = """dv/dt = -v/(20*ms) + (ie + ii)/(250*pF) : volt (unless refractory)
             die/dt = -ie/(2*ms) : amp
             dii/dt = -ii/(2*ms) : amp"""
    g = NeuronGroup(11250, eqs, threshold="v >= 20*mV", reset="v = 0*mV", refractory=2 * ms, method="exact")
    g.v = rng.normal(7, 5, 11250) * mV
    plastic = Synapses(g[:9000], g[:9000], """w : amp
        dx/dt = -x/(20*ms) : 1 (event-driven)
        dy/dt = -y/(20*ms) : 1 (event-driven)""",
        on_pre="ie += w; x += 1; w = clip(w - 0.01*1.05*w*y, 0*pA, 70*pA)",
        on_post="y += 1; w = clip(w + 0.01*(70*pA - w)*x, 0*pA, 70*pA)", delay=1.5 * ms)
    plastic.connect(i=rng.integers(0, 9000, 900 * 9000), j=np.repeat(np.arange(9000), 900))
    plastic.w = rng.normal(35, 3, 900 * 9000) * pA
    ei = indegree(g[:9000], g[9000:], 900, rng, on_pre="ie += 35*pA", delay=1.5 * ms)
    i = indegree(g[9000:], g, 225, rng, on_pre="ii -= 175*pA", delay=1.5 * ms)
    p = PoissonInput(g, "ie", N=100, rate=40.5 * Hz, weight=35 * pA)
    return {"exc": g[:9000], "inh": g[9000:]}, [g, plastic, ei, i, p]


def spike_statistics(t, i, size, seconds, rng):
    """Mean rate (Hz), mean CV of the intervals of cells with ten spikes or
    more, mean correlation of counts in 5 ms of 200 random cells."""
    order = np.lexsort((t, i))
    t, i = t[order], i[order]
    cvs = []
    for times in np.split(t, np.flatnonzero(np.diff(i)) + 1):
        if len(times) > 10:
            d = np.diff(times)
            cvs.append(d.std() / d.mean())
    active = np.unique(i)
    chosen = rng.choice(active, min(200, len(active)), replace=False)
    edges = np.arange(t.min(), t.max(), 0.005)
    counts = np.array([np.histogram(t[i == k], edges)[0] for k in chosen])
    counts = counts[counts.std(1) > 0]
    c = np.corrcoef(counts)
    n = len(counts)
    return {"rate": len(t) / size / seconds, "cv": float(np.mean(cvs)) if cvs else None,
            "correlation": float((c.sum() - n) / (n * (n - 1))) if n > 1 else None}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("name", choices=sorted(RUN))
    a.add_argument("--dir", required=True, help="folder of the C++ program")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--scale", type=float, default=0.1, help="of the microcircuit")
    a.add_argument("--stats", action="store_true")
    a.add_argument("--copies", type=int, default=1)
    o = a.parse_args()
    set_device("cpp_standalone", directory=o.dir, build_on_run=False)
    prefs.devices.cpp_standalone.openmp_threads = 0
    defaultclock.dt = 0.1 * ms
    seed(o.seed)
    rng = np.random.default_rng(o.seed)
    build = {"brunel-delta": lambda: brunel(False, rng), "brunel-alpha": lambda: brunel(True, rng),
             "cuba": lambda: cuba(rng, o.copies), "coba": lambda: coba(rng, o.copies),
             "microcircuit": lambda: microcircuit(o.scale, rng), "stdp-balanced": lambda: stdp_balanced(rng)}
    pops, parts = build[o.name]()
    monitors = {name: SpikeMonitor(p) for name, p in pops.items()}
    net = Network(parts, *monitors.values())
    net.run(WARM_UP[o.name] * ms)
    net.run(RUN[o.name] * ms)
    device.build(directory=o.dir, compile=True, run=True, debug=False)
    out = {}
    seconds = RUN[o.name] * 1e-3
    for name, m in monitors.items():
        t, i = np.asarray(m.t), np.asarray(m.i)
        keep = t >= WARM_UP[o.name] * 1e-3
        size = len(pops[name])
        if o.stats:
            out[name] = spike_statistics(t[keep], i[keep], size, seconds, rng)
        else:
            out[name] = keep.sum() / size / seconds
    with open(os.path.join(o.dir, "results", "last_run_info.txt")) as f:
        wall = float(f.read().split()[0])
    print(json.dumps({"network": o.name, "rate_hz": out, "wall_s": wall, "rtf": wall / seconds}))


if __name__ == "__main__":
    main()
