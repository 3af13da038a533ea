"""Five times the peak: is every request answered or refused in time, and when is all well again?

Usage: python benchmarks/overload.py [--template NAME] [--data TRAIN.csv] [--seconds 10]
       python benchmarks/overload.py --project FOLDER [--seconds 10]

For /explain, /predict and, where there is a bot, conversations on /chat: the peak is what wrk finds
on the same server. Then, in an open loop (open_loop.py), a quarter of the peak, five times the
peak, and a quarter again. One worker on one core, the load on another. Where the generator cannot
send so much, the rate that it reached is the one that is printed, with how late it was itself; and
wrk with five times the connections is tried in addition. A latency counts from the moment at which
the request was begun.

All is well again in the first half second after which, for the rest of the run, every request
succeeds and the 99th percentile is no more than twice that of the worst half second before it.
"""

import sys
from collections.abc import Sequence

import bench_projects
import load_generators
import numpy as np
import servers
from bench_projects import Bench, Post
from load_generators import Requests

FACTOR = 5.0
CALM = 0.25
CALM_SECONDS = 10.0
WINDOW_SECONDS = 0.5
CONNECTIONS = 800  # below the usual limit of 1,024 open files
LONGEST_MS, LONGEST_REFUSAL_MS, LONGEST_RECOVERY_S = 1000.0, 50.0, 5.0
# /explain takes as many at once as APP_MAX_SLOW_IN_FLIGHT lets in, by default 8.
PEAK_CONNECTIONS = {"/explain": 8, "/predict": 32, "/chat": 32}


def main() -> int:
    """Measure and print. Returns 1 if a bar is missed."""
    parser = bench_projects.parser(__doc__.splitlines()[0], *bench_projects.TEMPLATES)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the overload")
    arguments = parser.parse_args()
    missed = 0
    with bench_projects.bench(arguments, "wrk") as bench:
        for route, connections in PEAK_CONNECTIONS.items():
            posts = bench.posts(route)
            if not posts:
                continue
            with servers.project_server(bench) as (address, process):
                missed += measure(bench, address, posts, connections, arguments.seconds)
                if process.poll() is not None:
                    print(f"{route}: the server ended")
                    missed += 1
    return int(missed > 0)


def measure(
    bench: Bench, address: str, posts: Sequence[Post], connections: int, seconds: float
) -> int:
    """One route. Returns the number of bars missed."""
    peak = load_generators.wrk_posts(bench, address, posts, connections=connections, seconds=5).rate
    phases = [(CALM * peak, CALM_SECONDS), (FACTOR * peak, seconds), (CALM * peak, CALM_SECONDS)]
    found = load_generators.start_open_loop(
        bench, address, posts, phases, CONNECTIONS, wait=False
    )()
    before = found.between(0, CALM_SECONDS)
    during = found.between(CALM_SECONDS, CALM_SECONDS + seconds)
    normal = worst_window(found, 0, CALM_SECONDS)
    recovery = recovered_after(found, CALM_SECONDS + seconds, normal)
    sent = during.status >= 0
    print(f"\n{posts[0].path}: peak {peak:,.0f} requests/s with {connections} connections")
    share = np.mean(before.status == 200)
    print(f"before: p99 of the worst half second {normal:.1f} ms, {share:.0%} answered")
    print(f"overload: offered {sent.sum() / seconds:,.0f}/s ({sent.sum() / seconds / peak:.1f} x)")
    missed = report(during, int((~sent).sum()))
    print(f"after: normal again within {recovery:.1f} s (bar {LONGEST_RECOVERY_S:g} s)")
    missed += recovery > LONGEST_RECOVERY_S
    many = int(FACTOR * connections)
    closed = load_generators.wrk_posts(
        bench, address, posts, connections=many, seconds=seconds, all_succeed=False
    )
    print(
        f"wrk with {many} connections: {closed.rate:,.0f} answers/s, {closed.refused:,} refused, "
        f"p99 {closed.p99:.1f} ms, max {closed.slowest:.0f} ms"
    )
    return missed + (closed.slowest > LONGEST_MS)


def report(during: Requests, not_sent: int) -> int:
    """Print what came of the overload. Returns the number of bars missed."""
    done, refused = during.answered(200), during.answered(503)
    other = len(during.status) - len(done) - len(refused) - not_sent
    print(f"          answered {len(done):,}, {shown(done)} (bar: max {LONGEST_MS:,.0f} ms)")
    print(f"          refused {len(refused):,}, {shown(refused)} (bar: {LONGEST_REFUSAL_MS:g} ms)")
    late = np.percentile(during.late[during.status >= 0], 99) * 1000
    print(f"          the generator's own delay: p99 {late:.1f} ms")
    print(f"          neither {other:,}; not sent for want of connections {not_sent:,}")
    slow = len(done) > 0 and done.max() > LONGEST_MS
    slow_refusal = len(refused) > 0 and np.percentile(refused, 99) > LONGEST_REFUSAL_MS
    return int(slow) + int(slow_refusal) + int(other > 0)


def shown(latencies: load_generators.Array) -> str:
    """Percentiles of latencies in milliseconds."""
    if not len(latencies):
        return "no latency"
    p50, p99, slowest = np.percentile(latencies, [50, 99, 100])
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {slowest:.1f} ms"


def worst_window(found: Requests, start: float, end: float) -> float:
    """The largest 99th percentile of the latencies in a window, in milliseconds."""
    starts = np.arange(start, end, WINDOW_SECONDS)
    windows = [found.between(at, at + WINDOW_SECONDS).answered(200) for at in starts]
    return max(float(np.percentile(each, 99)) for each in windows if len(each))


def recovered_after(found: Requests, end: float, normal: float) -> float:
    """Seconds from the end of the overload until all is well for good."""
    recovery, start = 0.0, end
    last = float(found.due[-1])
    while start < last:
        window = found.between(start, start + WINDOW_SECONDS)
        latencies = window.answered(200)
        well = (
            len(latencies) == len(window.status) > 0 and np.percentile(latencies, 99) <= 2 * normal
        )
        start += WINDOW_SECONDS
        if not well:
            recovery = start - end
    return recovery


if __name__ == "__main__":
    sys.exit(main())
