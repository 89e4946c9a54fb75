"""Products of matrices in single precision here and in OpenBLAS, side by side.

    make bench-blas

The programs run in turn, for some rounds; of every figure the best round is
taken, since other work on the machine can only slow it down. OpenBLAS is that
of NumPy, Debian's python3-numpy with libopenblas0. A release that is older than the
processor takes slower kernels than it has, so it is measured as it starts and
with its kernels for AVX-512 (OPENBLAS_CORETYPE=SkylakeX), where there are some
for the processor; the ratio is to the faster of both.
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

    library = [line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line]
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


def openblas(shape, threads, core):
    env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads))
    env.pop("OPENBLAS_CORETYPE", None)
    if core:
        env["OPENBLAS_CORETYPE"] = core
    out = subprocess.run(
        [sys.executable, __file__, "--numpy", *map(str, shape)], env=env, stdout=subprocess.PIPE, text=True
    )
    if out.returncode != 0:
        sys.exit(out.returncode)
    speed, version, library = out.stdout.split()
    return float(speed), version, library


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
    avx512 = " avx512bw" in open("/proc/cpuinfo").read()
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
                    speed, version, library = openblas(shape, threads, None)
                    keep(shape, ("default", threads), speed)
                    if avx512:
                        keep(shape, ("SkylakeX", threads), openblas(shape, threads, "SkylakeX")[0])
                    for form, speed in ours(binary, shape, threads).items():
                        keep(shape, (form, threads), speed)
    print(f"NumPy {version}, {library}; GFLOP/s, the best of {args.rounds} rounds\n")
    print("| m x k x n | OpenBLAS | OpenBLAS, AVX-512 | AVX2 | best form | best / faster OpenBLAS | OpenBLAS, 2 threads / 1 | 2 workers | 2 / 1 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        def of(what, threads=1):
            return best.get((shape, (what, threads)), 0)

        form = next(f for f in ("avx512", "avx2", "portable") if of(f))
        faster = max(("default", "SkylakeX"), key=of)
        shown = [f"{x:.0f}" if x else "" for x in (of("default"), of("SkylakeX"), of("avx2"), of(form))]
        print(
            f"| {' x '.join(map(str, shape))} | {' | '.join(shown)} | {of(form) / of(faster):.2f} "
            f"| {of(faster, 2) / of(faster):.2f} | {of(form, 2):.0f} | {of(form, 2) / of(form):.2f} |"
        )


main()
