"""`POST /predict` of sentiment-bot against FastAPI around transformers' pipeline, same model.

Usage: python benchmarks/text_serving.py [--project FOLDER | --model NAME] [--rounds N]

Without --project it generates a project and trains it on its sample: the small transformer, or the
pretrained one that --model names (a hub id or a folder). The interpreter needs the project's
dependencies and its extra `train`. One worker with one thread on one core, wrk (Debian: apt install
wrk) on another. Both servers run all the time, and are measured in turn in each round, so that what
else the machine does meets both alike; requests per second of a server's own processor time, which
are printed too, hardly depend on that. The pipeline serves models/ in 32 bits, as transformers
loads it; sentiment-bot serves models/model.onnx, with metrics, request ids, the access log and the
prediction log on. Before they are measured, the two have to agree on the labels.
"""

import json
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import bench_projects
from bench_projects import Bench, Post
from side_by_side import Case, compare, own_server, peer_server

BODIES = 100
LONG_TOKENS = 115
AGREEMENT = 0.95  # of the labels; 8 bits, and texts that are not cleaned, may change a few

TEXTS = f"""
import json, pandas as pd
from pathlib import Path
from sentiment_bot.api.predictor import Predictor
predictor = Predictor.load(Path("models"))
texts = pd.read_parquet("data/processed/train.parquet")["text"].tolist()
count = lambda text: len(predictor.reader.read(text).ids)
short = [text for text in texts[:2000] if 10 <= count(text) <= 30][:{BODIES}]
words = " ".join(texts[:2000]).split()
long, at = [], 0
while len(long) < 20 and predictor.max_length > {LONG_TOKENS}:
    end = at + 1
    while count(" ".join(words[at:end])) < {LONG_TOKENS}:
        end += 1
    if count(" ".join(words[at:end])) == {LONG_TOKENS}:
        long.append(" ".join(words[at:end]))
    at += 1
precision = predictor.manifest.settings["precision"]
found = {{"short texts": short, "long texts": long}}
print(json.dumps(dict(**found, model=predictor.manifest.name, precision=precision)))
"""


CASES = [
    Case("short texts", 1, 5.0),
    Case("short texts", 32, 6.0, True),
    Case("long texts", 1, 2.8),
]


def main() -> int:
    """Measure, print each case beside its bar, and return 1 if one is missed."""
    parser = bench_projects.parser(__doc__.splitlines()[0])
    parser.add_argument("--model", help="a pretrained model to fine-tune: a hub id or a folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments = parser.parse_args()
    if arguments.data:
        parser.error("--data is for house-prices; train a project, and name it with --project")
    bench_projects.check_machine("wrk")
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = (arguments.project or _trained_project(folder, arguments.model)).resolve()
        run = bench_projects.python(
            project, "-c", TEXTS, capture_output=True, text=True, check=True
        )
        texts: dict[str, Any] = json.loads(run.stdout)
        bench = Bench(project, folder, [])
        bench_projects.print_conditions()
        print(f"model {texts['model']}, served in {texts['precision']}")
        with own_server(bench) as ours, peer_server(bench, "text_pipeline", {}) as peer:
            _check_agreement(ours.url, peer.url, texts["short texts"])
            for case in CASES:
                if not texts[case.name]:
                    raise SystemExit(f"error: tokens.max_length is not over {LONG_TOKENS}")
                posts = [Post("/predict", json.dumps({"text": each})) for each in texts[case.name]]
                both = (ours, peer)
                missed += compare(bench, case, posts, both, arguments.rounds, arguments.seconds)
    return int(missed > 0)


def _trained_project(folder: Path, model: str | None) -> Path:
    """A new project, trained with default settings but for the model and the length it reads."""
    settings = ["tokens.max_length=128"]
    if model:
        # A folder is named from where the benchmark runs, not from the project.
        settings.append(f"model.name={Path(model).resolve() if Path(model).is_dir() else model}")
    return bench_projects.trained_project(folder, "sentiment-bot", *settings)


def _check_agreement(ours: str, peer: str, texts: list[str]) -> None:
    """End the program unless both give the same label to nearly all of the texts."""
    same = 0
    for text in texts:
        chances = _post(peer, text)
        same += _post(ours, text)["label"] == max(chances, key=lambda name: chances[name])
    print(f"the same label for {same} of {len(texts)} texts")
    if same < AGREEMENT * len(texts):
        raise SystemExit("error: the two do not serve the same model")


def _post(url: str, text: str) -> Any:
    """The answer to one text."""
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
