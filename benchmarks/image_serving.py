"""`POST /predict` of cv-api against FastAPI around the same model in PyTorch, on uploaded files.

Usage: python benchmarks/image_serving.py --peers PYTHON [--project FOLDER] [--data FILE.parquet]
           [--rounds N]

Without --project it generates a project and trains it with default settings: on its sample, or on
the pictures of --data. PYTHON is an interpreter with the project's dependencies, its extra `train`
and python-multipart, which FastAPI needs for an UploadFile. One worker with one thread on one core,
wrk (Debian: apt install wrk) on another. Both servers run all the time and are sent the same bodies
(multipart/form-data, files as they came), in turn in each round, so that what else the machine does
meets both alike; requests per second of a server's own processor time, which are printed too,
hardly depend on that. The peer decodes with Pillow and runs the model eagerly; cv-api runs the ONNX
graph, with metrics, request ids, the access log and the prediction log on. Before they are
measured, the two have to agree on the labels.
"""

import base64
import json
import shutil
import sys
import urllib.request
from typing import Any

import bench_projects
from bench_projects import Post
from side_by_side import Case, compare, own_server, peer_server

BOUNDARY = "a-boundary-that-no-picture-holds"
AGREEMENT = 0.98  # of the labels: a picture that is decoded in another way may be seen otherwise
CASES = [Case("one picture each", 1, 2.0), Case("one picture each", 32, 3.0)]


def main() -> int:
    """Measure, print each case beside its bar, and return 1 if one is missed."""
    parser = bench_projects.parser(__doc__.splitlines()[0], "cv-api")
    parser.add_argument("--peers", required=True, help="an interpreter with the peer's packages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments = parser.parse_args()
    interpreter = shutil.which(arguments.peers)
    if interpreter is None:
        parser.error(f"--peers {arguments.peers}: no such interpreter")
    missed = 0
    with bench_projects.bench(arguments, "wrk") as bench:
        pictures = [base64.b64decode(json.loads(row)["image"]) for row in bench.rows]
        posts = [uploaded(picture) for picture in pictures]
        manifest = json.loads((bench.project / "models/manifest.json").read_text())
        size = sum(map(len, pictures)) / len(pictures)
        print(f"{manifest['name']}, {len(pictures)} pictures of {size:,.0f} bytes on average")
        package = {"PEER_PACKAGE": bench_projects.source_of(bench.project).name}
        with (
            own_server(bench) as ours,
            peer_server(bench, "image_upload", package, interpreter) as peer,
        ):
            check_agreement(ours.url, peer.url, posts)
            for case in CASES:
                both = (ours, peer)
                missed += compare(bench, case, posts, both, arguments.rounds, arguments.seconds)
    return int(missed > 0)


def uploaded(picture: bytes) -> Post:
    """A picture as a browser's form sends it."""
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="picture"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Post("/predict", body, kind=f"multipart/form-data;boundary={BOUNDARY}")


def check_agreement(ours: str, peer: str, posts: list[Post]) -> None:
    """End the program unless both give the same label to nearly all of the pictures."""
    same = sum(answer(ours, post)["label"] == answer(peer, post)["label"] for post in posts)
    print(f"the same label for {same} of {len(posts)} pictures")
    if same < AGREEMENT * len(posts):
        raise SystemExit("error: the two do not serve the same model")


def answer(url: str, post: Post) -> Any:
    """What a server says of one picture."""
    request = urllib.request.Request(url, post.content(), {"Content-Type": post.kind})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


if __name__ == "__main__":
    sys.exit(main())
