"""Synohm beside Brian2's C++ standalone mode on the networks of configs/bench.

    /usr/bin/python3 docs/peers/bench_peers.py [--rounds 5] [--networks cuba,coba] [--synohm PATH]

Every network is built once for Brian2; then the programs run in turn, Brian2,
Synohm on one worker, Synohm on two, round by round, so that what disturbs the
machine disturbs all alike. Printed are the medians of the real-time factor
(wall time over simulated time, after the warm-up, without building), the ratio
pair by pair, and the rates, as the table of docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NETWORKS = ["brunel-delta", "brunel-alpha", "cuba", "coba", "microcircuit", "stdp-balanced"]
SECONDS = {"brunel-delta": 1, "brunel-alpha": 1, "cuba": 2, "coba": 2, "microcircuit": 1, "stdp-balanced": 1}


def say(*text):
    print(*text, file=sys.stderr, flush=True)


def build_brian2(name, folder):
    out = subprocess.run([sys.executable, os.path.join(HERE, "brian2_networks.py"), name, "--dir", folder],
                         stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(out.stdout.strip().splitlines()[-1])


def run_brian2(name, folder):
    subprocess.run(["./main"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "results", "last_run_info.txt")) as f:
        return float(f.read().split()[0]) / SECONDS[name]


def run_synohm(binary, name, workers):
    with tempfile.TemporaryDirectory() as runs:
        out = subprocess.run([binary, "run", os.path.join(ROOT, "configs", "bench", name + ".yaml"), "--workers", str(workers),
                              "--set", f"time.run={SECONDS[name]} s", "--json", "--progress", "none",
                              "--out", os.path.join(runs, "run")], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(out.stdout)


def rates(r):
    return " ".join(f"{v:.2f}" for v in r.values())


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--networks", default=",".join(NETWORKS))
    a.add_argument("--synohm", help="the command; built anew if it is not given")
    o = a.parse_args()
    import brian2
    with tempfile.TemporaryDirectory() as work:
        binary = o.synohm or os.path.join(work, "synohm")
        if not o.synohm:
            subprocess.run(["go", "build", "-o", binary, "./cmd/synohm"], cwd=ROOT, check=True)
        version = subprocess.run([binary, "version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[0]
        print(f"{version}; Brian2 {brian2.__version__}, C++ standalone, one thread; {os.cpu_count()} cores of "
              f"{platform.machine()}; medians of {o.rounds} interleaved rounds\n")
        print("| network | Brian2 rtf | Synohm rtf, 1 worker | 2 workers | Brian2 / Synohm (1) | rates Hz, Brian2 | rates Hz, Synohm |")
        print("|---|---|---|---|---|---|---|")
        for name in o.networks.split(","):
            folder = os.path.join(work, name)
            say(name, "building")
            first = build_brian2(name, folder)
            b, s1, s2 = [], [], []
            for k in range(o.rounds):
                b.append(run_brian2(name, folder))
                one, two = run_synohm(binary, name, 1), run_synohm(binary, name, 2)
                if one["spikes_sha256"] != two["spikes_sha256"]:
                    sys.exit(f"{name}: one and two workers give different spikes")
                s1.append(one["rtf"])
                s2.append(two["rtf"])
                say(name, f"round {k + 1}: Brian2 {b[-1]:.3f}, Synohm {s1[-1]:.3f} and {s2[-1]:.3f}")
            ratio = statistics.median(x / y for x, y in zip(b, s1))
            print(f"| {name} | {statistics.median(b):.3f} | {statistics.median(s1):.3f} | {statistics.median(s2):.3f} "
                  f"| {ratio:.1f} | {rates(first['rate_hz'])} | {rates(one['rate_hz'])} |", flush=True)


if __name__ == "__main__":
    main()
