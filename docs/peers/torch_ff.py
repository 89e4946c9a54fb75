"""An epoch of forward-forward learning in PyTorch and here, in turn.

    /usr/bin/python3 docs/peers/torch_ff.py [--rounds 3] [--synohm PATH]

The network and the rule are those of configs/ff-mnist.yaml: 784 - 500 - 500,
batches of 128 digits with their label and as many with a wrong one, goodness the
sum of the squares, peers pulled together, descent with momentum. PyTorch runs on
one thread and on two, with autograd for every layer and with the derivative
written out, which spares it work; Synohm runs on one worker and on two. What is
printed are the fastest epochs of all rounds, without evaluation, and the ratio of
PyTorch's best to ours on two workers.
"""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# A setting of the shell may have OpenBLAS take older kernels than the processor's.
for key in [k for k in os.environ if k.startswith(("OPENBLAS_", "MKL_", "OMP_"))]:
    del os.environ[key]

import numpy  # noqa: E402
import torch  # noqa: E402

UNITS, BATCH, THETA, PEER, RATE, MOMENTUM, DECAY = (784, 500, 500), 128, 500.0, 0.03, 1e-3, 0.9, 3e-4


def digits(folder):
    def read(name, offset):
        path = os.path.join(folder, name)
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path) as f:
            return numpy.frombuffer(f.read(), dtype=numpy.uint8, offset=offset)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    return torch.from_numpy(x.astype(numpy.float32) / 255), torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))


class Layer:
    def __init__(self, n, m):
        g = torch.Generator().manual_seed(n + m)
        self.w = torch.empty(n, m).normal_(0, m ** -0.5, generator=g)
        self.b = torch.zeros(m)
        self.mean = torch.zeros(m)


def normalised(x):
    return x / (x.pow(2).mean(1, keepdim=True) + 1e-8).sqrt()


def batches(x, y):
    order = torch.randperm(len(x))
    for k in range(len(x) // BATCH):
        i = order[k * BATCH:(k + 1) * BATCH]
        label = y[i]
        wrong = (label + torch.randint(1, 10, (BATCH,))) % 10
        both = x[i].repeat(2, 1)
        both[:, :10] = 0
        both[torch.arange(2 * BATCH), torch.cat([label, wrong])] = 1
        yield both


SIGN = torch.cat([-torch.ones(BATCH), torch.ones(BATCH)])


def autograd_epoch(layers, x, y):
    params = [p.requires_grad_() for l in layers for p in (l.w, l.b)]
    steps = torch.optim.SGD(params, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    for h in batches(x, y):
        steps.zero_grad()
        for l in layers:
            h = torch.relu(torch.addmm(l.b, normalised(h.detach()), l.w))
            g = h.pow(2).sum(1)
            loss = torch.nn.functional.softplus(SIGN * (g - THETA)).mean()
            l.mean = MOMENTUM * l.mean.detach() + (1 - MOMENTUM) * h[:BATCH].mean(0)
            loss = loss + PEER * (l.mean - l.mean.mean()).pow(2).mean()
            loss.backward()
        steps.step()
    for p in params:
        p.requires_grad_(False)


def plain_epoch(layers, x, y):
    velocity = [torch.zeros_like(p) for l in layers for p in (l.w, l.b)]
    with torch.no_grad():
        for h in batches(x, y):
            for k, l in enumerate(layers):
                x_in = normalised(h)
                h = torch.relu(torch.addmm(l.b, x_in, l.w))
                g = h.pow(2).sum(1)
                c = SIGN * torch.sigmoid(SIGN * (g - THETA)) / BATCH
                d = h * c.unsqueeze(1)
                l.mean.mul_(MOMENTUM).add_(h[:BATCH].mean(0), alpha=1 - MOMENTUM)
                d[:BATCH] += PEER * 2 / len(l.b) * (l.mean - l.mean.mean()) * (1 - MOMENTUM) / BATCH
                for v, p, grad in ((velocity[2 * k], l.w, x_in.t() @ d), (velocity[2 * k + 1], l.b, d.sum(0))):
                    v.mul_(MOMENTUM).add_(grad).add_(p, alpha=DECAY)
                    p.sub_(v, alpha=RATE)


def torch_epoch(threads, epoch, x, y):
    torch.set_num_threads(threads)
    layers = [Layer(n, m) for n, m in zip(UNITS, UNITS[1:])]
    began = time.perf_counter()
    epoch(layers, x, y)
    return time.perf_counter() - began


def synohm_epoch(binary, workers):
    with tempfile.TemporaryDirectory() as runs:
        out = subprocess.run([binary, "run", os.path.join(ROOT, "configs", "ff-mnist.yaml"), "--workers", str(workers), "--json", "--progress", "none",
                              "--set", "task.epochs=1", "--set", "task.evaluate=0", "--set", "task.plots=false",
                              "--set", "task.data={kind: mnist, test: 100}", "--out", os.path.join(runs, "run")], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(out.stdout)["epoch_s"]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--synohm", help="the command; built anew if it is not given")
    o = a.parse_args()
    with tempfile.TemporaryDirectory() as tmp:
        binary = o.synohm
        if not binary:
            binary = os.path.join(tmp, "synohm")
            subprocess.run(["go", "build", "-o", binary, "./cmd/synohm"], cwd=ROOT, check=True)
        where = subprocess.run([binary, "data", "list"], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        folder = next(where[i + 2].strip() for i, line in enumerate(where) if line.startswith("mnist:"))
        x, y = digits(folder)
        kinds = {
            "PyTorch, autograd, 1 thread": lambda: torch_epoch(1, autograd_epoch, x, y),
            "PyTorch, autograd, 2 threads": lambda: torch_epoch(2, autograd_epoch, x, y),
            "PyTorch, written out, 1 thread": lambda: torch_epoch(1, plain_epoch, x, y),
            "PyTorch, written out, 2 threads": lambda: torch_epoch(2, plain_epoch, x, y),
            "Synohm, 1 worker": lambda: synohm_epoch(binary, 1),
            "Synohm, 2 workers": lambda: synohm_epoch(binary, 2),
        }
        best = {}
        for r in range(o.rounds):
            for name, run in kinds.items():
                s = run()
                best[name] = min(best.get(name, s), s)
                print(f"round {r + 1}: {name}: {s:.2f} s", file=sys.stderr, flush=True)
    print(f"PyTorch {torch.__version__}, Python {platform.python_version()}\n")
    print("| an epoch of 60,000 digits | s |\n|---|---|")
    for name, s in best.items():
        print(f"| {name} | {s:.2f} |")
    theirs = min(s for n, s in best.items() if n.startswith("PyTorch"))
    auto = min(s for n, s in best.items() if "autograd" in n)
    ours = best["Synohm, 2 workers"]
    print(f"\nPyTorch's best over ours on two workers: {auto / ours:.2f} with autograd, {theirs / ours:.2f} of all")


if __name__ == "__main__":
    main()
