"""Products of matrices in single precision here and in OpenBLAS, side by side.

    make bench-blas

The programs run in turn, for some rounds; of every figure the best round is
taken, since other work on the machine can only slow it down. OpenBLAS is that
of NumPy, Debian's python3-numpy with libopenblas0, and chooses its kernels
itself: variables OPENBLAS_* of the environment, which may force others, are
left out.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = [(512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (128, 784, 500), (256, 784, 500)]
SECONDS = 0.3  # of one measurement


def numpy_speed(m, k, n):
    """GFLOP/s of NumPy's product in this process, the best of its calls."""
    import time

    import numpy as np

    library = [line.split()[-1] for line in open("/proc/self/maps") if "libopenblas" in line]
    if not library:
        sys.exit(
            "NumPy does not use OpenBLAS here. Install it by apt-get install libopenblas0, and choose it by "
            "update-alternatives --config libblas.so.3-x86_64-linux-gnu"
        )
    rng = np.random.default_rng(1)
    a, b = rng.random((m, k), np.float32), rng.random((k, n), np.float32)
    c = np.zeros((m, n), np.float32)
    best, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        t = time.perf_counter()
        np.dot(a, b, out=c)
        best = min(best, time.perf_counter() - t)
    return 2 * m * k * n / best / 1e9, np.__version__, os.path.basename(library[0])


def openblas(shape, threads):
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    env.update(OPENBLAS_NUM_THREADS=str(threads), OPENBLAS_VERBOSE="2")
    out = subprocess.run(
        [sys.executable, __file__, "--numpy", *map(str, shape)],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    if out.returncode != 0:
        sys.exit(out.stderr)
    speed, version, library = out.stdout.split()
    core = re.search(r"Core: (\S+)", out.stderr)
    return float(speed), f"NumPy {version}, {library}, kernels for {core[1] if core else 'an unnamed core'}"


def ours(binary, shape, workers):
    """GFLOP/s of the best form that the processor has, and its name."""
    name = f"Gemm$/^{'x'.join(map(str, shape))}$/^(avx2|avx512|portable)$/^workers={workers}$"
    out = subprocess.run(
        [binary, "-test.run", "^$", "-test.bench", name, "-test.benchtime", f"{SECONDS}s"],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    rows = re.findall(r"/(portable|avx2|avx512)/workers=\d\S*\s.*?([\d.]+) peak-GFLOP/s", out)
    if not rows:
        sys.exit(f"the benchmark {name} gave no figure:\n{out}")
    return {form: float(speed) for form, speed in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--numpy", type=int, nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.numpy:
        print(*numpy_speed(*args.numpy))
        return
    best = {}

    def keep(shape, what, speed):
        best[shape, what] = max(best.get((shape, what), 0), speed)

    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "kernels.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./internal/kernels"], cwd=ROOT, check=True)
        for r in range(args.rounds):
            for shape in SHAPES:
                print(f"round {r + 1} of {args.rounds}: {shape}", file=sys.stderr)
                for threads in (1, 2):
                    speed, peer = openblas(shape, threads)
                    keep(shape, ("openblas", threads), speed)
                    for form, speed in ours(binary, shape, threads).items():
                        keep(shape, (form, threads), speed)
    print(f"{peer}; GFLOP/s, the best of {args.rounds} rounds\n")
    print("| m x k x n | OpenBLAS, 1 thread | 2 threads | 2 / 1 | AVX2, 1 worker | best form, 1 worker | over OpenBLAS | 2 workers | 2 / 1 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        def of(what, threads=1):
            return best.get((shape, (what, threads)), 0)

        form = next(f for f in ("avx512", "avx2", "portable") if of(f))
        one, two = of("openblas"), of("openblas", 2)
        avx2 = f"{of('avx2'):.0f}" if of("avx2") else ""
        print(
            f"| {' x '.join(map(str, shape))} | {one:.0f} | {two:.0f} | {two / one:.2f} | {avx2} "
            f"| {of(form):.0f} | {of(form) / one:.2f} | {of(form, 2):.0f} | {of(form, 2) / of(form):.2f} |"
        )


main()
